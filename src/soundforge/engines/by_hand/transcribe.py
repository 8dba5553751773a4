"""``python -m soundforge.engines.transcribe FILE``: the notes of a stem, and a MIDI file."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from soundforge.engines import one_shot, transcribe, weights
from soundforge.engines.runtime import EngineError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from soundforge.engines.runtime import Report

_WITHOUT: Final = ("bass", "vocals", "drums")  # stems that are heard without a network
_STEMS: Final = ("other", *_WITHOUT, "guitar", "piano")


def main(arguments: Sequence[str]) -> int:
    """Run the command line; return the exit status."""
    return one_shot.main(COMMAND, arguments)


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    one_shot.add_models_dir(parser)
    parser.add_argument(
        "--stem", choices=_STEMS, default="other", help="what FILE is; bass, vocals and drums need"
        " no network",
    )  # fmt: skip
    parser.add_argument("--midi", type=one_shot.absolute, help="MIDI file to write, too")


def _models_dir(options: argparse.Namespace) -> Path:
    """Return the folder of the networks.

    Raises:
        EngineError: ``model_not_installed``: the stem wants one that is not there.
    """
    folder = one_shot.models_dir(options, ())
    if options.stem not in _WITHOUT and weights.find(folder, transcribe.NETWORK) is None:
        raise EngineError(
            "model_not_installed",
            "The network that hears the notes of this stem is not on this machine.",
            f"Run: sfa models pull {transcribe.NETWORK}",
        )
    return folder


def _run(options: argparse.Namespace, report: Report) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="sfa-notes-") as name:
        folder = Path(name)
        params = {
            "stems": [{"name": options.stem, "path": str(options.file)}],
            "out": str(options.midi or folder / "notes.mid"),
            "notes_out": str(folder / "notes.json"),
            "models_dir": str(_models_dir(options)),
        }
        transcribe.transcribe(params, report)
        notes = json.loads((folder / "notes.json").read_text())[options.stem]
    rows = [
        {
            "note": note["pitch"],
            "onset": note["onset_s"],
            "offset": note["offset_s"],
            "velocity": note["velocity"],
            "confidence": note["confidence"],
        }
        for note in notes
    ]
    return sorted(rows, key=lambda row: row["onset"])


COMMAND: Final = one_shot.Command(
    "Print the notes of FILE, by onset: note is a MIDI number, times are seconds, velocity and"
    " confidence come from the energy.",
    _add_arguments,
    _run,
)
