"""What lies along the time of a song, as it goes out: chords, parts, cue points, loops, beats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, Field

if TYPE_CHECKING:
    from typing import Self

    from soundforge.audio.chords import Segment


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


class CuePointOut(BaseModel):
    """A moment to go to."""

    time_s: float
    kind: Literal["start", "drop", "section", "energy_drop", "end"]
    label: str = Field(description="For people: `Drop`, `Chorus`, `Section B`.")
    colour: str = Field(description="`#rrggbb`, the same for each kind.")


class MarkerOut(BaseModel):
    """A moment at which something changes."""

    time_s: float
    kind: Literal["drop", "energy_rise", "energy_drop", "build_up", "key_change"]
    intensity: float = Field(ge=0, le=1, description="How large the change is.")


class LoopOut(BaseModel):
    """A stretch that goes over into its own beginning."""

    start_s: float
    end_s: float
    bars: int | None = Field(description="null where only beats are known.")
    beats: int
    score: float = Field(ge=0, le=1, description="How well the end meets the beginning.")


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
