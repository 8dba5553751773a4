"""The door to the analysis engine: a recording goes in, typed numbers come out."""

from __future__ import annotations

import asyncio
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from soundforge import errors
from soundforge.audio.report import of_engine
from soundforge.engines import features as engine_features

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from soundforge.audio.engine import Engine
    from soundforge.audio.report import Report

#: Every feature by name; ``all`` selects all of them.
FEATURES: Final[tuple[str, ...]] = engine_features.NAMES
ALL: Final = "all"
#: The features that a larger network can find better, and slower.
BEST: Final[tuple[str, ...]] = ("chords",)

#: The analysis types: names for sets of features.
TYPES: Final[Mapping[str, tuple[str, ...]]] = {
    "full": FEATURES,
    "tempo": ("tempo",),
    "key": ("key",),
    "spectral": ("spectral",),
    "energy": ("energy",),
    "structure": ("beats", "sections"),
    "loops": ("beats", "loops"),
    "arrangement": ("beats", "cues", "energy", "key", "loudness", "sections"),
}

#: All that selects features: their own names, the types that are called otherwise, ``all``.
NAMES: Final = (*FEATURES, *(name for name in TYPES if name not in FEATURES), ALL)

_LEAST_TIMEOUT_S: Final = 120.0
_MOST_CORES: Final = 2  # beats are judged beside the rest
_TIMEOUT_PER_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Analysis:
    """What was found. None is what was not asked for, or cannot be known.

    Args:
        tempo_bpm: Beats per minute; None without a pulse.
        key: ``A minor``; None without pitch.
        energy: Root-mean-square level, 0 (silence) to 1 (a full-scale square wave).
        spectral_centroid_hz: Mean over the frames; None in silence.
        spectral_rolloff_hz: Mean over the frames of the 85 % point; None in silence.
        zero_crossing_rate: Mean over the frames, 0..1; None in silence.
        features: The whole finding of every feature, by name; JSON.
        duration_s: Length of what was analysed, as decoded.
        took_s: Time the engine needed.
    """

    tempo_bpm: float | None
    key: str | None
    energy: float | None
    spectral_centroid_hz: float | None
    spectral_rolloff_hz: float | None
    zero_crossing_rate: float | None
    features: dict[str, Any]
    duration_s: float
    took_s: float


def select(names: Iterable[str]) -> tuple[str, ...]:
    """Return the features that ``names`` (features, types or ``all``) mean, each once.

    Raises:
        errors.Invalid: ``unknown_feature``: no such name, or none at all.
    """
    chosen: set[str] = set()
    for name in names:
        # A type may be named like a feature: it brings what that stands on.
        found = FEATURES if name == ALL else TYPES.get(name, (name,))
        if not set(found) <= set(FEATURES):
            fact = f"There is no feature {name[:40]!r}."
            raise errors.Invalid("unknown_feature", fact, _choices())
        chosen.update(found)
    if not chosen:
        raise errors.Invalid("unknown_feature", "No feature was chosen.", _choices())
    return tuple(feature for feature in FEATURES if feature in chosen)


async def analyze(  # noqa: PLR0913 -- one call says all of an analysis; all by keyword
    engine: Engine,
    *,
    source: Path,
    out_dir: Path | None,
    features: tuple[str, ...],
    job: str,
    duration_s: float,
    report: Report,
    models_dir: Path | None = None,
    best: tuple[str, ...] = (),
) -> Analysis:
    """Analyse ``source`` in a process of its own.

    Args:
        engine: How engines are started.
        source: The recording; any format we read.
        out_dir: Where ``result.json`` and ``features.npz`` are written; made if need be. None
            keeps neither.
        features: What to find, see `select`.
        job: The job's id, for the log.
        duration_s: Length of the recording, for the time limit; 0 if unknown.
        report: Told the progress.
        models_dir: Where the networks' weights lie, see `networks.fetch`. What finds none there
            answers by another way and says so.
        best: The features, see `BEST`, that the larger network is to hear, however long it takes.

    Raises:
        errors.Invalid: The file is not audio, is damaged or empty.
        errors.Unavailable: The engine crashed or hung; it may be tried again.
    """
    with tempfile.TemporaryDirectory(prefix="sfa-analysis-") as thrown_away:
        folder = out_dir or Path(thrown_away)
        answer = await engine.run(
            "analyze",
            {
                "path": str(source),
                "features": list(features),
                "out_dir": str(folder),
                "models_dir": str(models_dir) if models_dir else None,
                "best": list(best),
            },
            job=job,
            timeout_s=max(_LEAST_TIMEOUT_S, _TIMEOUT_PER_S * duration_s),
            on_progress=of_engine(report),
            most_cores=_MOST_CORES,
        )
        found = await asyncio.to_thread((folder / answer["result_name"]).read_bytes)
    return _parse(json.loads(found))


def _parse(value: dict[str, Any]) -> Analysis:
    spectral = value.get("spectral", {})
    return Analysis(
        tempo_bpm=value.get("tempo", {}).get("bpm"),
        key=value.get("key", {}).get("name"),
        energy=value.get("energy", {}).get("rms"),
        spectral_centroid_hz=spectral.get("centroid_hz", {}).get("mean"),
        spectral_rolloff_hz=spectral.get("rolloff_hz", {}).get("mean"),
        zero_crossing_rate=spectral.get("zero_crossing_rate", {}).get("mean"),
        features={name: value[name] for name in FEATURES if name in value},
        duration_s=value["duration_s"],
        took_s=value["took_s"],
    )


def _choices() -> str:
    return f"Choose from: {', '.join(NAMES)}."
