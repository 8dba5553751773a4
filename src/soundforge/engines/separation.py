"""What a separation model is given, whatever its family: `Separator.run` takes a `Task`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from pathlib import Path

    from soundforge.engines.mix import Mix
    from soundforge.engines.separators import Separator
    from soundforge.engines.stem_checkpoint import StemCheckpoint
    from soundforge.engines.weights import Installed

Precision: TypeAlias = Literal["auto", "f32", "f16"]


@dataclass(frozen=True, slots=True)
class Task:
    """One mix to take apart.

    Args:
        model: The description.
        installed: The weights and their identity.
        mix: The recording, stereo, at the model's rate.
        stems: The stems that are wanted, in the model's order.
        threads: CPU threads; 0 for all.
        precision: ``auto`` computes in half precision where it was measured to be good enough.
        overlap: Share of a segment that the next one covers too.
        checkpoint: Where a model that can go on later keeps how far it is.
        notes: Told to the user with the result: ``precision``, ``resumed_segments`` …
        device: One of `devices.ASKED`; families that run on the CPU only do not heed it.
        segment_s: Length of a segment; 0 for the model's own.
    """

    model: Separator
    installed: Installed
    mix: Mix
    stems: tuple[str, ...]
    threads: int
    precision: Precision
    overlap: float
    checkpoint: StemCheckpoint
    notes: dict[str, object]
    device: str = "cpu"
    segment_s: int = 0

    @property
    def weights(self) -> Path:
        """The file of weights."""
        return self.installed.path
