"""The door to mix-downs: a recording and some of its stems in, the recording without them out.

Without any, a stem is its own recording: what comes out is the stem with its gain undone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from soundforge.audio.engine import Engine

Form: TypeAlias = Literal["flac", "wav"]

_LEAST_TIMEOUT_S: Final = 60.0
_TIMEOUT_PER_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class MixedDown:
    """One mix that was made.

    Args:
        path: Where it is.
        size_bytes: Its size.
        frames: Its length: the recording's at the stems' rate.
        gain_db: What it was changed by so that nothing clips: 0 or below.
    """

    path: Path
    size_bytes: int
    frames: int
    gain_db: float


async def mix_down(  # noqa: PLR0913 -- one call says all of a mix; all by keyword
    engine: Engine,
    *,
    recording: Path,
    without: Sequence[Path],
    gain_db: float,
    sample_rate_hz: int,
    out_dir: Path,
    duration_s: float,
    job: str,
    form: Form = "flac",
    name: str = "mix",
    recording_gain_db: float = 0.0,
) -> MixedDown:
    """Write ``recording`` without some of its stems.

    Args:
        engine: How engine processes are started.
        recording: The recording, absolute.
        without: The stems to take away: files of one separation, absolute.
        gain_db: What that separation changed its stems by.
        sample_rate_hz: Rate of the stems, and of the mix.
        out_dir: An existing folder, absolute.
        duration_s: Length of the recording; sets the time limit.
        job: For the log.
        form: ``flac`` (24 bit; as much quieter as the stems, more where it would clip) or ``wav``
            (float).
        name: Of the file, without its suffix.
        recording_gain_db: What the recording was changed by; undone first.

    Raises:
        errors.Invalid: ``stems_do_not_fit``, or the recording does not decode.
        errors.Unavailable: The engine crashed, or took longer than a minute and half of the
            recording's length.
    """
    value = await engine.run(
        "mix_down",
        {
            "path": str(recording),
            "path_gain_db": recording_gain_db,
            "without": [str(stem) for stem in without],
            "gain_db": gain_db,
            "sample_rate_hz": sample_rate_hz,
            "out_dir": str(out_dir),
            "name": name,
            "format": form,
            "duration_s": duration_s,
        },
        job=job,
        timeout_s=_LEAST_TIMEOUT_S + _TIMEOUT_PER_S * duration_s,
    )
    return MixedDown(
        out_dir / value["file_name"], value["size_bytes"], value["frames"], value["gain_db"]
    )
