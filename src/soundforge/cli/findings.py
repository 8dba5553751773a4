"""An analysis in lines that a musician reads: each number with how sure it is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from soundforge.audio import chords, pulse, sureness

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_MOST_CHORDS: Final = 6
_INDENT: Final = 12  # of what stands behind a label


def text(features: Mapping[str, Any]) -> str:
    """Return one line for each finding, more for what lies along time; what is unknown says so.

    Args:
        features: `analyzer.Analysis.features`.
    """
    told = [(label, say(features)) for label, name, say in _LINES if name in features]
    lines = [
        f"{label if not row else '':{_INDENT}}{line}"
        for label, rows in told
        for row, line in enumerate(rows)
    ]
    if numbers := [name for name in features if name not in {name for _, name, _ in _LINES}]:
        lines.append(f"{'Numbers':{_INDENT}}{', '.join(numbers)}: with --json")
    return "\n".join(lines)


def clock(time_s: float) -> str:
    """Return a moment: ``1:04.25``."""
    minutes, seconds = divmod(round(time_s * 100), 6000)
    return f"{minutes}:{seconds / 100:05.2f}"


def tempo(found: Mapping[str, Any]) -> str:
    """Return the feature ``tempo``: ``120.0 BPM, 94% sure, or counted as 60.0``."""
    if found["bpm"] is None:
        return "no pulse found"
    is_guess = found["confidence"] < sureness.LEAST_TEMPO
    told = f"{found['bpm']:.1f} BPM, {'a guess, ' if is_guess else ''}{_sure(found['confidence'])}"
    if others := sureness.other_counts(found):
        told += f", or counted as {' or '.join(f'{bpm:.1f}' for bpm in others)}"
    if found["curve"]:
        told += f", drifts by {found['drift']:.0%}"
    return told


def metre(found: Mapping[str, Any]) -> str:
    """Return the metre in the feature ``beats``: ``3 beats to the bar, 81% sure``."""
    beats_per_bar = pulse.read(found).beats_per_bar
    if not beats_per_bar:
        return "not clear enough to say"
    return f"{beats_per_bar} beats to the bar, {_sure(found['bar_confidence'])}"


def key(found: Mapping[str, Any]) -> str:
    """Return the feature ``key``: ``A minor (Camelot 8A, Open Key 1m), clear: 0.21 ahead of …``."""
    name = chords.key_name({"key": found})
    if name is None:
        return "none found"
    margin = found["confidence"]
    rival = chords.key_name({"key": found["runner_up"]})
    return (
        f"{name} (Camelot {found['camelot']}, Open Key {found['open_key']}), "
        f"{'clear' if margin >= sureness.CLEAR_KEY else 'close'}: {margin:.2f} ahead of {rival}"
    )


def _sure(confidence: float) -> str:
    return f"{100 * confidence:.0f}% sure"


def _keys(features: Mapping[str, Any]) -> list[str]:
    found = features["key"]
    turns = [
        f"{clock(one['start_s'])}  {chords.key_name({'key': one})} ({one['camelot']})"
        for one in found["segments"]
    ]
    return [key(found), *(turns if len(turns) > 1 else [])]


def _chords(features: Mapping[str, Any]) -> list[str]:
    """Return the chords that sound longest; `sfa chords` lists them all."""
    lasting_s: dict[str, float] = {}
    for one in chords.read(features):
        if one.name:
            lasting_s[one.name] = lasting_s.get(one.name, 0.0) + one.end_s - one.start_s
    if not lasting_s:
        return ["none found"]
    named = sorted(lasting_s, key=lambda name: -lasting_s[name])
    rest = f" and {len(named) - _MOST_CHORDS} more" if len(named) > _MOST_CHORDS else ""
    by = "best" if chords.heard_by(features) == "best" else "fast"
    sure = _sure(features["chords"]["confidence"])
    return [f"mostly {' '.join(named[:_MOST_CHORDS])}{rest} ({by} engine, {sure})"]


def _loudness(features: Mapping[str, Any]) -> list[str]:
    found = features["loudness"]
    facts = (
        ("", found["integrated_lufs"], "LUFS"),
        ("range ", found["range_lu"], "LU"),
        ("true peak ", found["true_peak_dbtp"], "dBTP"),
    )
    told = [f"{what}{value:.1f} {unit}" for what, value, unit in facts if value is not None]
    return [", ".join(told) or "silence"]


def _level(features: Mapping[str, Any]) -> list[str]:
    rms = features["energy"]["rms"]
    return [f"{rms:.3f} RMS ({20 * math.log10(rms):.1f} dBFS)" if rms > 0 else "silence"]


def _spectrum(features: Mapping[str, Any]) -> list[str]:
    found = features["spectral"]
    centroid_hz, rolloff_hz = found["centroid_hz"]["mean"], found["rolloff_hz"]["mean"]
    if centroid_hz is None:
        return ["nothing to hear"]
    return [f"centroid {centroid_hz:.0f} Hz, 85% of it below {rolloff_hz:.0f} Hz"]


def _sections(features: Mapping[str, Any]) -> list[str]:
    return [
        f"{clock(one['start_s'])}  {one['label']} {one['name'] or ''}".rstrip()
        for one in features["sections"]["sections"]
    ] or ["none found"]


def _cues(features: Mapping[str, Any]) -> list[str]:
    points = features["cues"]["cue_points"]
    return [f"{clock(one['time_s'])}  {one['label']}" for one in points] or ["none found"]


def _loops(features: Mapping[str, Any]) -> list[str]:
    return [
        f"{clock(one['start_s'])}  to {clock(one['end_s'])}, {_length(one)}, {one['score']:.0%} even"
        for one in features["loops"]["loops"]
    ] or ["none found"]


def _length(loop: Mapping[str, Any]) -> str:
    count, unit = (loop["bars"], "bar") if loop["bars"] else (loop["beats"], "beat")
    return f"{count} {unit}{'' if count == 1 else 's'}"


#: What a line is called, the feature that it tells, and how; in the order of the page.
_LINES: Final[tuple[tuple[str, str, Callable[[Mapping[str, Any]], list[str]]], ...]] = (
    ("Tempo", "tempo", lambda features: [tempo(features["tempo"])]),
    ("Metre", "beats", lambda features: [metre(features["beats"])]),
    ("Key", "key", _keys),
    ("Chords", "chords", _chords),
    ("Loudness", "loudness", _loudness),
    ("Level", "energy", _level),
    ("Spectrum", "spectral", _spectrum),
    ("Sections", "sections", _sections),
    ("Cues", "cues", _cues),
    ("Loops", "loops", _loops),
)
