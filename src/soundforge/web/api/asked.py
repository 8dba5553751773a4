"""A song as somebody asks for it: as recorded, or as it sounds in one of its versions."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from fastapi import Depends, Query

from soundforge import errors
from soundforge.audio import chords as named
from soundforge.audio import keys as key_names
from soundforge.audio import pulse
from soundforge.library import Track, tracks
from soundforge.web import song_version
from soundforge.web.api.song_rows import BeatsOut, ChordOut, CurveOut, KeyOut, TempoOut
from soundforge.web.errors import answers
from soundforge.web.files import made_file
from soundforge.web.services import S, User
from soundforge.web.song_version import Version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import Response

    from soundforge.web.song_version import Row

Labels = Annotated[
    Literal["simple", "full"], Query(description="Major and minor only, or all there is.")
]
Transpose = Annotated[int, Query(ge=-12, le=12, description="Semitones to move all by.")]
VersionId = Annotated[
    uuid.UUID | None, Query(description="A warp's job: as it sounds in that version.")
]

#: What routes answer with that can also give a text to keep.
TEXTS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/csv": {}, "text/plain": {}}},
    **answers(404, 422),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A track, and how its times and pitches are to be told."""

    track: Track
    version: Version

    def found(self, feature: str) -> Mapping[str, Any] | None:
        """Return what the newest analysis that looked for ``feature`` found; None when none did."""
        return tracks.newest_feature(self.track, feature)

    def required(self, feature: str) -> Mapping[str, Any]:
        """Return the same.

        Raises:
            errors.NotFound: No analysis looked for it (``feature_not_found``).
        """
        found = self.found(feature)
        if found is None:
            raise errors.NotFound(
                "feature_not_found",
                f"No analysis of this track has {feature} yet.",
                "Run the stage analyze, then ask again.",
            )
        return found

    def rows(self, kind: type[Row], feature: str, name: str) -> list[Row]:
        """Return the rows ``name`` of a feature; none where it was not looked for."""
        rows = (self.found(feature) or {}).get(name) or ()
        return [self.version.moved(kind(**row)) for row in rows]

    def beats(self) -> BeatsOut:
        """Return the beats, and the bars where they are clear enough."""
        found = pulse.read(self.found("beats"))
        return BeatsOut(
            beats_s=self.version.all_at(found.beats_s),
            downbeats_s=self.version.all_at(found.downbeats_s),
            beats_per_bar=found.beats_per_bar,
        )

    def chords(self, labels: Labels, transpose: int) -> list[ChordOut]:
        """Return the chords, as the key that they come to lie in spells them."""
        heard = {name: self.found(name) for name in ("chords", "key")}
        semitones = transpose + self.version.semitones
        found = named.read(heard, is_full=labels == "full", transpose=semitones)
        return [self.version.moved(ChordOut.of(one)) for one in found]

    def keys(self, transpose: int) -> list[KeyOut]:
        """Return the keys in turn, as they are written where they come to lie."""
        semitones = transpose + self.version.semitones
        found = self.rows(KeyOut, "key", "segments")
        return [
            one.model_copy(
                update={
                    "name": key_names.moved_key(one.name, semitones),
                    "camelot": key_names.moved_camelot(one.camelot, semitones),
                }
            )
            for one in found
        ]

    def energy(self) -> CurveOut:
        """Return the energy curve: each value stands for the time around it."""
        curve = (self.found("cues") or {}).get("energy_curve") or {"step_s": 0.0, "values": []}
        middles_s = ((step + 0.5) * curve["step_s"] for step in range(len(curve["values"])))
        return CurveOut(times_s=self.version.all_at(middles_s), values=curve["values"])

    def tempi(self) -> list[TempoOut]:
        """Return the local tempo where it drifts."""
        if self.version.grid is not None:
            return []
        found = self.rows(TempoOut, "tempo", "curve")
        return [one.model_copy(update={"bpm": one.bpm * self.version.rate}) for one in found]

    def kept(self, text: str, rest: str) -> Response:
        """Return ``text`` as a file to keep, named after the song and ``rest``."""
        return made_file(text, self.file_name(rest))

    def file_name(self, rest: str) -> str:
        """Return the name of a file about the song, as it is asked for."""
        parts = (self.track.artist, self.track.title, self.version.label, rest)
        return " - ".join(filter(None, parts))


async def recorded(track_id: uuid.UUID, services: S, user: User) -> Asked:
    """Return the song of a track as it was recorded.

    Raises:
        errors.NotFound: There is no such track (``track_not_found``).
    """
    async with services.tools.database.transaction() as session:
        return Asked(await tracks.get(session, user, track_id), Version())


Recorded = Annotated[Asked, Depends(recorded)]


async def asked(song: Recorded, version: VersionId = None) -> Asked:
    """Return the song in the version that a request names.

    Raises:
        errors.NotFound: There is no such version of the track (``version_not_found``).
    """
    return Asked(song.track, song_version.of(song.track, version))


Song = Annotated[Asked, Depends(asked)]
