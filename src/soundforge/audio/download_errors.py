"""Read what the download program printed, and say what went wrong and what to do now.

Its exit status says nothing (0 even when the song failed), so its words must. They are those
of spotdl 4.5 and 4.6 and of yt-dlp; what is not recognised is ``download_failed``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from soundforge import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

UPLOAD_NEXT: Final = "Upload your own file of this song."
_DEFAULT_RETRY_S: Final = 600.0
_WAIT: Final = re.compile(r"rate/request limit\W+Retry will occur after:?\s*([0-9]{1,7})")


# "[02:47:06] DEBUG    DEBUG Searching for …": such lines hold names of songs, which may be
# "Error 403". The program's own errors come without a level, or as "DEBUG ERROR: …".
_CHATTER: Final = re.compile(r"(?:\[[0-9:]+\]\s+)?(?:(?:INFO|DEBUG)\s+)++(?!ERROR:)")
_SOURCE_CODE: Final = "│"  # the frame around the code in a traceback


def announced_wait(line: str) -> errors.Limited | None:
    """Return the error for a line by which the program announces a long wait, if it is one.

    The program would sleep that long, up to a day, so whoever sees the line should end it.
    """
    stated = _WAIT.search(line)
    return _rate_limited(float(stated[1])) if stated else None


def classify(lines: Sequence[str], exit_status: int) -> errors.SoundForgeError:
    """Return the error for a run that left no audio, from the most telling of its lines."""
    text = "\n".join(line for line in lines if _is_telling(line))
    for pattern, make in _KINDS:
        if pattern.search(text):
            return make()
    if exit_status in (2, 126, 127):  # its arguments refused, or not to be started at all
        return missing("The download program cannot be run.")
    return _failed()


def _is_telling(line: str) -> bool:
    return not (_CHATTER.match(line) or line.startswith(_SOURCE_CODE))


def missing(sentence: str) -> errors.Conflict:
    """Return the error for a download program that is not there or not the one we know."""
    return errors.Conflict(
        "spotdl_missing",
        sentence,
        f"Run 'sfa doctor', or set SFA_DOWNLOAD__PROGRAM. {UPLOAD_NEXT}",
    )


def not_one_file(count: int) -> errors.Unavailable:
    """Return the error for a run that left ``count`` audio files where one was asked for."""
    return errors.Unavailable(
        "download_failed",
        f"The download left {count} audio files instead of one.",
        f"Retry. {UPLOAD_NEXT}",
    )


def timed_out(timeout_s: float) -> errors.Unavailable:
    """Return the error for a run that had to be ended after ``timeout_s``."""
    return errors.Unavailable(
        "download_timeout",
        f"The download was not done in {timeout_s:.0f} s.",
        f"It is tried again by itself. {UPLOAD_NEXT}",
    )


def _rate_limited(wait_s: float = _DEFAULT_RETRY_S) -> errors.Limited:
    return errors.Limited(
        "download_rate_limited",
        "The services the audio comes from ask us to wait.",
        f"It is tried again later by itself. {UPLOAD_NEXT}",
        retry_after_s=wait_s,
    )


def _no_match() -> errors.SoundForgeError:
    return errors.Invalid("download_no_match", "No recording of this song was found.", UPLOAD_NEXT)


def _blocked() -> errors.SoundForgeError:
    return errors.Unavailable(
        "download_blocked",
        "The service the audio comes from refuses this computer.",
        f"Try again tomorrow or from another network. {UPLOAD_NEXT}",
    )


def _ffmpeg_missing() -> errors.SoundForgeError:
    return errors.Conflict(
        "ffmpeg_missing",
        "The download program needs the ffmpeg program, and did not find it.",
        f"Install ffmpeg, then retry. {UPLOAD_NEXT}",
    )


def _disk_full() -> errors.SoundForgeError:
    return errors.Conflict("disk_full", "The disk is full.", "Free some space, then retry.")


def _too_large() -> errors.SoundForgeError:
    return errors.Invalid(
        "download_too_large", "The recording that was found is too large.", UPLOAD_NEXT
    )


def _unreachable() -> errors.SoundForgeError:
    return errors.Unavailable(
        "download_unreachable",
        "The services the audio comes from do not answer.",
        f"Check this computer's network, then retry. {UPLOAD_NEXT}",
    )


def _failed() -> errors.SoundForgeError:
    return errors.Unavailable(
        "download_failed",
        "The recording of this song could not be fetched.",
        f"It is tried again by itself. {UPLOAD_NEXT}",
    )


def _pattern(*words: str) -> re.Pattern[str]:
    return re.compile("|".join(words), re.IGNORECASE)


# In the order of how much they tell: the first that is found anywhere wins.
_KINDS: Final[tuple[tuple[re.Pattern[str], Callable[[], errors.SoundForgeError]], ...]] = (
    (_pattern(r"no space left on device", r"disk quota exceeded"), _disk_full),
    # Its line ends with the song's name, so it comes before what a name could say.
    (_pattern(r"lookuperror: no results found"), _no_match),
    (_pattern(r"ffmpeg is not installed", r"ffmpeg not found"), _ffmpeg_missing),
    (_pattern(r"file too large", r"larger than max-filesize"), _too_large),
    (_pattern(r"rate[/ -](?:request )?limit", r"too many requests", r"error 429"), _rate_limited),
    (_pattern(r"not a bot", r"sign in to confirm", r"error 403", r"403 client error"), _blocked),
    (
        _pattern(
            r"failed to resolve",
            r"name or service not known",
            r"name ?resolution",
            r"network is unreachable",
            r"connection (?:refused|reset|aborted|timed out)",
            r"max retries exceeded",
            r"requesterror: failed to complete request",
            r"proxyerror",
            r"sslerror",
        ),
        _unreachable,
    ),
    (
        _pattern(
            r"no results found",
            r"track no longer exists",
            r"requested format is not available",
            r"video (?:is )?(?:unavailable|private)",
        ),
        _no_match,
    ),
    (_pattern(r"might be blocked by youtube"), _blocked),
)
