"""Logging set up once: for people on a terminal, as JSON lines for programs.

Whoever handles a request or a job says so once, with `bind`; every line below it carries the
ids. No line ever holds a line break, so that what users send cannot forge a line, nor a secret
that looks like one.
"""

from __future__ import annotations

import contextlib
import json
import logging
import re
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_BOUND: ContextVar[Mapping[str, str]] = ContextVar("log_fields", default={})  # noqa: B039

# What a LogRecord has anyway; everything else came in by ``extra``.
_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_SECRET_NAME: Final = re.compile(
    r"password|passwd|secret|token|authori[sz]ation|cookie|api_?key|credential", re.IGNORECASE
)
_SECRET_TEXT: Final = re.compile(
    r"""(?ix)
    (?<=://) [^\s/@:]* : [^\s@]+ (?=@)                         # user:password@ in a URL
    | (?<=bearer\ ) [\w.~+/=-]{8,}
    | (?<=basic\ ) [\w+/=]{8,}
    | (?: (?<=password=) | (?<=client_secret=) | (?<=access_token=) | (?<=refresh_token=)
        | (?<=token=) | (?<=api_key=) | (?<=signature=) ) [^\s&"',}]+
    """
)
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_HIDDEN: Final = "***"


@contextlib.contextmanager
def bind(
    *,
    request_id: object = None,
    job_id: object = None,
    track_id: object = None,
    stage: str | None = None,
) -> Iterator[None]:
    """Put ids on every log line of this block, and of the tasks it starts.

    Names left out keep what an outer block gave them.
    """
    given = {"request_id": request_id, "job_id": job_id, "track_id": track_id, "stage": stage}
    fields = {name: str(value) for name, value in given.items() if value is not None}
    token = _BOUND.set({**_BOUND.get(), **fields})
    try:
        yield
    finally:
        _BOUND.reset(token)


def bound() -> dict[str, str]:
    """Return the ids that lines carry here."""
    return dict(_BOUND.get())


def setup(
    format: Literal["auto", "text", "json"] = "auto",  # noqa: A002, the setting's name
    level: Literal["debug", "info", "warning", "error"] = "info",
    *,
    stream: IO[str] | None = None,
) -> None:
    """Send every logger's lines to one stream; a second call replaces the first.

    Args:
        format: ``text`` for people, ``json`` one object a line, ``auto``: text on a terminal.
        level: Least severe line of ours; other libraries' lines are kept from warnings on.
        stream: Default: standard error.
    """
    stream = stream or sys.stderr
    if format == "auto":
        format = "text" if stream.isatty() else "json"  # noqa: A001
    handler = logging.StreamHandler(stream)
    handler.setFormatter(TextFormatter() if format == "text" else JsonFormatter())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("soundforge").setLevel(level.upper())
    logging.captureWarnings(capture=True)


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, message, then ids and fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without its end."""
        line: dict[str, Any] = {
            "time": _time(record).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _hide(_message(record)),
        }
        line.update((name, one) for name, one in _fields(record).items() if name not in line)
        if record.exc_info:
            line["traceback"] = _hide(self.formatException(record.exc_info))
        return json.dumps(line, default=str)


class TextFormatter(logging.Formatter):
    """Time, level, logger, message, then ``name=value``; a traceback indented below."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without its end."""
        fields = "".join(f"  {name}={_one_line(value)}" for name, value in _fields(record).items())
        line = (
            f"{_time(record).astimezone():%H:%M:%S} {record.levelname.lower():7} "
            f"{record.name.removeprefix('soundforge.')}: {_one_line(_hide(_message(record)))}{fields}"
        )
        if record.exc_info:
            trace = _hide(self.formatException(record.exc_info)).splitlines()
            line += "".join(f"\n    | {_one_line(part)}" for part in trace)
        return line


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    extra = {name: value for name, value in vars(record).items() if name not in _STANDARD}
    return {name: _safe(name, value) for name, value in {**_BOUND.get(), **extra}.items()}


def _safe(name: str, value: object) -> object:
    """Return a value that JSON can hold and that gives nothing away."""
    if _SECRET_NAME.search(name):
        return _HIDDEN
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if abs(value) < float("inf") else str(value)  # NaN is no JSON
    if isinstance(value, dict):
        return {str(key): _safe(str(key), one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_safe("", one) for one in value]
    return _hide(str(value))


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):  # a wrong format string must not lose the line
        return f"{record.msg} {record.args!r}"


def _hide(text: str) -> str:
    return _SECRET_TEXT.sub(_HIDDEN, text)


def _one_line(value: object) -> str:
    """Escape what could break the line or steer the terminal."""
    return _CONTROL.sub(lambda found: ascii(found[0])[1:-1], str(value))


def _time(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)
