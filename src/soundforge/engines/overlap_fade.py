"""The plan of the RoFormer networks: segments that fade into each other, ends that are mirrored.

As in the reference (``demix_track``): the mix is continued at both ends by its mirror image, as
far as segments overlap; segments weigh the same over their length, but for fades of a tenth of it
at both ends; the first does not fade in, the last ones do not fade out. Segments that lie beyond
the mix are left out: nothing of them would be kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from soundforge.engines.overlap_add import Plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from soundforge.engines.stft import Samples

# Where segments do not overlap, two ends meet: the reference leaves a hole of two samples there.
_LEAST: Final = 1e-6


@dataclass(frozen=True, slots=True)
class FadePlan(Plan):
    """Where segments start in the mix with its mirrored ends; make it by `around`.

    Args:
        border: Samples that were put before the mix, and after it.
    """

    border: int = 0

    @classmethod
    def around(cls, frames: int, segment: int, overlap: float) -> FadePlan:
        """Return the plan for a mix of ``frames``; one of at most two borders is not continued."""
        border = segment - int((1 - overlap) * segment)
        if frames <= 2 * border:
            border = 0
        return cls(frames + 2 * border, segment, overlap, is_padded=False, border=border)

    @property
    def offsets(self) -> range:
        """Where the segments start."""
        return range(0, self.frames - self.border, self.stride)

    def weights(self, offset: int) -> Samples:
        """Return what the samples of the segment at ``offset`` count, ``(segment,)``."""
        weights = np.ones(self.segment, np.float32)
        fade = self.segment // 10
        if not fade:
            return weights
        if offset:
            weights[:fade] *= _rising(fade)
        if not offset or offset + self.segment < self.frames:
            weights[-fade:] *= _rising(fade)[::-1]
        return weights

    def continued(self, blocks: Iterable[Samples]) -> Iterator[Samples]:
        """Yield the mix ``(2, n)`` with its mirrored ends."""
        if not self.border:
            yield from blocks
            return
        head = tail = np.zeros((2, 0), np.float32)
        is_begun = False
        for block in blocks:
            if not is_begun:
                head = np.concatenate([head, block], axis=1)
                if head.shape[1] <= self.border:
                    continue
                is_begun, block = True, head
                yield head[:, self.border : 0 : -1]
            yield block
            tail = np.concatenate([tail, block], axis=1)[:, -self.border - 1 :]
        yield tail[:, -2::-1]

    def kept(self, begin: int, stems: Samples) -> Samples:
        """Return the part of ``stems``, which lie at ``begin``, that belongs to the mix."""
        first = max(0, self.border - begin)
        last = max(0, self.frames - self.border - begin)
        return stems[..., first:last]


def _rising(fade: int) -> Samples:
    rising: Samples = np.linspace(0, 1, fade, dtype=np.float32).clip(min=_LEAST)
    return rising
