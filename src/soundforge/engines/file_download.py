"""Download a file over HTTP, going on where an earlier try ended. Standard library only."""

from __future__ import annotations

import http.client
import logging
import urllib.error
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING, Final, NoReturn

from soundforge.engines import runtime
from soundforge.engines.runtime import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

logger = logging.getLogger(__name__)

_TIMEOUT_S: Final = 30.0
_READ_BYTES: Final = 1 << 18
_MAX_BYTES: Final = 1 << 30
_PARTIAL, _RANGE_WRONG = 206, 416


def download(url: str, part: Path, told: Callable[[int], None], *, how: str) -> None:
    """Fetch ``url`` into ``part``, which may hold its beginning already.

    Args:
        url: ``http`` or ``https``.
        part: The file that grows; it stays when the network fails, for the next try.
        told: Called with the bytes that are there.
        how: What to do when the host cannot be reached: the next step for the user.

    Raises:
        EngineError: ``weights_unreachable``; retryable when another try may help.
        OSError: The disk is full.
    """
    host = _host(url, how)
    have = part.stat().st_size if part.is_file() else 0
    request = urllib.request.Request(url, headers={"User-Agent": "soundforge"})  # noqa: S310 -- the scheme is checked
    if have:
        request.add_header("Range", f"bytes={have}-")
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310 -- checked
            if answer.headers.get_content_type().startswith("text/"):
                _refuse(f"{host} answered with a web page instead of the file.", how)
            is_rest = answer.status == _PARTIAL and _begins_at(answer, have)
            _receive(answer, part, told, have=have if is_rest else 0, how=how)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == _RANGE_WRONG:  # all of it is here, or what is here is no part of it
            return
        _refuse(f"{host} answered {error.code}.", how, is_retryable=error.code >= 500)
    except (OSError, http.client.HTTPException) as error:
        if isinstance(error, OSError) and error.errno in runtime.DISK_FULL:
            raise
        logger.warning("download of %s failed: %r", url, error)
        received = part.stat().st_size if part.is_file() else 0
        if received > have:
            sentence = f"The download from {host} broke off after {received / 1e6:.0f} MB."
            _refuse(sentence, f"Try again: it goes on from there. {how}", is_retryable=True)
        _refuse(f"{host} could not be reached.", how, is_retryable=True)


def _host(url: str, how: str) -> str:
    try:
        parts = urllib.parse.urlsplit(url)
    except ValueError:
        _refuse("The address to fetch the weights from is none.", how)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        _refuse("The address to fetch the weights from is not http or https.", how)
    return parts.hostname


def _begins_at(answer: http.client.HTTPResponse, have: int) -> bool:
    return (answer.headers.get("Content-Range") or "").startswith(f"bytes {have}-")


def _receive(
    answer: http.client.HTTPResponse,
    part: Path,
    told: Callable[[int], None],
    *,
    have: int,
    how: str,
) -> None:
    announced = answer.headers.get("Content-Length")
    with part.open("r+b" if have else "wb") as file:
        file.seek(have)
        while content := answer.read(_READ_BYTES):
            file.write(content)
            have += len(content)
            if have > _MAX_BYTES:
                _refuse("The file is much too large to be weights.", how)
            told(have)
        file.truncate()
    if announced and answer.length:  # what was announced and never came
        raise OSError("cut short")


def _refuse(sentence: str, how: str, *, is_retryable: bool = False) -> NoReturn:
    raise EngineError("weights_unreachable", sentence, how, retryable=is_retryable)
