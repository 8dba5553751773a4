"""Which jobs a request means: the whole way, or a part of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from soundforge import errors
from soundforge.audio import presets
from soundforge.library.lifecycle import PIPELINE
from soundforge.pipeline.start import Plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from soundforge.audio.chords import ChordEngine
    from soundforge.audio.model_info import ModelInfo
    from soundforge.audio.models import Models
    from soundforge.audio.presets import Choice
    from soundforge.audio.separator import SampleRate


@dataclass(frozen=True, slots=True)
class Separation:
    """How somebody wants recordings separated.

    Args:
        model: A model or a preset; None for the best one at hand.
        stems: Only these; none named means all that the model makes.
        sample_rate: Of the files: the model's, or each recording's own (``source``).
    """

    model: str | None = None
    stems: tuple[str, ...] = ()
    sample_rate: SampleRate = "model"


AS_USUAL: Final = Separation()


def check(stages: Sequence[str]) -> tuple[str, ...]:
    """Return the stages in their order, each once; nothing given means the whole way.

    Raises:
        errors.Invalid: A word is not a stage (``unknown_stage``).
    """
    unknown = [stage for stage in stages if stage not in PIPELINE]
    if unknown:
        raise errors.Invalid(
            "unknown_stage",
            f"There is no stage called {unknown[0][:40]!r}.",
            f"The stages are {', '.join(PIPELINE)}.",
        )
    return tuple(stage for stage in PIPELINE if stage in stages) or PIPELINE


def separate(models: Models, wanted: Separation = AS_USUAL) -> Plan:
    """Plan a separation; only what is not as usual is among its options.

    Only a model whose licence leaves no doubt is fetched by its first separation; the others
    must be here.

    Raises:
        errors.Invalid: There is no such model (``model_unknown``), or it makes no such stem
            (``stem_unknown``).
        errors.Conflict: It cannot run here (``model_not_installed``).
    """
    choice = presets.choose(models, wanted.model or None)
    chosen = models.require_at_hand(choice.model)
    options: dict[str, Any] = {}
    if stems := _part(chosen, wanted.stems):
        options["stems"] = stems
    if wanted.sample_rate == "source":
        options["sample_rate"] = "source"
    return Plan("separate", model=chosen.name, options={**options, **_said(choice)})


def _part(model: ModelInfo, stems: Sequence[str]) -> list[str]:
    """Return those of the model's stems that are wanted, in its order; empty for all of them."""
    if unknown := [stem for stem in stems if stem not in model.stems]:
        raise errors.Invalid(
            "stem_unknown",
            f"{model.label} makes no stem called {unknown[0][:40]}.",
            f"Choose from {', '.join(model.stems)}.",
        )
    part = [stem for stem in model.stems if stem in stems]
    return part if len(part) < len(model.stems) else []


def _said(choice: Choice) -> dict[str, str]:
    """Return what the job keeps of a preset, for whoever looks at it later."""
    said = {"preset": choice.preset or "", "note": choice.note}
    return {name: text for name, text in said.items() if text}


def analyze(features: Sequence[str] = ("all",), chord_engine: ChordEngine | None = None) -> Plan:
    """Plan an analysis of ``features``, by ``chord_engine`` where the server's is not wanted."""
    options: dict[str, Any] = {"features": list(features)}
    if chord_engine is not None:
        options["chord_engine"] = chord_engine
    return Plan("analyze", options=options)


def transcribe(quantise: str | None = None, stems: Sequence[str] = ()) -> Plan:
    """Plan to write down the notes of ``stems``, of all when none is named.

    Args:
        quantise: One of `transcriber.GRIDS`; None leaves notes where they were played.
        stems: Stem types.
    """
    return Plan("transcribe", options={"quantise": quantise, "stems": list(stems)})


def warp(
    *,
    rate: float | None = None,
    bpm: float | None = None,
    semitones: float | None = None,
    key: str | None = None,
    is_steady: bool = False,
) -> Plan:
    """Plan to make a song run at another tempo, in another key, or evenly.

    Args:
        rate: 2 is twice as fast; or
        bpm: the tempo to have.
        semitones: 2 is a whole tone higher; or
        key: the key to have.
        is_steady: Lay every bar on a constant grid.

    Raises:
        errors.Invalid: Nothing is asked for, or the same twice (``warp_unclear``).
    """
    asked = {"rate": rate, "bpm": bpm, "semitones": semitones, "key": key}
    options: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
    is_twice = {"rate", "bpm"} <= options.keys() or {"semitones", "key"} <= options.keys()
    if is_twice or not (options or is_steady):
        raise errors.Invalid(
            "warp_unclear",
            "It is not clear what to change.",
            "Send rate or bpm for the tempo, semitones or key for the pitch, or steady.",
        )
    return Plan("warp", options={**options, "steady": is_steady})


def after_recording(
    models: Models, stages: Sequence[str], separation: Separation = AS_USUAL
) -> tuple[Plan, ...]:
    """Return what starts, side by side, once the recording is there."""
    plans = []
    if "separate" in stages:
        plans.append(separate(models, separation))
    if "analyze" in stages:
        plans.append(analyze())
    return tuple(plans)
