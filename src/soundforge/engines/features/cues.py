"""Cues: the energy curve, where it jumps, and the points a player may want to go to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from soundforge.engines import beat_grid, energy_curve
from soundforge.engines.feature import Feature, Finding

if TYPE_CHECKING:
    from soundforge.engines.feature import Recording

_MERGED_S: Final = 0.5
_SNAP_S: Final = 1.6  # the curve is smooth over seconds
_SOUND: Final = 0.02  # of the loudest step: there the music has begun
# The first of these that lies at a point names it.
_COLOURS: Final = {
    "start": "#3ddc84",
    "drop": "#ff5252",
    "section": "#4dabf7",
    "energy_drop": "#b197fc",
    "end": "#adb5bd",
}


def extract(recording: Recording) -> Finding:
    """Return ``energy_curve``, ``markers`` and ``cue_points``, both rising in time.

    ``energy_curve`` has ``step_s`` and ``values``, 0..1 of the loudest. A marker has
    ``kind`` (drop, energy_rise, energy_drop, build_up, key_change), ``time_s`` and
    ``intensity``, 0..1. A cue point has ``time_s``, ``kind``, ``label`` and ``colour``; those
    within half a second are one. Times stand on
    the border of a section, a bar or a beat where one is near. Silence
    has neither markers nor points.
    """
    curve = recording.once(energy_curve.curve)
    shown = {"step_s": curve.step_s, "values": np.round(curve.values, 3).tolist()}
    if recording.level.is_silent:
        return Finding({"energy_curve": shown, "markers": [], "cue_points": []})
    markers = _markers(recording, curve)
    points = _points(recording, curve, markers)
    return Finding({"energy_curve": shown, "markers": markers, "cue_points": points})


def _markers(recording: Recording, curve: energy_curve.Curve) -> list[dict[str, Any]]:
    markers: list[dict[str, Any]] = [
        {"kind": jump.kind, "time_s": _snapped(recording, jump.time_s), "intensity": jump.intensity}
        for jump in energy_curve.jumps(curve)
    ]
    keys = recording.found["key"].value["segments"] if "key" in recording.found else []
    for segment in keys[1:]:
        intensity = round(min(1.0, segment["confidence"]), 3)
        time_s = _snapped(recording, segment["start_s"])
        markers.append({"kind": "key_change", "time_s": time_s, "intensity": intensity})
    return sorted(markers, key=lambda marker: marker["time_s"])


def _points(
    recording: Recording, curve: energy_curve.Curve, markers: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    heard = np.flatnonzero(curve.values > _SOUND)
    start_s, end_s = heard[0] * curve.step_s, (heard[-1] + 1) * curve.step_s
    wanted = [("start", _snapped(recording, start_s), "Start")]
    wanted += [
        (marker["kind"], marker["time_s"], marker["kind"].replace("_", " ").capitalize())
        for marker in markers
        if marker["kind"] in _COLOURS
    ]
    wanted += [
        ("section", one["start_s"], (one["name"] or "").capitalize() or f"Section {one['label']}")
        for one in _sections(recording)[1:]
    ]
    wanted.append(("end", min(end_s, recording.duration_s), "End"))
    points: list[dict[str, Any]] = []
    for kind, time_s, label in sorted(wanted, key=lambda one: list(_COLOURS).index(one[0])):
        if all(abs(point["time_s"] - time_s) > _MERGED_S for point in points):
            time = round(float(time_s), 3)
            points.append({"time_s": time, "kind": kind, "label": label, "colour": _COLOURS[kind]})
    return sorted(points, key=lambda point: point["time_s"])


def _sections(recording: Recording) -> list[dict[str, Any]]:
    found = recording.found.get("sections")
    return list(found.value["sections"]) if found else []


def _snapped(recording: Recording, time_s: float) -> float:
    """Return the nearest border of sections, else bar, else beat, else the time itself."""
    grid = beat_grid.grid(recording)
    borders_s = np.array([one["start_s"] for one in _sections(recording)[1:]])
    for times_s in (borders_s, grid.downbeats_s, grid.beats_s):
        if len(times_s):
            nearest_s = float(times_s[np.abs(times_s - time_s).argmin()])
            if abs(nearest_s - time_s) <= _SNAP_S:
                return round(nearest_s, 3)
    return round(float(time_s), 3)


FEATURE: Final = Feature(
    "Cues", {"rms": energy_curve.rms}, extract, after=(*beat_grid.AFTER, "key", "sections")
)
