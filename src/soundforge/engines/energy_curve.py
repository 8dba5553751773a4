"""How the level goes through a recording, and where it jumps: drops, rises, build-ups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np

from soundforge.engines import running
from soundforge.engines.spectrum import FRAME_LENGTH, FRAME_RATE_HZ

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from soundforge.engines.feature import Matrix, Recording
    from soundforge.engines.spectrum import Block

    Kind: TypeAlias = Literal["drop", "energy_rise", "energy_drop", "build_up"]

STEP_S: Final = 0.5
_MOST_STEPS: Final = 2400

_SIDE_S: Final = 4.0  # compared before and after a jump
_LEAST_JUMP_DB: Final = 4.0
_WHOLE_JUMP_DB: Final = 15.0
_NEAR_TOP_DB: Final = 4.0
_SOUND_DB: Final = -40.0  # below the loudest; less is silence, and out of it nothing jumps
_BUILD_UP_S: Final = 8.0
_BUILD_UP_DB: Final = 3.0


@dataclass(frozen=True, slots=True)
class Curve:
    """Level, 0..1 of the loudest step, every ``step_s``."""

    step_s: float
    values: NDArray[np.float64]

    @property
    def level_db(self) -> NDArray[np.float64]:
        """The same in dB below the loudest, -60 at least."""
        level_db: NDArray[np.float64] = 20 * np.log10(np.maximum(self.values, 1e-3))
        return level_db


@dataclass(frozen=True, slots=True)
class Jump:
    """A change of the level at ``time_s``; ``intensity`` is 0..1."""

    kind: Kind
    time_s: float
    intensity: float


def rms(block: Block) -> Matrix:
    """Return the root-mean-square level of every frame of the mono mix, ``(frames,)``."""
    level: Matrix = np.sqrt(block.framewise_sum(np.square(block.samples)) / FRAME_LENGTH)
    return level


def curve(recording: Recording) -> Curve:
    """Return the energy curve; of silence it is 0. Use it by way of `Recording.once`."""
    power = np.square(recording.column("rms").astype(np.float64))
    step_s = max(STEP_S, recording.duration_s / _MOST_STEPS)
    count = max(1, round(recording.duration_s / step_s))
    starts = np.minimum(
        np.round(np.arange(count) * step_s * FRAME_RATE_HZ).astype(np.int64), len(power) - 1
    )
    sums = np.add.reduceat(power, starts)
    level = np.sqrt(sums / np.maximum(np.diff(np.append(starts, len(power))), 1))
    top = level.max()
    return Curve(step_s, level / top if top > 0 else level)


def jumps(of: Curve) -> list[Jump]:
    """Return where the level changes for longer, rising in time.

    A drop is a jump up to about the loudest there is, a build-up what rises before it.
    """
    side = round(_SIDE_S / of.step_s)
    if len(of.values) < 2 * side + 1:
        return []
    before_db, after_db, is_heard = _sides(of, side)
    change_db = np.where(is_heard, after_db - before_db, 0.0)
    size = np.abs(change_db)
    is_jump = (size >= _LEAST_JUMP_DB) & (size == running.maximum(size, 2 * side + 1))
    top_db = float(np.percentile(after_db, 90))
    found: list[Jump] = []
    for peak in np.flatnonzero(is_jump).tolist():
        at = _steepest(of, peak, side, is_rise=change_db[peak] > 0)
        time_s = (at + side) * of.step_s
        intensity = round(min(1.0, float(size[peak]) / _WHOLE_JUMP_DB), 3)
        kind: Kind = "energy_drop"
        if change_db[peak] > 0:
            kind = "drop" if after_db[at] >= top_db - _NEAR_TOP_DB else "energy_rise"
        if kind == "drop":
            found += _build_up(of, time_s)
        found.append(Jump(kind, time_s, intensity))
    return sorted(found, key=lambda jump: jump.time_s)


def _sides(
    of: Curve, side: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Return the mean level before and after each step, and whether both are heard.

    The first of them is step ``side``. Music that begins or ends is no jump.
    """
    sums = np.cumsum(np.append(0.0, np.square(of.values)))
    means_db = 10 * np.log10(np.maximum((sums[side:] - sums[:-side]) / side, 1e-6))
    windows = np.lib.stride_tricks.sliding_window_view(of.level_db, side) > _SOUND_DB
    # Half of each side is heard, and its far end: a break just before a drop is allowed.
    is_sound = windows.mean(axis=1) >= 0.5
    is_heard = is_sound[:-side] & windows[:-side, 0] & is_sound[side:] & windows[side:, -1]
    return means_db[:-side], means_db[side:], is_heard


def _steepest(of: Curve, peak: int, side: int, *, is_rise: bool) -> int:
    """Return the step around ``peak`` at which the level changes most: there the jump is."""
    first = max(0, peak - side)
    steps_db = np.diff(of.level_db)[first + side - 1 : peak + 2 * side]
    steps_db = steps_db[: len(of.values) - 2 * side + 1 - first]
    return first + int((steps_db if is_rise else -steps_db).argmax())


def _build_up(of: Curve, end_s: float) -> list[Jump]:
    """Return the steady rise that ends with a drop, if there is one."""
    end = round(end_s / of.step_s)
    start = end - round(_BUILD_UP_S / of.step_s)
    levels_db = of.level_db[max(0, start) : end - 1]
    if start < 0 or len(levels_db) < 4 or levels_db[0] <= _SOUND_DB:
        return []
    slope, _ = np.polyfit(np.arange(len(levels_db)), levels_db, 1)
    rise_db = float(slope) * len(levels_db)
    if rise_db < _BUILD_UP_DB:
        return []
    intensity = round(min(1.0, rise_db / _WHOLE_JUMP_DB), 3)
    return [Jump("build_up", start * of.step_s, intensity)]
