"""The bar pointer: the likeliest beats and downbeats behind a curve of probabilities.

The model is Krebs, Böck and Widmer's ("An efficient state-space model for joint tempo and meter
tracking", ISMIR 2015): a pointer moves through the bar, one state per frame, and may change its
speed where a beat begins. Inside a beat it moves by itself. So a beat is one step here: its
score is a difference of prefix sums, and since no beat is shorter than the shortest interval,
that many frames are decided at once. The path is exactly that of the frame-by-frame decoder.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.intp]

_TINY: Final = np.finfo(np.float64).tiny
_MEMORY_FRAMES: Final = 15_000  # remembered at once: 5 minutes at 50 frames a second


@dataclass(frozen=True)
class Model:
    """The bar and its tempi.

    Args:
        beats_per_bar: The metres that are weighed against each other.
        shortest: Shortest interval between beats, in frames.
        longest: Longest interval.
        steadiness: How unlikely a change of tempo is, by its share.
        on_beat: One in so many frames of a beat counts as being on it.
    """

    beats_per_bar: tuple[int, ...] = (3, 4)
    shortest: int = 14
    longest: int = 55
    steadiness: float = 100.0
    on_beat: int = 16

    @property
    def intervals(self) -> Ints:
        """The intervals between beats, in frames."""
        return np.arange(self.shortest, self.longest + 1)

    @property
    def edges(self) -> Ints:
        """For each interval: frames at its start that count as being on the beat."""
        return -(-self.intervals // self.on_beat)

    def log_changes(self) -> Floats:
        """Return the log probability of each change of interval, ``(from, to)``."""
        before, after = self.intervals[:, None], self.intervals[None]
        chance = np.exp(-self.steadiness * np.abs(after / before - 1))
        chance[chance <= np.spacing(1)] = 0
        with np.errstate(divide="ignore"):
            changes: Floats = np.log(chance / chance.sum(axis=1, keepdims=True))
        return changes


@dataclass(frozen=True, slots=True)
class Path:
    """The likeliest path.

    Args:
        beats: First frame, place in the bar (0 is the downbeat) and interval of each beat, shape
            ``(beats, 3)``. The first may start before frame 0.
        beats_per_bar: The metre.
        log_probability: Of the path and the activations.
        rival_log_probability: Of the best path in another metre; None if there is no other.
    """

    beats: Ints
    beats_per_bar: int
    log_probability: float
    rival_log_probability: float | None = None


def decode(activations: NDArray[np.floating], model: Model) -> Path:
    """Return the likeliest path through ``activations``.

    Args:
        activations: Probabilities of beat and of downbeat in each frame, ``(frames, 2)``; at
            least one frame.
        model: The bar and its tempi.
    """
    score = _Score(activations, model)
    paths = [_Walk(score, model, beats).best() for beats in model.beats_per_bar]
    best, *others = sorted(paths, key=lambda path: -path.log_probability)
    rival = others[0].log_probability if others else None
    return Path(best.beats, best.beats_per_bar, best.log_probability, rival)


class _Score:
    """What a stretch of frames is worth, as differences of prefix sums."""

    def __init__(self, activations: NDArray[np.floating], model: Model) -> None:
        values = activations.astype(np.float64)
        neither = np.maximum((1 - values.sum(axis=1)) / (model.on_beat - 1), _TINY)
        self.frames = len(values)
        self._off = np.concatenate([[0.0], np.cumsum(np.log(neither))])
        on = np.cumsum(np.log(np.maximum(values, _TINY)), axis=0)
        self._on = np.vstack([np.zeros(2), on])

    def of(self, start: Ints, edge: Ints, end: Ints, kinds: Sequence[int]) -> Floats:
        """Return the score of ``start`` to ``end``, on the beat up to ``edge``, for each kind."""
        on = self._on[edge] - self._on[start]
        off = self._off[end] - self._off[edge]
        total: Floats = on[..., kinds] + off[..., None]
        return total


class _Walk:
    """The search in one metre.

    ``ends[t, interval, beat]`` is the best score of all that ends, with that beat, before frame
    ``t``. Only the last frames of it are needed to go on, and a stretch is gone through again
    for the way back: memory stays flat however long the recording.
    """

    def __init__(self, score: _Score, model: Model, beats_per_bar: int) -> None:
        self._score = score
        self._model = model
        self._beats_per_bar = beats_per_bar
        self._intervals = model.intervals
        self._changes = model.log_changes()
        self._kinds = [1] + [0] * (beats_per_bar - 1)  # the columns: beat, downbeat
        self._start = -np.log(beats_per_bar * self._intervals.sum())  # any state alike
        block = model.shortest
        self._stretch = max(1, _MEMORY_FRAMES // block) * block

    def best(self) -> Path:
        frames, reach = self._score.frames, self._model.longest
        ahead = self._first()
        checkpoints = []
        for start in range(0, frames + 1, self._stretch):
            checkpoints.append(ahead)
            ends = self._go(start, ahead)
            ahead = ends[-reach - 1 :]
        last = (len(checkpoints) - 1) * self._stretch
        tail = ends[frames - last : frames - last + reach + 1]
        late, interval, beat = (int(i) for i in np.unravel_index(tail.argmax(), tail.shape))
        path = self._back(checkpoints, ends, (frames + late, interval, beat))
        return Path(path, self._beats_per_bar, float(tail.max()))

    def _first(self) -> Floats:
        """Return the ends of the beats that were under way at frame 0."""
        model, frames, reach = self._model, self._score.frames, self._model.longest
        ends = np.full((reach + 1, len(self._intervals), self._beats_per_bar), -np.inf)
        for number, (interval, edge) in enumerate(zip(self._intervals, model.edges, strict=True)):
            left = np.arange(1, min(interval, frames + reach + 1))
            on = np.clip(edge - (interval - left), 0, left)
            end = np.minimum(left, frames)
            worth = self._score.of(np.zeros_like(left), np.minimum(on, end), end, self._kinds)
            ends[left, number] = self._start + worth
        return ends

    def _go(self, start: int, ahead: Floats) -> Floats:
        """Return ``ends`` of a stretch and what it reaches into, given the first of them."""
        model, frames, reach = self._model, self._score.frames, self._model.longest
        stop = min(start + self._stretch, frames + 1)
        ends = np.full((stop - start + reach + 1, *ahead.shape[1:]), -np.inf)
        ends[: len(ahead)] = ahead
        every = np.arange(len(self._intervals))
        for at in range(start, stop, model.shortest):
            t = np.arange(at, min(at + model.shortest, stop))
            before = self._before(ends[t - start])
            if at == 0:
                before[0] = self._start
            after = t[:, None] + self._intervals
            end = np.minimum(after, frames)  # the last beat may be cut off
            edge = np.minimum(t[:, None] + model.edges, end)
            worth = before + self._score.of(t[:, None], edge, end, self._kinds)
            here = after - start, every
            ends[here] = np.maximum(ends[here], worth)
        return ends

    def _before(self, ends: Floats) -> Floats:
        """Return the best that leads into a beat with each interval, ``(frames, to, beat)``."""
        chains = ends.transpose(1, 0, 2).reshape(len(self._intervals), 1, -1)
        best = (chains + self._changes[:, :, None]).max(axis=0)
        into = best.reshape(len(self._intervals), len(ends), -1).transpose(1, 0, 2)
        return np.roll(into, 1, axis=-1)

    def _back(self, checkpoints: list[Floats], ends: Floats, at: tuple[int, int, int]) -> Ints:
        end, interval, beat = at
        path, number = [], len(checkpoints) - 1
        while True:
            begin = end - int(self._intervals[interval])
            path.append((begin, beat, int(self._intervals[interval])))
            if begin <= 0:
                return np.array(path[::-1], np.intp).reshape(-1, 3)
            if begin < number * self._stretch:
                number = begin // self._stretch
                ends = self._go(number * self._stretch, checkpoints[number])
            beat = (beat - 1) % self._beats_per_bar
            chains = ends[begin - number * self._stretch, :, beat] + self._changes[:, interval]
            end, interval = begin, int(chains.argmax())
