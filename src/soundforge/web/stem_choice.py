"""Which stems somebody wants, and at which rate, as the form of the page holds it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from soundforge.audio.separator import SampleRate
    from soundforge.live.page import Value

_MOST: Final = 16
_LONGEST: Final = 40


@dataclass(frozen=True, slots=True)
class StemChoice:
    """What is wanted of the model that is chosen.

    Args:
        stems: Only these; None for all that it makes.
        sample_rate: Of the files.
    """

    stems: tuple[str, ...] | None = None
    sample_rate: SampleRate = "model"

    @property
    def is_nothing(self) -> bool:
        """Whether every stem was unchecked."""
        return self.stems == ()

    def has(self, stem: str) -> bool:
        """Whether ``stem`` is wanted."""
        return self.stems is None or stem in self.stems

    def changed(self, value: Value) -> StemChoice:
        """Return what the form now asks for; another model begins with all of its stems."""
        checked = value.get("stems")
        stems = None
        if isinstance(checked, list) and value.get("_target") != "model":
            # The form always sends an empty one, so that none can be told from a form without.
            stems = tuple(str(stem)[:_LONGEST] for stem in checked[: _MOST + 1] if stem)
        return StemChoice(stems, "source" if value.get("sample_rate") == "source" else "model")
