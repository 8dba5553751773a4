"""Rows to views: what an analysis measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soundforge.audio import chords, keys, pulse, sureness
from soundforge.web import song_sheet
from soundforge.web.song_view import KeyView, SoundView

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from soundforge.library import AnalysisResult


def sound_view(analysis: AnalysisResult) -> SoundView:
    """Return what ``analysis`` measured; bars that cannot be trusted are left out."""
    found = analysis.features
    spectral = found.get("spectral") or {}
    tempo = found.get("tempo") or {}
    key = found.get("key") or {}
    rival = (key.get("runner_up") or {}).get("name")
    beats = found.get("beats") or {}
    loudness = found.get("loudness") or {}
    return SoundView(
        energy=analysis.energy,
        spectral_centroid_hz=analysis.spectral_centroid,
        spectral_rolloff_hz=analysis.spectral_rolloff,
        spectral_bandwidth_hz=(spectral.get("bandwidth_hz") or {}).get("mean"),
        spectral_flatness=(spectral.get("flatness") or {}).get("mean"),
        zero_crossing_rate=analysis.zero_crossing_rate,
        chroma=tuple((found.get("chroma") or {}).get("mean") or ()),
        tempo_confidence=tempo.get("confidence"),
        other_tempi_bpm=sureness.other_counts(tempo),
        beats_per_bar=pulse.read(beats).beats_per_bar,
        bar_confidence=beats.get("bar_confidence"),
        key_margin=key.get("confidence"),
        key_rival=keys.moved_key(rival, 0) if rival else None,
        open_key=key.get("open_key"),
        keys=_keys(key),
        tempo_drift=tempo.get("drift"),
        tempo_range_bpm=_range([point["bpm"] for point in tempo.get("curve") or ()]),
        tuning_cents=(found.get("chroma") or {}).get("tuning_cents"),
        chord_engine=chords.heard_by(found),
        chord_confidence=(found.get("chords") or {}).get("confidence"),
        onsets_per_second=(found.get("onsets") or {}).get("per_second"),
        loudness_lufs=loudness.get("integrated_lufs"),
        loudness_range_lu=loudness.get("range_lu"),
        true_peak_dbtp=loudness.get("true_peak_dbtp"),
        parts=song_sheet.parts(found),
    )


def _keys(key: Mapping[str, Any]) -> tuple[KeyView, ...]:
    """Return the keys in turn; a single one is told as the key of the whole."""
    rows = key.get("segments") or ()
    if len(rows) < 2:
        return ()
    return tuple(
        KeyView(row["start_s"], keys.moved_key(row["name"], 0), row["camelot"], row["open_key"])
        for row in rows
    )


def _range(values: Sequence[float]) -> tuple[float, float] | None:
    """Return lowest and highest but for the outermost tenth: one stumble is no drift."""
    if not values:
        return None
    rising, left_out = sorted(values), round(0.05 * (len(values) - 1))
    return rising[left_out], rising[-1 - left_out]
