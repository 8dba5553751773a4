"""Where every file lives, below the data folder.

Pure: nothing here touches the disk. Paths are relative, with ``/``, and made of ids and of
words from closed lists only; names that people gave never reach the disk, so no name can
lead out of the folder.
"""

from __future__ import annotations

import re
import uuid
from typing import Final, TypeAlias

Id: TypeAlias = uuid.UUID | str

DOWNLOADS: Final = "downloads"
STEMS: Final = "stems"
ANALYSIS: Final = "analysis"
TMP: Final = "tmp"
FOLDERS: Final = (DOWNLOADS, STEMS, ANALYSIS, TMP)

RECORDING_EXTENSIONS: Final = frozenset(
    {"mp3", "wav", "flac", "ogg", "oga", "opus", "m4a", "aac", "aiff"}
)
COVER_EXTENSIONS: Final = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/gif": "gif",
}

CHUNK_S: Final = 4
"""Length in seconds of the chunks into which stems are cut from now on; those that are there are as
long as their job says. So short, every model is heard after two segments at most (a test counts)."""

_STEM_TYPE: Final = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
_SCRATCH: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", re.ASCII)
# The only entries that a sweep may remove: ours look like this, whatever else lies there does not.
_OURS: Final = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\.partial-\d{1,6})?", re.ASCII
)


def recording_dir(track_id: Id) -> str:
    """Return the folder of a track's recording, its peaks and its cover."""
    return f"{DOWNLOADS}/{_id(track_id)}"


def recording(track_id: Id, extension: str) -> str:
    """Return the place of a track's recording.

    Raises:
        ValueError: ``extension`` is not one of `RECORDING_EXTENSIONS`.
    """
    return f"{recording_dir(track_id)}/recording.{_one_of(extension, RECORDING_EXTENSIONS)}"


def cover(track_id: Id, mime: str) -> str:
    """Return the place of a track's cover picture.

    Raises:
        ValueError: ``mime`` is not one of `COVER_EXTENSIONS`.
    """
    return f"{recording_dir(track_id)}/cover.{COVER_EXTENSIONS[_one_of(mime, COVER_EXTENSIONS)]}"


def mix_peaks(track_id: Id) -> str:
    """Return the place of the recording's peaks (uint8, 100 a second)."""
    return f"{recording_dir(track_id)}/mix.peaks"


def stems_dir(job_id: Id) -> str:
    """Return the folder of the stems that one separation or warp made."""
    return f"{STEMS}/{_id(job_id)}"


def stems_partial(job_id: Id, attempt: int) -> str:
    """Return the folder in which an attempt writes its stems, until they are whole."""
    return f"{stems_dir(job_id)}.partial-{_number(attempt, 999_999)}"


def name_of(place: str) -> str:
    """Return the file's own name at the end of a place."""
    return place.rpartition("/")[2]


def of_attempt(place: str, attempt: int) -> str:
    """Return where a file that will lie at ``place``, below `stems_dir`, is while it is made."""
    folder, job_id, rest = place.split("/", 2)
    assert folder == STEMS
    return f"{stems_partial(job_id, attempt)}/{rest}"


def stem_peaks(job_id: Id, stem_type: str) -> str:
    """Return the place of one stem's peaks (uint8, 100 a second)."""
    return f"{stems_dir(job_id)}/{_stem(stem_type)}.peaks"


def stem_chunk(job_id: Id, stem_type: str, index: int) -> str:
    """Return the place of the ``index``-th chunk of a stem, from 0."""
    return f"{stems_dir(job_id)}/{_stem(stem_type)}/{_number(index, 99_999):05d}.flac"


def analysis_dir(job_id: Id) -> str:
    """Return the folder of what one analysis or transcription found."""
    return f"{ANALYSIS}/{_id(job_id)}"


def analysis_partial(job_id: Id, attempt: int) -> str:
    """Return the folder in which an attempt writes its analysis, until it is whole."""
    return f"{analysis_dir(job_id)}.partial-{_number(attempt, 999_999)}"


def result_dir(stage: str, job_id: Id) -> str | None:
    """Return the folder of what a job of ``stage`` made; None if that goes to its track's."""
    match stage:
        case "separate" | "warp":
            return stems_dir(job_id)
        case "analyze" | "transcribe":
            return analysis_dir(job_id)
        case _:
            return None


def attempt_dir(stage: str, job_id: Id, attempt: int) -> str:
    """Return the folder in which an attempt of a job of ``stage`` works, until all is whole."""
    match stage:
        case "separate" | "warp":
            return stems_partial(job_id, attempt)
        case "analyze" | "transcribe":
            return analysis_partial(job_id, attempt)
        case _:
            return scratch(f"{_id(job_id)}-{_number(attempt, 999_999)}")


def analysis_features(job_id: Id) -> str:
    """Return the place of an analysis's matrices, NumPy's ``.npz``."""
    return f"{analysis_dir(job_id)}/features.npz"


def notes(job_id: Id) -> str:
    """Return the place of a transcription's MIDI file."""
    return f"{analysis_dir(job_id)}/notes.mid"


def note_list(job_id: Id) -> str:
    """Return the place of a transcription's notes as rows, JSON."""
    return f"{analysis_dir(job_id)}/notes.json"


def warped_mix(job_id: Id) -> str:
    """Return the place of the sum of a warp's stems."""
    return f"{stems_dir(job_id)}/mix.flac"


def scratch(name: str) -> str:
    """Return the place of a temporary file or folder.

    Raises:
        ValueError: ``name`` is not made of ASCII letters, digits, ``-`` and ``_``.
    """
    if not _SCRATCH.fullmatch(name):
        raise ValueError(f"not a name for a temporary file: {name!r}")
    return f"{TMP}/{name}"


def is_ours(name: str) -> bool:
    """Tell whether an entry of `DOWNLOADS`, `STEMS` or `ANALYSIS` is one that we made."""
    return _OURS.fullmatch(name) is not None


def check(relative: str) -> str:
    """Return ``relative`` when it can only lead to a place inside the root.

    Raises:
        ValueError: It is absolute, empty, climbs, or holds what some system reads as a separator.
    """
    parts = relative.split("/")
    if parts[0] not in FOLDERS or any(part in ("", ".", "..") for part in parts):
        raise ValueError(f"not a place in the data folder: {relative!r}")
    if any(c in "\\:" or not c.isprintable() for c in relative):
        raise ValueError(f"not a place in the data folder: {relative!r}")
    return relative


def _id(value: Id) -> str:
    return str(value if isinstance(value, uuid.UUID) else uuid.UUID(value))


def _stem(stem_type: str) -> str:
    if not _STEM_TYPE.fullmatch(stem_type):
        raise ValueError(f"not a stem type: {stem_type!r}")
    return stem_type


def _one_of(value: str, allowed: frozenset[str] | dict[str, str]) -> str:
    if value not in allowed:
        raise ValueError(f"{value!r} is not one of {', '.join(sorted(allowed))}")
    return value


def _number(value: int, most: int) -> int:
    if not 0 <= value <= most:
        raise ValueError(f"{value} is not between 0 and {most}")
    return int(value)
