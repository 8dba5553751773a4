"""What was found of a song, as files to take along: a row for each thing, a link for each format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias
from urllib.parse import urlencode

from soundforge.web import song_words

if TYPE_CHECKING:
    from soundforge.live.page import Value
    from soundforge.web.track_view import TrackView, VersionView

Labels: TypeAlias = Literal["simple", "full"]

_FORMATS: Final = {
    "txt": "Text",
    "csv": "CSV",
    "labels": "Labels",
    "json": "JSON",
    "npz": "NPZ",
}
_OF_EDITORS: Final = ("csv", "labels", "json")


@dataclass(frozen=True, slots=True)
class Names:
    """How chords are to be named in the files.

    Args:
        labels: Major and minor only, or all there is.
        transpose: Semitones to move them by, beyond the version that is on the desk.
    """

    labels: Labels = "full"
    transpose: int = 0

    def changed(self, value: Value) -> Names:
        """Return what the form now asks for; what makes no sense in it is as at first."""
        labels: Labels = "simple" if value.get("labels") == "simple" else "full"
        try:
            semitones = int(str(value.get("transpose", ""))[:4])
        except ValueError:
            semitones = 0
        most = song_words.PITCH_RANGE
        return Names(labels, max(-most, min(most, semitones)))


@dataclass(frozen=True, slots=True)
class FileLink:
    """One file.

    Args:
        label: The format, in a word.
        said: What it is, for those who hear the page.
        is_kept: Whether the browser saves it; else it shows it.
    """

    label: str
    url: str
    said: str
    is_kept: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that can be taken along."""

    name: str
    files: tuple[FileLink, ...]


def rows(track: TrackView, version: VersionView | None, names: Names) -> tuple[Row, ...]:
    """Return what there is, as it sounds in the version that is on the desk; None: as recorded."""
    urls = track.urls
    in_version = {"version": version.job_id} if version else {}
    named = {"labels": names.labels, "transpose": names.transpose, **in_version}
    found = [
        _row("Chords", urls.chords, ("txt", *_OF_EDITORS), named),
        _row("Beats and bars", urls.beats, _OF_EDITORS, in_version),
        _row("Parts", urls.sections, _OF_EDITORS, in_version),
        _row("Cue points", urls.cues, _OF_EDITORS, in_version),
        _row("Loops", urls.loops, _OF_EDITORS, in_version),
        _row("Energy curve", urls.energy, ("csv", "json"), in_version),
        _row("Tempo curve", urls.tempo, ("csv", "json"), in_version),
        _row("Notes", track.notes.rows_url if track.notes else "", ("csv", "json"), in_version),
    ]
    whole = [
        FileLink(_FORMATS[kind], url, f"Whole analysis as {_FORMATS[kind]}", is_kept=True)
        for kind, url in (("json", urls.analysis), ("npz", urls.curves))
        if url
    ]
    if whole:
        found.append(Row("Whole analysis", tuple(whole)))
    return tuple(row for row in found if row.files)


def _row(
    name: str, url: str, formats: tuple[str, ...], query: dict[str, str] | dict[str, str | int]
) -> Row:
    files = (
        FileLink(
            _FORMATS[kind],
            f"{url}?{urlencode({'format': kind, **query})}",
            f"{name} as {_FORMATS[kind].lower() if kind in ('txt', 'labels') else _FORMATS[kind]}",
            is_kept=kind != "json",
        )
        for kind in formats
    )
    return Row(name, tuple(files) if url else ())
