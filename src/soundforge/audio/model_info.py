"""What people and programs see of a separation model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from soundforge.engines.separators import Separator, SmallerSegment


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """One model, for people and programs.

    Args:
        name: Stable name.
        label: Name for people.
        description: One sentence.
        stems: What it makes, in order.
        installed: Whether its weights are here and it can run now.
        available: Whether this release can run it at all.
        reason: Why it cannot; empty when it can.
        licence: What is known about the weights' licence.
        licence_url: Where that is stated.
        size_bytes: Size of the download; None when not known.
        quality: Rank; higher is better.
        sample_rate_hz: Rate of the stems.
        is_fetched_by_itself: Whether its first use fetches the weights; the others are fetched
            only by someone who has read the licence.
        memory_bytes: What it is predicted to need while it runs; 0 when that is not known.
        smaller: Shorter segments that it can do with when memory is short, the longest first.
        needs_consent: Whether that has yet to happen on this machine.
        patience: How many times longer than usual a separation with it may take.
        has_f16: Whether it can compute in half precision, where the machine can.
    """

    name: str
    label: str
    description: str
    stems: tuple[str, ...]
    installed: bool
    available: bool
    reason: str
    licence: str
    licence_url: str
    size_bytes: int | None
    quality: int
    sample_rate_hz: int
    is_fetched_by_itself: bool = False
    memory_bytes: int = 0
    smaller: tuple[SmallerSegment, ...] = ()
    needs_consent: bool = False
    patience: int = 1
    has_f16: bool = True

    @property
    def is_at_hand(self) -> bool:
        """Whether it can run now, or its first use may fetch it: nobody need be asked any more."""
        return self.installed or (self.available and not self.needs_consent)


def info_of(model: Separator, *, is_installed: bool, is_accepted: bool) -> ModelInfo:
    """Return what is known of ``model``, and what has become of it on this machine."""
    return ModelInfo(
        name=model.name,
        label=model.label,
        description=model.description,
        stems=model.stems,
        installed=is_installed,
        available=model.is_available,
        reason=model.unavailable_reason,
        licence=model.licence.text,
        licence_url=model.licence.url,
        size_bytes=model.size_bytes,
        quality=model.quality,
        sample_rate_hz=model.sample_rate_hz,
        is_fetched_by_itself=model.is_fetched_by_itself,
        memory_bytes=model.memory_bytes,
        smaller=model.smaller,
        needs_consent=not is_accepted,
        patience=model.patience,
        has_f16=model.has_f16,
    )
