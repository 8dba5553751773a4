"""``python -m soundforge.engines.chords FILE``: ``{"chords": […], "key": …, "engines": …}``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from soundforge.engines import chords, one_shot, weights
from soundforge.engines.runtime import EngineError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from soundforge.engines.runtime import Report

_BEST: Final = "best"


def main(arguments: Sequence[str]) -> int:
    """Run the command line; return the exit status."""
    return one_shot.main(COMMAND, arguments)


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    one_shot.add_models_dir(parser)
    parser.add_argument(
        "--simple", action="store_true", help="major and minor only; else sevenths …, as in Am7"
    )
    parser.add_argument(
        "--engine", choices=("fast", _BEST), default="fast", help="best: five networks, slower"
    )


def _run(options: argparse.Namespace, report: Report) -> dict[str, Any]:
    best = ("chords",) if options.engine == _BEST else ()
    folder = one_shot.models_dir(options, chords.FEATURES)
    for network in weights.missing_networks(folder, best, best):
        raise EngineError(
            "model_not_installed",
            "The networks that hear chords best are not on this machine.",
            f"Run: sfa models pull {network.name}",
        )
    params = {
        "path": str(options.file),
        "models_dir": folder,
        "full": not options.simple,
        "best": best,
    }
    return chords.chords(params, report)


COMMAND: Final = one_shot.Command("Print the chords and the key of FILE.", _add_arguments, _run)
