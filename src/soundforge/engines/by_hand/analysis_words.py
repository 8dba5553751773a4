"""An analysis in the words that scripts know: names and shapes of the original audio programs.

A feature of ours that has such a name keeps its own fields beside them. Times are seconds, except
where the name says milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from soundforge.engines import note_names, trust
from soundforge.engines.by_hand import harmonic_chroma, mono
from soundforge.engines.notes import drums

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

_DRUMS: Final = {key: name for name, key in drums.KEYS.items()}


@dataclass(frozen=True, slots=True)
class Heard:
    """What an analysis has found.

    Args:
        path: The recording.
        found: The values by feature, see `analyze.analyze`.
        matrices: Curves ``(frames,)`` and matrices ``(width, frames)``.
    """

    path: Path
    found: Mapping[str, Any]
    matrices: Mapping[str, NDArray[np.float32]]


def needs(name: str) -> tuple[str, ...]:
    """Return the features that stand behind a name."""
    return WORDS[name][0] if name in WORDS else (name,)


def answer(name: str, heard: Heard) -> dict[str, Any] | list[dict[str, Any]]:
    """Return what ``name`` stands for; a feature that has only our name is as it is."""
    own = heard.found.get(name, {})
    if name not in WORDS:
        return dict(own)
    told = WORDS[name][1](heard)
    return {**own, **told} if isinstance(told, dict) else told


def _tempo(heard: Heard) -> dict[str, Any]:
    found = heard.found["tempo"]
    beats_s = found["beats_s"]
    return {"tempo": found["bpm"], "beats": beats_s, "beat_count": len(beats_s)}


def _key(heard: Heard) -> dict[str, Any]:
    name = heard.found["key"]["name"]
    if name is None:
        return {"key": None, "pitch_class": None, "mode": None}
    tonic, is_minor = note_names.key_of(name)
    return {"key": name, "pitch_class": tonic, "mode": "minor" if is_minor else "major"}


def _energy(heard: Heard) -> dict[str, Any]:
    rms = heard.matrices["rms"].astype(np.float64)
    return {
        "mean": float(rms.mean()),
        "variance": float(rms.var()),
        "max": float(rms.max()),
        "min": float(rms.min()),
        "zcr": heard.found["spectral"]["zero_crossing_rate"]["mean"],
    }


def _spectral(heard: Heard) -> dict[str, Any]:
    found = heard.found["spectral"]
    spread_hz = found["centroid_hz"]["std"]
    return {
        "centroid": found["centroid_hz"]["mean"],
        "centroid_variance": None if spread_hz is None else spread_hz**2,
        "rolloff": found["rolloff_hz"]["mean"],
        "bandwidth": found["bandwidth_hz"]["mean"],
        "contrast": found["contrast_db"]["mean"],
        "flatness": found["flatness"]["mean"],
    }


def _mfcc(heard: Heard) -> dict[str, Any]:
    spread = heard.found["mfcc"]["std"]
    return {"variance": None if spread is None else [one**2 for one in spread]}


def _chroma(heard: Heard) -> dict[str, Any]:
    mean, cents = (heard.found["chroma"][name] for name in ("mean", "tuning_cents"))
    if mean is None:
        return {"stft": None, "cqt": None, "cens": None}
    return {"stft": mean, **harmonic_chroma.means(heard.path, cents / 100)}


def _structure(heard: Heard) -> dict[str, Any]:
    beats = heard.found["beats"]
    has_bars = beats["bar_confidence"] >= trust.LEAST_BARS
    segments = [
        {
            "section_type": one["name"] or "section",
            "start": one["start_s"],
            "end": one["end_s"],
            "confidence": one["confidence"],
            "label": one["label"],
            "energy_profile": one["level_db"],
            "repetition_group": one["label"],
        }
        for one in heard.found["sections"]["sections"]
    ]
    metre = beats["beats_per_bar"] if has_bars else None
    return {
        "segments": segments,
        "bar_times": beats["downbeats_s"] if has_bars else [],
        # What note a beat is written as cannot be heard; a quarter is the custom.
        "time_signature": f"{metre}/4" if metre else None,
    }


def _loop_points(heard: Heard) -> dict[str, Any]:
    found, sections = heard.found["loops"], heard.found["sections"]["sections"]
    rows = [
        {
            "start_ms": _ms(one["start_s"]),
            "end_ms": _ms(one["end_s"]),
            "beats": one["beats"],
            "bars": one["bars"],
            "quality": one["score"],
            "section": next(
                (s["label"] for s in sections if s["start_s"] <= one["start_s"] < s["end_s"]), None
            ),
        }
        for one in (*found["loops"], *found["others"])
    ]
    return {"recommended": rows[: len(found["loops"])], "all": rows}


def _arrangement(heard: Heard) -> list[dict[str, Any]]:
    return [
        {
            "type": one["kind"],
            "position_ms": _ms(one["time_s"]),
            "intensity": one["intensity"],
        }
        for one in heard.found["cues"]["markers"]
    ]


def _energy_curve(heard: Heard) -> dict[str, Any]:
    return dict(heard.found["cues"]["energy_curve"])


def _auto_cues(heard: Heard) -> list[dict[str, Any]]:
    return [
        {
            "position_ms": _ms(one["time_s"]),
            "type": one["kind"],
            "label": one["label"],
            "color": one["colour"],
        }
        for one in heard.found["cues"]["cue_points"]
    ]


def _transients(heard: Heard) -> list[dict[str, Any]]:
    found = heard.found["onsets"]
    rows = zip(found["times_s"], found["strengths_db"], strict=True)
    return [{"position_ms": _ms(time_s), "strength_db": rise_db} for time_s, rise_db in rows]


def _drum_events(heard: Heard) -> list[dict[str, Any]]:
    listener = drums.Listener()
    for block in mono.blocks(heard.path):
        listener.hear(block)
    return [
        {
            "type": _DRUMS[hit.pitch],
            "position_ms": _ms(hit.onset_s),
            "strength": round(hit.strength, 3),
        }
        for hit in drums.hits(listener.finish())
    ]


def _ms(time_s: float) -> int:
    return round(1000 * time_s)


_ARRANGED: Final = ("beats", "cues", "key", "sections")

#: For each name the features it stands on, and what is made of them.
WORDS: Final[
    Mapping[str, tuple[tuple[str, ...], Callable[[Heard], dict[str, Any] | list[dict[str, Any]]]]]
] = {
    "tempo": (("tempo",), _tempo),
    "key": (("key",), _key),
    "energy": (("energy", "spectral"), _energy),
    "spectral": (("spectral",), _spectral),
    "mfcc": (("mfcc",), _mfcc),
    "chroma": (("chroma",), _chroma),
    "structure": (("beats", "sections"), _structure),
    "loop_points": (("beats", "loops", "sections"), _loop_points),
    "arrangement": (_ARRANGED, _arrangement),
    "energy_curve": (("cues",), _energy_curve),
    "auto_cues": (_ARRANGED, _auto_cues),
    "transients": (("onsets",), _transients),
    "drum_events": ((), _drum_events),
}
