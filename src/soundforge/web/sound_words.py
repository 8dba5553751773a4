"""What an analysis measured, in words: a figure, and how sure it is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from soundforge.audio import sureness
from soundforge.web import words

if TYPE_CHECKING:
    from collections.abc import Callable

    from soundforge.web.song_view import SoundView
    from soundforge.web.track_view import TrackView


def facts(track: TrackView) -> list[tuple[str, str]]:
    """Return the measured numbers of a track, label and value; what was not measured is left out."""
    if (sound := track.sound) is None:
        return []
    found: list[tuple[str, str | None]] = [
        ("Tempo", _maybe(lambda bpm: tempo(bpm, sound), track.tempo_bpm)),
        ("Or counted as", other_tempi(sound)),
        ("Tempo over time", drift(sound)),
        ("Metre", metre(sound)),
        ("Key", key(track)),
        ("Tuning", _maybe(tuning, sound.tuning_cents)),
        ("Energy", level(sound.energy)),
        (
            "Onsets",
            _maybe(lambda rate: f"{words.number(rate, 1)} a second", sound.onsets_per_second),
        ),
        ("Brightness (centroid)", _maybe(words.frequency, sound.spectral_centroid_hz)),
        ("Rolloff, 85% below", _maybe(words.frequency, sound.spectral_rolloff_hz)),
        ("Bandwidth", _maybe(words.frequency, sound.spectral_bandwidth_hz)),
        ("Flatness", _maybe(lambda value: words.number(value, 3), sound.spectral_flatness)),
        (
            "Zero crossings",
            _maybe(lambda value: f"{value:.1%} of samples", sound.zero_crossing_rate),
        ),
    ]
    return [(label, value) for label, value in found if value]


def sure(confidence: float) -> str:
    """Return a confidence, 0 to 1, as one says it: ``94% sure``."""
    return f"{100 * confidence:.0f}% sure"


def tempo(tempo_bpm: float, sound: SoundView) -> str:
    """Return a tempo with how sure it is: ``122.0 BPM, 94% sure``."""
    told = f"{words.number(tempo_bpm, 1)} BPM"
    if sound.tempo_confidence is None:
        return told
    if sound.tempo_confidence < sureness.LEAST_TEMPO:
        return f"about {tempo_bpm:.0f} BPM, a guess ({sure(sound.tempo_confidence)})"
    return f"{told}, {sure(sound.tempo_confidence)}"


def is_guess(sound: SoundView | None) -> bool:
    """Whether the tempo is too unsure to be told as one."""
    confidence = sound.tempo_confidence if sound else None
    return confidence is not None and confidence < sureness.LEAST_TEMPO


def other_tempi(sound: SoundView) -> str | None:
    """Return what others might count: ``61.0 or 244.0 BPM``; None where nobody would."""
    if not sound.other_tempi_bpm:
        return None
    return " or ".join(words.number(bpm, 1) for bpm in sound.other_tempi_bpm) + " BPM"


def drift(sound: SoundView) -> str | None:
    """Return how the tempo goes: ``118.2 to 124.0 BPM``, ``steady, within 0.4%``."""
    if sound.tempo_drift is None:
        return None
    if sound.tempo_range_bpm is None:
        return f"steady, within {100 * sound.tempo_drift:.1f}%"
    lowest, highest = (words.number(bpm, 1) for bpm in sound.tempo_range_bpm)
    return f"{lowest} to {highest} BPM"


def tuning(cents: float) -> str:
    """Return how high the recording is tuned: ``A at 441.0 Hz, 4 cents high``."""
    where = (
        f"{abs(cents):.0f} cents {'high' if cents > 0 else 'low'}" if round(cents) else "as usual"
    )
    return f"A at {words.number(440 * 2 ** (cents / 1200), 1)} Hz, {where}"


def metre(sound: SoundView) -> str | None:
    """Return the metre with how sure it is: ``3 beats to the bar, 81% sure``."""
    if not sound.beats_per_bar:
        return None
    told = f"{sound.beats_per_bar} beats to the bar"
    return told if sound.bar_confidence is None else f"{told}, {sure(sound.bar_confidence)}"


def key(track: TrackView) -> str | None:
    """Return the key, and its runner-up where that is close: ``A minor, or C major``."""
    if track.key_name is None or not is_close(track.sound):
        return track.key_name
    return f"{track.key_name}, or {track.sound.key_rival}" if track.sound else track.key_name


def is_close(sound: SoundView | None) -> bool:
    """Whether another key is nearly as likely as the one that is told."""
    if sound is None or sound.key_margin is None or sound.key_rival is None:
        return False
    return sound.key_margin < sureness.CLEAR_KEY


def key_lead(sound: SoundView | None) -> str:
    """Return how far the key is ahead: ``close: 0.02 ahead of C major``; empty if not known."""
    if sound is None or sound.key_margin is None:
        return ""
    ahead = f"{words.number(sound.key_margin, 2)} ahead of {sound.key_rival or 'the next'}"
    return f"{'close' if is_close(sound) else 'clear'}: {ahead}"


def level(energy: float | None) -> str | None:
    """Return an RMS level, 0 to 1, as people of sound read it: in dBFS too."""
    if energy is None:
        return None
    if energy <= 0:
        return "0 (silence)"
    return f"{energy:.2f} ({words.number(20 * math.log10(energy), 1)} dBFS)"


def _maybe(say: Callable[[float], str], value: float | None) -> str | None:
    return None if value is None else say(value)
