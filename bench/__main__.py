"""Run every benchmark of this folder in turn: ``python -m bench``, or ``make bench``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
# Gigabytes to fetch, or the better part of an hour: only when called by name.
BY_NAME = {"hours", "install", "separation_memory"}


def main() -> int:
    """Run them one after the other, so that none disturbs another; 1 if one failed."""
    # What begins with an underscore is run by a benchmark, and is none itself.
    names = sorted({path.stem for path in HERE.glob("[!_]*.py")} - BY_NAME)
    failed = []
    for name in names:
        print(f"\n== {name}", flush=True)
        if subprocess.run([sys.executable, "-m", f"bench.{name}"], cwd=HERE.parent).returncode:
            failed.append(name)
    if failed:
        print(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
