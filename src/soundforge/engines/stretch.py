"""Time and pitch in one pass: Signalsmith Stretch over a recording of any length.

The binding takes whole arrays and forgets its phases after each, so a long recording is
stretched in long overlapping pieces. Two renderings of the same moment differ in phase; they
are joined where they agree best, and the fade is levelled so that the join is not quieter.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from soundforge.engines import warp_plan
from soundforge.engines.runtime import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from soundforge.engines.reader import AudioReader
    from soundforge.engines.warp_plan import Piece, Plan

Samples = NDArray[np.float32]

#: Samples in and out of one piece, all channels: what bounds the memory.
BUDGET_SAMPLES: Final = 16_000_000
_SEED: Final = 1  # the same input gives the same output
_CONTEXT_S: Final = 0.25  # the network of phases settles before a rendering is used
_SEARCH_S: Final = 1.0
_FADE_S: Final = 0.03
# The fade is over before a downbeat: its attack is what people hear.
_CLEAR_S: Final = 0.005
_LEAST_FRAMES: Final = 8192
_MAX_SAMPLE: Final = 1e6  # above this a float file holds no audio


class Source:
    """A recording read once, forwards, with a look back as far as `forget` allows."""

    def __init__(self, reader: AudioReader) -> None:
        self._blocks = reader.blocks()
        self._start = 0
        self._kept: Samples = np.zeros((0, reader.channels), np.float32)
        self._is_ended = False

    def reach(self, frame: int) -> int:
        """Read until ``frame`` or the end; return which came first."""
        news: list[Samples] = []
        heard = self._start + len(self._kept)
        while heard < frame and not self._is_ended:
            block = next(self._blocks, None)
            if block is None:
                self._is_ended = True
            else:
                # A sample that is not a number would poison all that follow.
                whole = np.nan_to_num(block, posinf=0.0, neginf=0.0)
                news.append(whole.clip(-_MAX_SAMPLE, _MAX_SAMPLE))
                heard += len(block)
        if news:
            self._kept = np.concatenate([self._kept, *news])
        return min(frame, heard)

    def take(self, start: int, stop: int) -> Samples:
        """Return frames ``start`` up to ``stop`` as a view; both must have been reached."""
        return self._kept[start - self._start : stop - self._start]

    def forget(self, frame: int) -> None:
        """Keep nothing before ``frame``."""
        drop = min(max(0, frame - self._start), len(self._kept))
        self._kept = self._kept[drop:].copy()
        self._start += drop


class Stretcher:
    """Signalsmith Stretch, set up for one kind of recording.

    Args:
        channels: Channels; they are stretched together, so the stereo image holds.
        sample_rate_hz: Rate in and out.
        semitones: Shift of the pitch; the time does not change with it.

    Raises:
        EngineError: ``warp_unavailable``.
    """

    def __init__(self, channels: int, sample_rate_hz: int, semitones: float) -> None:
        try:
            import python_stretch
        except ImportError as error:
            raise EngineError(
                "warp_unavailable",
                "The package python-stretch is not on this machine: it has no wheel for it.",
                "Install it with a C++ compiler: pip install python-stretch",
            ) from error
        self.channels, self.sample_rate_hz, self.semitones = channels, sample_rate_hz, semitones
        self._make: Any = python_stretch.Signalsmith.Stretch

    def render(self, samples: Samples, out_frames: int) -> Samples:
        """Return ``samples`` ``(frames, channels)`` as ``out_frames`` frames."""
        wanted = len(samples)
        planes = np.ascontiguousarray(samples.T)
        rate = wanted / out_frames
        if wanted < _LEAST_FRAMES:
            planes = np.pad(planes, ((0, 0), (0, _LEAST_FRAMES - wanted)))
        voice = self._make(_SEED)
        voice.preset(self.channels, self.sample_rate_hz)
        voice.setTimeFactor(rate)
        if self.semitones:
            voice.setTransposeSemitones(self.semitones)
        made: Samples = voice.process(planes)
        return made.T[:out_frames]


@dataclass(frozen=True, slots=True)
class _Rendering:
    """One piece, stretched, with some of its neighbours' time on both sides."""

    samples: Samples
    origin: int  # the output frame of its first sample

    def span(self, start: int, stop: int) -> Samples:
        """Return output frames ``start`` up to ``stop``; silence where there are none."""
        first, last = start - self.origin, stop - self.origin
        inside = self.samples[max(0, first) : max(0, last)]
        missing = max(0, stop - start - len(inside))
        return np.pad(inside, ((0, missing), (0, 0))) if missing else inside


def stretched(source: Source, plan: Plan, voice: Stretcher) -> Iterator[Samples]:
    """Yield the recording warped, as blocks ``(frames, channels)``.

    With one rate the sum of the frames is ``round(n / rate)``, half up, but never 0 for a
    recording that is not empty.
    """
    is_constant = len(plan.anchors) == 1
    search = round((_SEARCH_S if is_constant else 0.0) * voice.sample_rate_hz)
    margin = search + round(_CONTEXT_S * voice.sample_rate_hz)
    block = int(BUDGET_SAMPLES / (voice.channels * (1 + 1 / plan.slowest)))
    before: _Rendering | None = None
    done = 0
    border = 0
    for piece in warp_plan.pieces(plan, max(block, 8 * margin), source.reach):
        now = _render(source, piece, voice, margin)
        if before is not None:
            joint = _join(before, now, piece.out_start, (done, search), voice.sample_rate_hz)
            yield joint
            done += len(joint)
        safe = max(done, piece.out_stop - margin)
        yield now.span(done, safe)
        before, done, border = now, safe, piece.out_stop
        source.forget(piece.stop - math.ceil(margin * warp_plan.MAX_RATE))
    if before is not None and border > done:
        yield before.span(done, border)


def _render(source: Source, piece: Piece, voice: Stretcher, margin: int) -> _Rendering:
    around = math.ceil(margin * piece.rate)
    start = max(0, piece.start - around)
    stop = source.reach(piece.stop + around)
    samples = source.take(start, stop)
    out_frames = max(1, round(len(samples) / piece.rate))
    lead = round((piece.start - start) / piece.rate)
    return _Rendering(voice.render(samples, out_frames), piece.out_start - lead)


def _join(
    before: _Rendering, after: _Rendering, border: int, room: tuple[int, int], rate_hz: int
) -> Samples:
    """Return what lies between what was given out (``room[0]``) and the end of the fade."""
    done, search = room
    fade = round(_FADE_S * rate_hz)
    last = border + search if search else border - round(_CLEAR_S * rate_hz)
    first = max(done, border - search - fade)
    fade = min(fade, max(0, last - first))
    a, b = before.span(first, last), after.span(first, last)
    at = _best_place(a.mean(axis=1), b.mean(axis=1), fade) if search else max(0, len(a) - fade)
    mixed = _faded(a[at : at + fade], b[at : at + fade])
    return np.concatenate([before.span(done, first + at), mixed])


def _best_place(a: Samples, b: Samples, fade: int) -> int:
    """Return where ``fade`` frames of ``a`` and ``b`` are most alike, or both silent."""
    if fade == 0 or len(a) <= fade:
        return 0
    zero = np.zeros(1)
    cross, power = (
        np.concatenate([zero, np.cumsum(curve, dtype=np.float64)])
        for curve in (2 * a * b, a * a + b * b)
    )
    both, energy = (curve[fade:] - curve[:-fade] for curve in (cross, power))
    floor = 1e-3 * energy.mean() + 1e-12
    return int(np.argmax((both + floor) / (energy + floor)))


def _faded(a: Samples, b: Samples) -> Samples:
    """Return ``a`` becoming ``b``, as loud as they are whatever their phases."""
    if not len(a):
        return a
    weight = 0.5 - 0.5 * np.cos(np.pi * (np.arange(len(a)) + 0.5) / len(a))
    powers = float((a * a).sum() * (b * b).sum())
    likeness = max(0.0, float((a * b).sum()) / math.sqrt(powers)) if powers > 0 else 1.0
    level = np.sqrt(weight**2 + (1 - weight) ** 2 + 2 * weight * (1 - weight) * likeness)
    mixed: Samples = (a * ((1 - weight) / level)[:, None] + b * (weight / level)[:, None]).astype(
        np.float32
    )
    return mixed
