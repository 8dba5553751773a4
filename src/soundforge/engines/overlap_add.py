"""Segments that overlap: which, with what weight, and how they become one stream again.

The plan is the reference's (`apply_model` of Demucs, shifts 0): segments start every
``(1 - overlap) * segment`` samples, each is weighted by a triangle, and the sum is divided by
the sum of the weights. The last segment is shorter; a network that knows one length only gets it
in the middle of what surrounds it, zeros beyond the ends. Memory does not grow with the length.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from soundforge.engines.stft import Samples

_TINY: Final = 1e-30


@dataclass(frozen=True, slots=True)
class Plan:
    """Where segments start and how long they are.

    Args:
        frames: Length of the mix.
        segment: Length of a segment.
        overlap: Share of a segment that the next one covers too, 0 to below 1.
        is_padded: Whether the network wants the last segment at full length.
    """

    frames: int
    segment: int
    overlap: float = 0.25
    is_padded: bool = True

    @property
    def stride(self) -> int:
        """Samples from one start to the next."""
        return int((1 - self.overlap) * self.segment)

    @property
    def offsets(self) -> range:
        """Where the segments start."""
        return range(0, self.frames, self.stride)

    def length(self, offset: int) -> int:
        """Return how many samples of the mix the segment has."""
        return min(self.segment, self.frames - offset)

    def margin(self, offset: int) -> int:
        """Return how far before ``offset`` the network's input begins."""
        return (self.segment - self.length(offset)) // 2 if self.is_padded else 0

    def input_length(self, offset: int) -> int:
        """Return how many samples the network gets."""
        return self.segment if self.is_padded else self.length(offset)

    def at_once(self, index: int, most: int) -> Sequence[int]:
        """Return the offsets, from the segment ``index`` on, that go to the network together.

        Batches end at multiples of ``most``, wherever the work began: then what goes on later
        computes the same batches. Inputs of another length wait for the next one.
        """
        offsets = self.offsets[index : (index // most + 1) * most]
        length = self.input_length(offsets[0])
        return [offset for offset in offsets if self.input_length(offset) == length]

    def weights(self, offset: int) -> Samples:
        """Return what the samples of the segment at ``offset`` count, ``(segment,)``."""
        return _triangle(self.segment)


@dataclass(slots=True)
class State:
    """What the segments so far have left for the next ones.

    Args:
        index: The next segment.
        total: Weighted sum from its start on, ``(sources, 2, segment)``.
        weight: Sum of the weights, ``(segment,)``.
    """

    index: int
    total: Samples
    weight: Samples

    @classmethod
    def start(cls, plan: Plan, sources: int) -> State:
        """Return the state before the first segment."""
        total = np.zeros((sources, 2, plan.segment), np.float32)
        return cls(0, total, np.zeros(plan.segment, np.float32))

    def arrays(self, plan: Plan) -> dict[str, NDArray[np.float32]]:
        """Return what must be kept to go on: the part that segments share."""
        shared = plan.segment - plan.stride
        return {"total": self.total[..., :shared], "weight": self.weight[:shared]}

    @classmethod
    def resume(
        cls, plan: Plan, sources: int, index: int, arrays: dict[str, NDArray[np.float32]]
    ) -> State:
        """Return the state whose `arrays` were kept before segment ``index``.

        Raises:
            ValueError: They belong to another plan.
        """
        state = cls.start(plan, sources)
        state.index = index
        shared = plan.segment - plan.stride
        if arrays["total"].shape != (sources, 2, shared) or arrays["weight"].shape != (shared,):
            raise ValueError("kept by another plan")
        state.total[..., :shared], state.weight[:shared] = arrays["total"], arrays["weight"]
        return state


def run(
    plan: Plan,
    blocks: Iterable[Samples],
    separate: Callable[[Sequence[Samples]], Sequence[Samples]],
    state: State,
    *,
    ahead: Callable[[], int],
) -> Iterator[Samples]:
    """Yield the stems ``(sources, 2, n)`` that each batch of segments finishes, from ``state`` on.

    Args:
        plan: The segments.
        blocks: The mix from its beginning, blocks ``(2, n)``.
        separate: Takes inputs ``(2, length)`` of one length to the stems ``(sources, 2, length)``
            of each.
        state: Brought up to date before each yield.
        ahead: Says how many segments the next batch may have.
    """
    mix = _Stretch(blocks, plan.segment // 2)
    while state.index < len(plan.offsets):
        offsets = plan.at_once(state.index, ahead())
        inputs = [
            mix.read(offset - plan.margin(offset), plan.input_length(offset), plan.frames)
            for offset in offsets
        ]
        stems = separate(inputs)
        finished = [_add(plan, state, *of) for of in zip(offsets, stems, strict=True)]
        del inputs, stems  # memory for the next ones
        yield finished.pop() if len(finished) == 1 else np.concatenate(finished, axis=-1)


def _add(plan: Plan, state: State, offset: int, stems: Samples) -> Samples:
    """Add the segment at ``offset`` to the state and return what is finished now."""
    length, margin = plan.length(offset), plan.margin(offset)
    weights = plan.weights(offset)[:length]
    state.total[..., :length] += stems[..., margin : margin + length] * weights
    state.weight[:length] += weights
    state.index += 1
    done = length if state.index == len(plan.offsets) else plan.stride
    # A sample that counts nothing in any segment is silence, not zero by zero.
    finished: Samples = state.total[..., :done] / state.weight[:done].clip(min=_TINY)
    state.total = _shift(state.total, done)
    state.weight = _shift(state.weight, done)
    return finished


@functools.lru_cache(maxsize=1)
def _triangle(segment: int) -> Samples:
    up = np.arange(1, segment // 2 + 1)
    weights = np.concatenate([up, np.arange(segment - segment // 2, 0, -1)]).astype(np.float32)
    weights /= weights.max()
    return weights


def _shift(buffer: Samples, by: int) -> Samples:
    moved = np.zeros_like(buffer)
    moved[..., : buffer.shape[-1] - by] = buffer[..., by:]
    return moved


class _Stretch:
    """The part of the mix that the coming segments may need."""

    def __init__(self, blocks: Iterable[Samples], kept: int) -> None:
        self._blocks, self._kept = iter(blocks), kept
        self._parts: list[Samples] = []
        self._begin = self._end = 0

    def read(self, start: int, length: int, frames: int) -> Samples:
        """Return ``(2, length)`` from ``start`` on; silence outside of the mix."""
        stop = min(start + length, frames)
        while self._end < stop:
            part = next(self._blocks)
            self._parts.append(part)
            self._end += part.shape[1]
            self._forget(start - self._kept)
        out = np.zeros((2, length), np.float32)
        at = self._begin
        for part in self._parts:
            begin, end = max(at, start), min(at + part.shape[1], stop)
            if begin < end:
                out[:, begin - start : end - start] = part[:, begin - at : end - at]
            at += part.shape[1]
        return out

    def _forget(self, before: int) -> None:
        while self._parts and self._begin + self._parts[0].shape[1] <= before:
            self._begin += self._parts.pop(0).shape[1]
