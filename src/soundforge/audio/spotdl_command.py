"""The one way in which spotdl is called, and so the flags that a release must know."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

MAX_FILE_BYTES: Final = 1024**3

_TRACK_URL: Final = re.compile(r"https://open\.spotify\.com/track/[0-9A-Za-z]{22}")
_FLAG: Final = re.compile(r"--[a-z][a-z-]+")
# No settings files, no other site than the one meant, nothing larger than our own limit.
_YT_DLP: Final = f"--ignore-config --use-extractors youtube --max-filesize {MAX_FILE_BYTES}"


def command(path: Path, track_url: str, *, audio_format: str) -> list[str]:
    """Return the argument list that saves one track as ``audio.<format>`` where it is run.

    Raises:
        ValueError: ``track_url`` is not ``https://open.spotify.com/track/<22 characters>``.
            The program reads other words as options, local files or searches, so nothing
            else may ever reach it.
    """
    if not _TRACK_URL.fullmatch(track_url):
        raise ValueError("not a canonical track link")
    return [str(path), "download", track_url, *_options(audio_format)]


def unknown_flags(help_text: str) -> list[str]:
    """Return the flags we use that the program's help does not name."""
    known = set(_FLAG.findall(help_text))
    used = [found[0] for word in _options("opus") if (found := _FLAG.match(word))]
    return [flag for flag in used if flag not in known]


def _options(audio_format: str) -> list[str]:
    return [
        *("--audio", "youtube-music", "youtube"),  # the second where the first knows nothing
        *("--lyrics",),  # none: they would be asked for at other services
        *("--output", "audio.{output-ext}"),
        *("--format", audio_format),
        *("--bitrate", "disable"),  # no second encoding: keep what the service sent
        *("--overwrite", "force"),
        *("--threads", "1"),
        *("--skip-album-art", "--simple-tui", "--print-errors"),
        # Only its debug log says why yt-dlp failed.
        *("--log-level", "DEBUG"),
        *("--log-format", "%(levelname)s %(message)s"),
        f"--yt-dlp-args={_YT_DLP}",
    ]
