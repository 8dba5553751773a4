"""``python -m soundforge.engines.warp FILE OUTPUT``: another tempo, another pitch, in one pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from soundforge.engines import one_shot, warp

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from soundforge.engines.runtime import Report


def main(arguments: Sequence[str]) -> int:
    """Run the command line; return the exit status."""
    return one_shot.main(COMMAND, arguments)


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("output", metavar="OUTPUT", help="file that ends in .flac or .wav")
    parser.add_argument("--tempo-factor", type=float, default=1.0, help="2 is twice as fast")
    parser.add_argument(
        "--pitch-semitones", type=float, default=0.0, help="up, or down if negative"
    )


def _run(options: argparse.Namespace, report: Report) -> dict[str, Any]:
    output = one_shot.absolute(options.output)
    params = {
        "files": [{"path": str(options.file), "out": str(output)}],
        "rate": options.tempo_factor,
        "semitones": options.pitch_semitones,
    }
    (made,) = warp.warp(params, report)["files"]
    return {"success": True, "output_path": made["path"], "duration": made["duration_s"]}


COMMAND: Final = one_shot.Command(
    "Write FILE to OUTPUT, faster or slower, higher or lower.", _add_arguments, _run
)
