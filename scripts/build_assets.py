"""Copy and fingerprint ``assets/`` into ``src/soundforge/web/static/``, from nothing."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from soundforge.web import assets  # noqa: E402


def main() -> None:
    for entry in assets.STATIC.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
        elif entry.name != ".gitkeep":
            entry.unlink()
    print(f"{len(assets.build())} files in {assets.STATIC.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
