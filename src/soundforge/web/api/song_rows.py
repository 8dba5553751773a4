"""What lies along the time of a song, as it goes out: chords, parts, cue points, loops, beats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict, Field

from soundforge.audio import findings

if TYPE_CHECKING:
    from typing import Self

    from soundforge.audio.chords import Segment

# What another version of the program stored beside the fields of today is left out.
_STORED: Final = ConfigDict(extra="ignore")


class ChordOut(BaseModel):
    """One chord, or none."""

    start_s: float
    end_s: float
    label: str = Field(description="For programs: `A:min7`; `N` is no chord.")
    name: str = Field(description="For people: `Am7`; empty where there is no chord.")
    confidence: float = Field(ge=0, le=1)

    @classmethod
    def of(cls, one: Segment) -> Self:
        """Return ``one`` as it goes out."""
        return cls(
            start_s=one.start_s,
            end_s=one.end_s,
            label=one.label,
            name=one.name,
            confidence=one.confidence,
        )


class SectionOut(BaseModel):
    """One part of a song."""

    start_s: float
    end_s: float
    label: str = Field(description="A letter; like letters sound alike.")
    name: str | None = Field(description="intro, verse, chorus, outro; null: not known.")


class KeyOut(BaseModel):
    """A stretch in one key."""

    start_s: float
    end_s: float
    name: str = Field(description="As it is written: `Bb minor`.")
    camelot: str = Field(description="On the Camelot wheel: `3A`.")
    confidence: float = Field(ge=0, description="Margin over the next; above 0.1 is clear.")


class CurveOut(BaseModel):
    """A number through the song."""

    times_s: list[float]
    values: list[float]


class TempoOut(BaseModel):
    """The tempo around a moment."""

    at_s: float
    bpm: float


class CuePointOut(findings.CuePoint):
    """A moment to go to."""

    model_config = _STORED


class MarkerOut(findings.Marker):
    """A moment at which something changes."""

    model_config = _STORED


class LoopOut(findings.Loop):
    """A stretch that goes over into its own beginning."""

    model_config = _STORED


class BeatsOut(BaseModel):
    """The pulse of a track; empty without one."""

    beats_s: list[float]
    downbeats_s: list[float] = Field(
        description="The beats that begin a bar; empty where bars are not known well enough."
    )
    beats_per_bar: int | None = Field(
        default=None, description="The metre; null where bars are not known well enough."
    )


class TimelineOut(BeatsOut):
    """What a player draws along the time of a track; what is not known is empty."""

    chords: list[ChordOut]
    sections: list[SectionOut]
    keys: list[KeyOut] = Field(description="From 0 to the end; one where the key stays.")
    energy: CurveOut = Field(description="Root-mean-square level, 0..1 of the loudest moment.")
    tempi: list[TempoOut] = Field(
        description="The local tempo; empty where it drifts by less than 2 %, or was evened out."
    )
    cue_points: list[CuePointOut]
    markers: list[MarkerOut] = Field(description="Drops, rises, build-ups and key changes.")
    loops: list[LoopOut] = Field(description="The best first.")
