"""Do the written stems add up to the mix? Measured, not assumed."""

from __future__ import annotations

import math
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

import numpy as np
import soundfile

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

# What a perfect sum is said to be; no 24-bit file can show more.
_PERFECT_DB: Final = 200.0


class LengthError(Exception):
    """A stem is not as long as the mix."""


def null_test_db(
    mix: Iterable[NDArray[np.float32]], gain: float, stems: Sequence[Path]
) -> float | None:
    """Return how far the stems' sum is below the mix: ``10 log10(mix² / (mix - sum)²)``.

    Args:
        mix: The recording, decoded anew, in blocks ``(n, 2)``.
        gain: What the stems were multiplied with.
        stems: The finished files.

    Returns:
        Decibels: higher is better, about 130 for 24 bits. None when the mix is silent.

    Raises:
        LengthError: A file has more or fewer frames than the mix.
    """
    mix_power = rest_power = 0.0
    with ExitStack() as stack:
        files = [stack.enter_context(soundfile.SoundFile(path)) for path in stems]
        for block in mix:
            rest = block.astype(np.float64) * gain
            mix_power += float(np.vdot(rest, rest))
            for file in files:
                part = file.read(len(block), dtype="float32", always_2d=True)
                if len(part) != len(block):
                    raise LengthError(f"{file.name} is too short")
                rest -= part
            rest_power += float(np.vdot(rest, rest))
        if any(len(file.read(1)) for file in files):
            raise LengthError("a stem is longer than the mix")
    if not mix_power:
        return None
    if not rest_power:
        return _PERFECT_DB
    return min(_PERFECT_DB, 10 * math.log10(mix_power / rest_power))
