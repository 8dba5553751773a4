"""``python -m soundforge.engines.analyze FILE``: what was asked for, by name, as JSON."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from soundforge.engines import analyze, features, one_shot
from soundforge.engines.by_hand import analysis_words
from soundforge.engines.runtime import EngineError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from soundforge.engines.runtime import Report

_DEFAULT: Final = "tempo,key,energy"
_ALL: Final = "all"
_KNOWN: Final = tuple(sorted({*analysis_words.WORDS, *features.NAMES}))


def main(arguments: Sequence[str]) -> int:
    """Run the command line; return the exit status."""
    return one_shot.main(COMMAND, arguments)


def select(text: str) -> tuple[str, ...]:
    """Return the names in a comma-separated ``text``, each once; ``all`` is all of them.

    Raises:
        EngineError: ``unknown_feature``: a name that is not known, or none.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = sorted(set(names) - {*_KNOWN, _ALL})
    if unknown or not names:
        raise EngineError(
            "unknown_feature",
            f"There is no feature called {', '.join(unknown)[:80] or 'nothing'}.",
            f"Choose from: {', '.join((*_KNOWN, _ALL))}.",
        )
    return _KNOWN if _ALL in names else tuple(dict.fromkeys(names))


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    one_shot.add_models_dir(parser)
    parser.add_argument(
        "--features",
        default=_DEFAULT,
        help=f"comma-separated, {_DEFAULT} if not given: {', '.join((*_KNOWN, _ALL))}",
    )


def _run(options: argparse.Namespace, report: Report) -> dict[str, Any]:
    names = select(options.features)
    wanted = {one for name in names for one in analysis_words.needs(name)}
    with tempfile.TemporaryDirectory(prefix="sfa-analysis-") as name:
        folder = Path(name)
        params = {
            "path": str(options.file),
            # Something has to be heard, so that a file without audio is refused all the same.
            "features": sorted(wanted or {"energy"}),
            "models_dir": one_shot.models_dir(options, wanted),
            "out_dir": str(folder),
        }
        found = analyze.analyze(params, report)
        with np.load(folder / analyze.MATRICES_FILE) as matrices:
            heard = analysis_words.Heard(options.file, found, dict(matrices))
    answers = {name: analysis_words.answer(name, heard) for name in names}
    return {**answers, "duration": found["duration_s"], "engines": analyze.engines(found)}


COMMAND: Final = one_shot.Command("Print what FILE sounds like.", _add_arguments, _run)
