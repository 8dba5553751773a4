"""A file as a stream of mono samples at the rate the features work at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from soundforge.engines.decode import open_what_is_there, resample
from soundforge.engines.spectrum import SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from soundforge.engines.spectrum import Samples


def blocks(path: Path) -> Iterator[Samples]:
    """Yield the mono mix of ``path`` at 22,050 Hz; what is no number is silence.

    Raises:
        EngineError: It cannot be decoded.
    """
    with open_what_is_there(path) as reader:
        mono = (
            np.nan_to_num(block, posinf=0.0, neginf=0.0).mean(axis=1, keepdims=True)
            for block in reader.blocks()
        )
        for block in resample(mono, reader.sample_rate_hz, SAMPLE_RATE_HZ):
            yield block[:, 0]
