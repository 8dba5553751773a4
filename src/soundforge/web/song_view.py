"""The shapes in which the pages see what was found of a song: its sound, its parts, its landmarks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from soundforge.audio.chords import ChordEngine


@dataclass(frozen=True, slots=True)
class PartView:
    """One part of a song.

    Args:
        start_s: Where it begins.
        label: ``A``, or ``B, chorus``; empty when the song has no parts that are known.
        chords: The names of its chords in turn.
    """

    start_s: float
    label: str
    chords: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeyView:
    """A stretch of one key.

    Args:
        start_s: Where it begins.
        name: ``A minor``.
        camelot: ``8A``.
        open_key: ``1m``.
    """

    start_s: float
    name: str
    camelot: str
    open_key: str


@dataclass(frozen=True, slots=True)
class SoundView:
    """What the analysis measured beyond tempo and key; None where it was not asked for.

    Args:
        energy: RMS level, 0 to 1.
        chroma: Mean strength of the twelve pitch classes from C, each 0 to 1; or empty.
        tempo_confidence: How far to trust the tempo, 0 to 1.
        other_tempi_bpm: Half and double the tempo, where some would count so; or empty.
        beats_per_bar: The metre; None where it is not sure enough.
        bar_confidence: How far to trust the metre, 0 to 1.
        key_margin: How far the key is ahead of the next, 0 to 1, see `sureness.CLEAR_KEY`.
        key_rival: The next.
        open_key: The key in Open Key notation: ``1m``.
        keys: Its keys in turn, where it has more than one; or empty.
        tempo_drift: Range of the local tempo, as a share of it.
        tempo_range_bpm: Lowest and highest local tempo, where it drifts.
        tuning_cents: How far A is from 440 Hz, -50 to 50.
        chord_engine: Who named the chords; None without chords.
        chord_confidence: How far to trust them, 0 to 1.
        onsets_per_second: How often something begins to sound.
        parts: The song in turn, with its chords; or empty.
    """

    energy: float | None = None
    spectral_centroid_hz: float | None = None
    spectral_rolloff_hz: float | None = None
    spectral_bandwidth_hz: float | None = None
    spectral_flatness: float | None = None
    zero_crossing_rate: float | None = None
    chroma: tuple[float, ...] = ()
    tempo_confidence: float | None = None
    other_tempi_bpm: tuple[float, ...] = ()
    beats_per_bar: int | None = None
    bar_confidence: float | None = None
    key_margin: float | None = None
    key_rival: str | None = None
    open_key: str | None = None
    keys: tuple[KeyView, ...] = ()
    tempo_drift: float | None = None
    tempo_range_bpm: tuple[float, float] | None = None
    tuning_cents: float | None = None
    chord_engine: ChordEngine | None = None
    chord_confidence: float | None = None
    onsets_per_second: float | None = None
    loudness_lufs: float | None = None
    loudness_range_lu: float | None = None
    true_peak_dbtp: float | None = None
    parts: tuple[PartView, ...] = ()


@dataclass(frozen=True, slots=True)
class CueView:
    """A moment to go to.

    Args:
        time_s: Where it is, in what is on the desk.
        kind: ``start``, ``drop``, ``section``, ``energy_drop`` or ``end``.
        label: For people: ``Chorus``.
    """

    time_s: float
    kind: str
    label: str


@dataclass(frozen=True, slots=True)
class LoopView:
    """A stretch that goes over into its own beginning.

    Args:
        start_s: Where it begins, in what is on the desk.
        end_s: Where it ends.
        bars: How many bars it has; None where only beats are known.
        beats: How many beats it has.
        score: How well the end meets the beginning, 0 to 1.
    """

    start_s: float
    end_s: float
    bars: int | None
    beats: int
    score: float


@dataclass(frozen=True, slots=True)
class LandmarksView:
    """Where one may want to go in a song, and what to repeat of it.

    Args:
        id: Another one after another analysis, and for another version.
        cues: Rising in time; or empty.
        loops: The best first; or empty.
    """

    id: str = ""
    cues: tuple[CueView, ...] = ()
    loops: tuple[LoopView, ...] = ()


NO_LANDMARKS: Final = LandmarksView()
