"""What an analysis feature is, and what it is given to work on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from soundforge.engines import spectrum
    from soundforge.engines.level import Level, Planes

    Matrix: TypeAlias = spectrum.Matrix
    Measure: TypeAlias = spectrum.Measure
    Samples: TypeAlias = spectrum.Samples

_T = TypeVar("_T")


class Meter(Protocol):
    """Something that hears the recording itself: all channels, at their own sample rate."""

    def hear(self, planes: Planes) -> None:
        """Take in the next samples, shape ``(channels, n)``."""


class Listener(Protocol):
    """Something that hears the mono mix at 22,050 Hz as one stream: a network, mostly."""

    def hear(self, samples: Samples) -> None:
        """Take in the next samples, shape ``(n,)``."""


@dataclass(frozen=True, slots=True)
class Recording:
    """What one pass over a recording has left: little per frame, and never the samples.

    Args:
        level: Level of the recording in all its channels, at its own sample rate.
        columns: What every asked `Measure` returned, block after block.
        duration_s: Length of the recording.
        meters: Every asked `Meter`, after the whole recording.
        found: What the features before this one have found, by name.
        listeners: Every asked `Listener` that could be had, after the whole recording.
    """

    level: Level
    columns: Mapping[str, Sequence[Matrix]]
    duration_s: float
    meters: Mapping[str, Meter] = field(default_factory=dict)
    found: dict[str, Finding] = field(default_factory=dict)
    listeners: Mapping[str, Listener] = field(default_factory=dict)
    _derived: dict[Callable[[Recording], Any], Any] = field(default_factory=dict, init=False)

    def column(self, name: str) -> Matrix:
        """Return a measure over all frames, shape ``(frames,)`` or ``(frames, width)``."""
        import numpy as np

        return np.concatenate(self.columns[name])

    def once(self, derive: Callable[[Recording], _T]) -> _T:
        """Return ``derive(self)``, worked out the first time only; features share it so."""
        if derive not in self._derived:
            self._derived[derive] = derive(self)
        return cast("_T", self._derived[derive])


@dataclass(frozen=True, slots=True)
class Finding:
    """What a feature says of one recording.

    Args:
        value: For people and pages; JSON, None for what cannot be known.
        matrices: For programs: curves ``(frames,)`` and matrices ``(width, frames)``.
    """

    value: dict[str, Any]
    matrices: dict[str, Matrix] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Feature:
    """One kind of analysis; every file in ``features/`` defines one as ``FEATURE``.

    Args:
        label: Name for people.
        measures: What must be measured on every frame, by name. Features share a measure
            by giving it the same name; it is then taken once.
        extract: Makes the finding of the measures.
        meters: What must hear the recording itself, made for its sample rate in Hz; shared
            by name like the measures.
        after: Features whose findings are used where they were asked for; they come first.
        listeners: What must hear the mono mix, made with the folder of the weights; None where
            its weights are not there. Shared by name.
        listener_measures: Measures that are wanted only where a listener could be had.
        best_listeners: What listens, too, where the best is asked for, however long it takes.
    """

    label: str
    measures: Mapping[str, Measure]
    extract: Callable[[Recording], Finding]
    meters: Mapping[str, Callable[[int], Meter]] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    listeners: Mapping[str, Callable[[Path | None], Listener | None]] = field(default_factory=dict)
    listener_measures: Mapping[str, Measure] = field(default_factory=dict)
    best_listeners: Mapping[str, Callable[[Path | None], Listener | None]] = field(
        default_factory=dict
    )


def summary(matrix: Matrix) -> dict[str, Any]:
    """Return ``mean`` and ``std`` over the frames of a curve, or of each row of a matrix."""
    import numpy as np

    if matrix.ndim == 1:
        return {
            "mean": float(matrix.mean(dtype=np.float64)),
            "std": float(matrix.std(dtype=np.float64)),
        }
    rows = [summary(row) for row in matrix]  # one at a time: double precision is twice as large
    return {name: [row[name] for row in rows] for name in ("mean", "std")}


#: The summary of what cannot be known.
NO_SUMMARY: Final[dict[str, Any]] = {"mean": None, "std": None}
