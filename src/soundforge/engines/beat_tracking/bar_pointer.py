"""The bar pointer: the likeliest beats and downbeats behind a curve of probabilities.

The model is Krebs, Böck and Widmer's ("An efficient state-space model for joint tempo and meter
tracking", ISMIR 2015): a pointer moves through the bar, one state per frame, and may change its
speed where a beat begins. Inside a beat it moves by itself. So a beat is one step here: its
score is a difference of prefix sums, and since no beat is shorter than the shortest interval,
that many frames are decided at once. The path is exactly that of the frame-by-frame decoder.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.intp]

_TINY: Final = np.finfo(np.float64).tiny
_MEMORY_FRAMES: Final = 15_000  # remembered at once: 5 minutes at 50 frames a second
_BLOCKS: Final = 32  # of frames that are decided at once; their scores are added up together
_GROUP: Final = 14  # intervals whose changes are weighed together: the sums stay in the cache


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
    return _Walk(_Score(activations, model), model).best()


class _Score:
    """What a stretch of frames is worth, as differences of prefix sums."""

    def __init__(self, activations: NDArray[np.floating], model: Model) -> None:
        values = activations.astype(np.float64)
        neither = np.maximum((1 - values.sum(axis=1)) / (model.on_beat - 1), _TINY)
        self.frames = len(values)
        self._off = np.concatenate([[0.0], np.cumsum(np.log(neither))])
        on = np.cumsum(np.log(np.maximum(values, _TINY)), axis=0)
        self._on = np.vstack([np.zeros(2), on])

    def of(self, start: Ints, edge: Ints, end: Ints) -> Floats:
        """Return the score of ``start`` to ``end``, on the beat up to ``edge``.

        The last axis is for a beat and for a downbeat.
        """
        on = self._on[edge] - self._on[start]
        off = self._off[end] - self._off[edge]
        total: Floats = on + off[..., None]
        return total


class _Walk:
    """The search, in all metres side by side: a column for each beat of each of them.

    ``begun[t, interval, column]`` is the best score at the end of a beat that begins in a frame.
    Only the last frames of it are needed to go on, and a stretch is gone through again for the
    way back: memory stays flat however long the recording.
    """

    def __init__(self, score: _Score, model: Model) -> None:
        self._score = score
        self._model = model
        self._intervals = model.intervals
        self._changes = model.log_changes()
        metres = model.beats_per_bar
        firsts = np.cumsum([0, *metres])
        self._columns = [slice(*ends) for ends in pairwise(firsts.tolist())]
        places = np.concatenate([np.arange(metre) for metre in metres])
        metre_of = np.repeat(metres, metres)
        self._kinds = (places == 0).astype(np.intp)  # of the score: beat, downbeat
        self._previous = np.repeat(firsts[:-1], metres) + (places - 1) % metre_of
        self._start = -np.log(metre_of * self._intervals.sum())  # any state of a metre alike
        self._groups = self._group()
        block = model.shortest
        self._stretch = max(1, _MEMORY_FRAMES // block) * block

    def best(self) -> Path:
        frames, longest = self._score.frames, self._model.longest
        ahead, checkpoints, last = self._first(), [], 0
        for last in range(0, frames + 1, self._stretch):
            checkpoints.append(ahead)
            begun = self._go(last, ahead)
            ahead = begun[self._stretch : self._stretch + longest].copy()
        tail = self._ends(begun, frames - last, longest + 1)
        scores = [float(tail[:, :, columns].max()) for columns in self._columns]
        number = int(np.argmax(scores))
        columns = self._columns[number]
        at = np.unravel_index(tail[:, :, columns].argmax(), tail[:, :, columns].shape)
        late, interval, place = (int(i) for i in at)
        beats = self._back(checkpoints, begun, (frames + late, interval, place), columns)
        rivals = scores[:number] + scores[number + 1 :]
        metre = self._model.beats_per_bar[number]
        return Path(beats, metre, scores[number], max(rivals, default=None))

    def _first(self) -> Floats:
        """Return the beats that are under way at frame 0, as begun before it."""
        model, frames, longest = self._model, self._score.frames, self._model.longest
        begun = np.full((longest, len(self._intervals), len(self._kinds)), -np.inf)
        for number, (interval, edge) in enumerate(zip(self._intervals, model.edges, strict=True)):
            left = np.arange(1, min(interval, frames + longest + 1))
            on = np.clip(edge - (interval - left), 0, left)
            end = np.minimum(left, frames)
            worth = self._score.of(np.zeros_like(left), np.minimum(on, end), end)
            begun[left - interval, number] = self._start + worth[:, self._kinds]
        return begun

    def _go(self, start: int, ahead: Floats) -> Floats:
        """Return ``begun`` for the frames before ``start``, which are given, and a stretch.

        Rows that never begin follow: beats end within them.
        """
        block, longest = self._model.shortest, self._model.longest
        stop = min(start + self._stretch, self._score.frames + 1)
        rows = stop - start + 2 * longest - block
        begun = np.full((rows, *ahead.shape[1:]), -np.inf)
        begun[:longest] = ahead
        for first in range(start, stop, block * _BLOCKS):
            worth = self._worth(first, min(first + block * _BLOCKS, stop))
            for at in range(0, len(worth), block):
                here = worth[at : at + block]
                row = first + at - start
                before = self._before(self._ends(begun, row, len(here)))
                if first + at == 0:
                    before[0] = self._start
                np.add(before, here[..., self._kinds], out=begun[longest + row :][: len(here)])
        return begun

    def _worth(self, start: int, stop: int) -> Floats:
        """Return what a beat is worth, ``(frames, intervals, 2)``; the last may be cut off."""
        t = np.arange(start, stop)[:, None]
        end = np.minimum(t + self._intervals, self._score.frames)
        return self._score.of(t, np.minimum(t + self._model.edges, end), end)

    def _ends(self, begun: Floats, first: int, count: int) -> Floats:
        """Return what ends before ``count`` frames from ``first`` on, a slanted view."""
        row, interval, column = begun.strides
        reach = self._model.longest - self._model.shortest
        return np.lib.stride_tricks.as_strided(
            begun[first + reach :],
            (count, len(self._intervals), len(self._kinds)),
            (row, interval - row, column),
            writeable=False,
        )

    def _before(self, ends: Floats) -> Floats:
        """Return the best that leads into a beat with each interval, ``(frames, to, column)``."""
        chains = np.ascontiguousarray(ends.transpose(1, 0, 2))
        best = np.empty_like(chains)
        flat = chains.reshape(len(chains), 1, -1)
        for to, source, changes in self._groups:
            into = best[to].reshape(changes.shape[1], -1)
            np.maximum.reduce(flat[source] + changes, axis=0, out=into)
        return best.transpose(1, 0, 2)[..., self._previous]

    def _group(self) -> list[tuple[slice, slice, Floats]]:
        """Return groups of intervals, those that may change into them, and the changes."""
        groups = []
        for first in range(0, len(self._intervals), _GROUP):
            to = slice(first, min(first + _GROUP, len(self._intervals)))
            able = np.flatnonzero(np.isfinite(self._changes[:, to]).any(axis=1))
            source = slice(int(able[0]), int(able[-1]) + 1)
            groups.append((to, source, self._changes[source, to, None].copy()))
        return groups

    def _back(
        self, checkpoints: list[Floats], begun: Floats, at: tuple[int, int, int], columns: slice
    ) -> Ints:
        end, interval, place = at
        path, number = [], len(checkpoints) - 1
        metre = columns.stop - columns.start
        while True:
            begin = end - int(self._intervals[interval])
            path.append((begin, place, int(self._intervals[interval])))
            if begin <= 0:
                return np.array(path[::-1], np.intp).reshape(-1, 3)
            if begin < number * self._stretch:
                number = begin // self._stretch
                begun = self._go(number * self._stretch, checkpoints[number])
            place = (place - 1) % metre
            ends = self._ends(begun, begin - number * self._stretch, 1)[0]
            chains = ends[:, columns.start + place] + self._changes[:, interval]
            end, interval = begin, int(chains.argmax())
