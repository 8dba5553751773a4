"""Rows to views: the cue points and loops of a song, and which lanes its desk has to draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from soundforge.library import tracks
from soundforge.web.song_version import Version
from soundforge.web.song_view import NO_LANDMARKS, CueView, LandmarksView, LoopView

if TYPE_CHECKING:
    from soundforge.library import Track

_RECORDED: Final = Version()


def landmarks(track: Track, heard_in: Version = _RECORDED, name: str = "recorded") -> LandmarksView:
    """Return the cue points and loops of ``track`` as they lie in the version called ``name``."""
    cues = _feature(track, "cues").get("cue_points") or ()
    loops = _feature(track, "loops").get("loops") or ()
    if not (cues or loops):
        return NO_LANDMARKS
    return LandmarksView(
        id=f"{track.analyses[-1].id}-{name}",
        cues=tuple(CueView(heard_in.at(one["time_s"]), one["kind"], one["label"]) for one in cues),
        loops=tuple(
            LoopView(
                heard_in.at(one["start_s"]),
                heard_in.at(one["end_s"]),
                one["bars"],
                one["beats"],
                one["score"],
            )
            for one in loops
        ),
    )


def lanes(track: Track) -> frozenset[str]:
    """Return the names of the lanes that the timeline of ``track`` fills, see `TrackView`."""
    cues = _feature(track, "cues")
    has = {
        "chords": any(one["label"] != "N" for one in _feature(track, "chords").get("segments", ())),
        "parts": _feature(track, "sections").get("sections"),
        "keys": len(_feature(track, "key").get("segments") or ()) > 1,
        "cues": cues.get("cue_points"),
        "loops": _feature(track, "loops").get("loops"),
        "energy": (cues.get("energy_curve") or {}).get("values"),
        "tempo": len(_feature(track, "tempo").get("curve") or ()) > 1,
    }
    return frozenset(name for name, found in has.items() if found)


def _feature(track: Track, name: str) -> dict[str, Any]:
    return tracks.newest_feature(track, name) or {}
