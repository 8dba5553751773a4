"""``python -m soundforge.engines.chords FILE``: ``{"chords": […], "key": …}``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from soundforge.engines import chords, one_shot

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from soundforge.engines.runtime import Report


def main(arguments: Sequence[str]) -> int:
    """Run the command line; return the exit status."""
    return one_shot.main(COMMAND, arguments)


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    one_shot.add_models_dir(parser)
    parser.add_argument("--full", action="store_true", help="sevenths, suspended …, as in Am7")


def _run(options: argparse.Namespace, report: Report) -> dict[str, Any]:
    params = {
        "path": str(options.file),
        "models_dir": options.models_dir,
        "full": options.full,
    }
    return chords.chords(params, report)


COMMAND: Final = one_shot.Command("Print the chords and the key of FILE.", _add_arguments, _run)
