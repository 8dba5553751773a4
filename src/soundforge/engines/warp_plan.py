"""Where each moment of a recording goes when time is stretched: pure arithmetic.

A plan is a list of anchors, points ``(input frame, output frame)`` that time passes through,
and the rate after the last of them. Between two anchors the rate is constant. One anchor at
the start is a plain stretch; one per downbeat lays a song on a constant grid.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from soundforge.engines.runtime import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

MIN_RATE: Final = 0.25
MAX_RATE: Final = 4.0
MAX_SEMITONES: Final = 24.0
#: A change of less than this cannot be heard; the recording is copied.
LEAST_CHANGE: Final = 0.001


class Anchor(NamedTuple):
    """An input frame and the output frame where it sounds."""

    frame: int
    out: int


@dataclass(frozen=True, slots=True)
class Plan:
    """How time runs.

    Args:
        anchors: In order, the first at ``(0, 0)``.
        last_rate: Input seconds per output second after the last anchor.
    """

    anchors: tuple[Anchor, ...]
    last_rate: float

    @property
    def slowest(self) -> float:
        """The smallest rate: where most output is made of the least input."""
        steps = zip(self.anchors, self.anchors[1:], strict=False)
        return min([self.last_rate, *((b.frame - a.frame) / (b.out - a.out) for a, b in steps)])


class Piece(NamedTuple):
    """Part of a recording with one rate: frames ``start`` up to ``stop`` become ``out``s."""

    start: int
    stop: int
    out_start: int
    out_stop: int

    @property
    def rate(self) -> float:
        """Input frames per output frame."""
        return (self.stop - self.start) / max(1, self.out_stop - self.out_start)


def constant(rate: float) -> Plan:
    """Return the plan of a plain stretch; ``rate`` 2 is twice as fast.

    Raises:
        EngineError: ``rate_out_of_range``.
    """
    check_rate(rate)
    return Plan((Anchor(0, 0),), rate)


def on_grid(downbeats_s: Sequence[float], bar_s: float, sample_rate_hz: int) -> Plan:
    """Return the plan that makes every bar last ``bar_s``, to the sample.

    The time before the first downbeat runs like the first bar, the time after the last
    downbeat like the last bar.

    Args:
        downbeats_s: Starts of the bars, two or more, ascending, not negative.
        bar_s: What a bar shall last.
        sample_rate_hz: Rate of the recording.

    Raises:
        EngineError: ``downbeats_invalid``, or ``rate_out_of_range`` for a bar that would have
            to be stretched too far.
    """
    _check_downbeats(downbeats_s, bar_s)
    rates = [(b - a) / bar_s for a, b in itertools.pairwise(downbeats_s)]
    for number, rate in enumerate(rates, 1):
        check_rate(rate, f"Bar {number}")
    lead_s = downbeats_s[0] / rates[0]
    anchors = [Anchor(0, 0)]
    for number, downbeat_s in enumerate(downbeats_s):
        frame = round(downbeat_s * sample_rate_hz)
        out = round((lead_s + number * bar_s) * sample_rate_hz)
        if frame > anchors[-1].frame and out > anchors[-1].out:
            anchors.append(Anchor(frame, out))
    return Plan(tuple(anchors), rates[-1])


def pieces(plan: Plan, block_frames: int, end: Callable[[int], int]) -> Iterator[Piece]:
    """Yield the recording in pieces of at most ``block_frames`` input frames.

    Args:
        plan: How time runs.
        block_frames: Longest piece.
        end: Asked whether the recording reaches a frame; answers with that frame, or with the
            recording's length when it is shorter. So the length need not be known before.
    """
    borders = [*plan.anchors, None]
    for anchor, border in zip(plan.anchors, borders[1:], strict=True):
        start, out_start = anchor
        while True:
            wanted = start + block_frames
            if border is not None:
                wanted = min(wanted, border.frame)
            # A rest that is too short to stretch on its own belongs to the piece before it.
            reached = end(wanted + block_frames // 2)
            if reached < wanted + block_frames // 2 and border is None:
                wanted = reached
            stop = min(wanted, reached)
            if stop <= start:
                return
            out_stop = _out_of(plan, anchor, border, stop)
            yield Piece(start, stop, out_start, out_stop)
            if border is not None and stop == border.frame:
                break
            if stop == reached:
                return
            start, out_start = stop, out_stop


def _out_of(plan: Plan, anchor: Anchor, border: Anchor | None, frame: int) -> int:
    if border is None:
        # Half up, as people round; Python's `round` goes to the even number.
        return anchor.out + max(1, math.floor((frame - anchor.frame) / plan.last_rate + 0.5))
    share = (frame - anchor.frame) / (border.frame - anchor.frame)
    return anchor.out + max(1, round(share * (border.out - anchor.out)))


def check_rate(rate: float, what: str = "The tempo") -> None:
    """Refuse a rate that would not sound like the song any more.

    Raises:
        EngineError: ``rate_out_of_range``.
    """
    if not MIN_RATE <= rate <= MAX_RATE:
        raise EngineError(
            "rate_out_of_range",
            f"{what} would change by a factor of {rate:.3g}; {MIN_RATE} to {MAX_RATE:g} is possible.",
            "Choose a tempo nearer to the song's.",
        )


def check_semitones(semitones: float) -> None:
    """Refuse a shift of more than two octaves.

    Raises:
        EngineError: ``shift_out_of_range``.
    """
    if not -MAX_SEMITONES <= semitones <= MAX_SEMITONES:
        raise EngineError(
            "shift_out_of_range",
            f"A shift of {semitones:g} semitones is more than {MAX_SEMITONES:g}.",
            f"Choose between -{MAX_SEMITONES:g} and {MAX_SEMITONES:g}.",
        )


def _check_downbeats(downbeats_s: Sequence[float], bar_s: float) -> None:
    ascending = all(a < b for a, b in itertools.pairwise(downbeats_s))
    finite = all(map(math.isfinite, [*downbeats_s, bar_s]))
    if len(downbeats_s) < 2 or not finite or not ascending or downbeats_s[0] < 0 or bar_s <= 0:
        raise EngineError(
            "downbeats_invalid",
            "The downbeats must be two or more ascending times in seconds.",
            "Analyse the song's beats again, or stretch by one rate.",
        )
