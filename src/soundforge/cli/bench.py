"""``sfa bench``: measure this machine, from a copy of the source tree."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

import click

from soundforge.cli import terminal

# The benchmarks and what they are compared with are no part of what is installed.
_TREE: Final = Path(__file__).parents[3]


@click.command(context_settings={"allow_interspersed_args": False})
@click.argument("name", required=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def bench(name: str | None, arguments: tuple[str, ...]) -> None:
    """Measure this machine: sfa bench separation; without a NAME, what make bench runs.

    What follows the NAME goes to that benchmark: sfa bench separation htdemucs --json found.json
    """
    known = sorted(path.stem for path in (_TREE / "bench").glob("[!_]*.py"))
    if not known:
        terminal.fail(
            "bench_not_here",
            "The benchmarks come with the source tree only.",
            "Clone it, and run make bench there.",
        )
    if name is not None and name not in known:
        terminal.fail(
            "bench_unknown",
            f"There is no benchmark {name}.",
            f"There are {', '.join(known)}.",
        )
    module = "bench" if name is None else f"bench.{name}"
    raise SystemExit(subprocess.call([sys.executable, "-m", module, *arguments], cwd=_TREE))
