"""Presets: names for how long one is willing to wait, instead of names of networks.

Accepted wherever a model is. A preset means the first of its models that is at hand, so a fresh
install can always do something, and says so when that is not the one it stands for. Only what is
here counts, and last what is fetched by itself: who asks for a preset is not made to wait for
hundreds of megabytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from soundforge.audio.models import Models


@dataclass(frozen=True, slots=True)
class Preset:
    """A wish.

    Args:
        name: Stable name, for scripts and addresses.
        label: Name for people.
        models: What it stands for, then what comes nearest; the last is always to be had.
    """

    name: str
    label: str
    models: tuple[str, ...]


PRESETS: Final = (
    Preset("instant", "Instant preview", ("spleeter_2stems",)),
    Preset("balanced", "Balanced", ("htdemucs", "htdemucs_ft", "spleeter_2stems")),
    Preset("best", "Best", ("htdemucs_ft", "htdemucs", "spleeter_2stems")),
)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a wish comes to here.

    Args:
        model: The model to separate with.
        preset: The preset that was asked for; None when a model was, or nothing.
        note: What stands in for what, and why, in a sentence; empty when nothing does.
    """

    model: str
    preset: str | None = None
    note: str = ""


def choose(models: Models, wanted: str | None) -> Choice:
    """Return the model for a wish: a preset's name, a model's name, or None for the best at hand.

    Names that are neither come back as they are; `Models` refuses them.
    """
    if wanted is None:
        return Choice(models.first_choice())
    preset = next((one for one in PRESETS if one.name == wanted), None)
    if preset is None:
        return Choice(wanted)
    known = [models.info(name) for name in preset.models]
    meant, found = known[0], next((model for model in known if model.installed), known[-1])
    if found is meant:
        return Choice(meant.name, preset.name)
    note = f"{preset.label} means {meant.label}, which is not installed; {found.label} stands in."
    return Choice(found.name, preset.name, note)
