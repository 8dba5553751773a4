"""What an analysis feature is, and what it is given to work on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from soundforge.engines import spectrum
    from soundforge.engines.level import Level

    Matrix: TypeAlias = spectrum.Matrix
    Measure: TypeAlias = spectrum.Measure


@dataclass(frozen=True, slots=True)
class Recording:
    """What one pass over a recording has left: little per frame, and never the samples.

    Args:
        level: Level of the recording in all its channels, at its own sample rate.
        columns: What every asked `Measure` returned, block after block.
        duration_s: Length of the recording.
    """

    level: Level
    columns: Mapping[str, Sequence[Matrix]]
    duration_s: float

    def column(self, name: str) -> Matrix:
        """Return a measure over all frames, shape ``(frames,)`` or ``(frames, width)``."""
        import numpy as np

        return np.concatenate(self.columns[name])


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
    """

    label: str
    measures: Mapping[str, Measure]
    extract: Callable[[Recording], Finding]
