"""What networks on the CPU have in common, whatever their family."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final

import numpy as np

from soundforge.engines import openvino_cpu, precision_record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from soundforge.engines.precision import Chosen
    from soundforge.engines.stft import Samples


class OnCpu(ABC):
    """Networks that OpenVINO runs on the CPU, one segment after the other.

    Attributes:
        precision: What they compute in: ``f32`` or ``f16``.
        mended: Segments that overflowed in f16 and ran again in f32.
        ahead: How many segments they take at once. Two at once were not faster (measured).
        device: Where they run.
        fallback: Why they run there although something else was wanted; else empty.
    """

    device: Final = "cpu"

    def __init__(self, fallback: str = "") -> None:
        self.precision: Chosen = "f32"
        self.mended = 0
        self.ahead = 1
        self.fallback = fallback

    @property
    def machine(self) -> str:
        """What a measurement of precision is valid for."""
        return precision_record.cpu()

    @property
    def has_f16(self) -> bool:
        """Whether this CPU computes in half precision."""
        return openvino_cpu.has_f16()

    @abstractmethod
    def separate(self, mix: Samples) -> Samples:
        """Take a segment ``(2, n)`` to its stems ``(stems, 2, n)``, in `precision`."""

    def separate_all(self, mixes: Sequence[Samples]) -> Sequence[Samples]:
        """Take segments to their stems."""
        if len(mixes) == 1:
            return [self.separate(mixes[0])]
        return [np.array(self.separate(mix)) for mix in mixes]  # the next one may reuse the memory
