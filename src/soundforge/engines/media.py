"""A file is checked by decoding all of it: ``python -m soundforge.engines.media``.

Whoever sends a file may be hostile: it can be tiny and expand to hours, lie in its header, or
break a decoder. So it is decoded block by block, in this process that can be thrown away, and
the work stops at the first limit that is passed.
"""

from __future__ import annotations

import contextlib
import logging
import os
import stat
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

# One thread: on a machine with many cores the pools of others would use up the memory limit.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from soundforge.engines import decode, durable, runtime
from soundforge.engines.formats import containers, tags
from soundforge.engines.hearing import Hearing, Limits
from soundforge.engines.runtime import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from soundforge.engines.reader import AudioReader
    from soundforge.engines.runtime import Report

logger = logging.getLogger(__name__)

_FORMATS: Final = "Send a song as MP3, WAV, FLAC, OGG, Opus, M4A, AAC or AIFF."


def probe(params: dict[str, Any], report: Report) -> dict[str, Any]:
    """Decode ``params["path"]`` to its end; return what it is.

    ``params["limits"]`` are the fields of `Limits`. With ``peaks_path`` the peaks are written
    there, with ``cover_path`` the cover, if the file has one; when the file is refused,
    neither.

    Returns:
        ``format``, ``sample_rate_hz``, ``channels``, ``frames``, ``duration_s``,
        ``audio_sha256`` (of rate, channels and decoded samples), ``bit_depth``, ``tags``,
        ``cover`` (``mime`` and ``file``), ``peak`` and ``rms`` (1.0 is full scale),
        ``is_silent`` and ``warnings`` (each a ``code`` and a ``message``).

    Raises:
        EngineError: The file is refused: ``file_missing``, ``not_a_file``, ``file_empty``,
            ``not_audio``, ``file_truncated``, ``file_too_long``, ``file_too_short``,
            ``too_many_channels``, ``sample_rate_unsupported``, ``codec_unsupported`` or
            ``decode_failed``.
    """
    path = Path(params["path"])
    limits = Limits(**{f.name: params["limits"][f.name] for f in fields(Limits)
                       if f.name in params["limits"]})  # fmt: skip
    with _about_the_file(path):
        _check_file(path)
        container = containers.sniff(path)
        try:
            reader, heard = _hear(decode.open_audio(path), limits, path, report)
        except EngineError as error:
            if error.code != "file_truncated":
                raise
            reader, heard = _hear_the_rest(path, limits, report, error)
    found = tags.read(path, container or "WAV")
    cover = _write(params, heard, found)
    notes = [*heard.warnings, *found.warnings]
    return {
        "format": (container or reader.format).lower(),
        "sample_rate_hz": reader.sample_rate_hz,
        "channels": reader.channels,
        "frames": heard.frames,
        "duration_s": heard.duration_s,
        "audio_sha256": heard.sha256,
        "bit_depth": found.bit_depth,
        "tags": found.tags,
        "cover": cover,
        "peak": heard.level.peak,
        "rms": heard.level.rms,
        "is_silent": heard.level.is_silent,
        "warnings": [{"code": code, "message": message} for code, message in notes],
    }


def _hear(
    opened: AudioReader, limits: Limits, path: Path, report: Report
) -> tuple[AudioReader, Hearing]:
    with opened as reader:
        heard = Hearing(reader, limits, path.stat().st_size)
        heard.listen(report)
    return reader, heard


def _hear_the_rest(
    path: Path, limits: Limits, report: Report, cut: EngineError
) -> tuple[AudioReader, Hearing]:
    """Hear a file whose end is missing: a warning, unless nothing is left that one could use."""
    try:
        reader, heard = _hear(decode.open_what_is_there(path), limits, path, report)
    except EngineError as error:
        is_useless = error.code in ("file_empty", "file_too_short", "decode_failed")
        raise cut if is_useless else error from error
    heard.warnings.append(("file_truncated", "The end of the file is missing."))
    return reader, heard


def _check_file(path: Path) -> None:
    try:
        status = path.stat()
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        raise EngineError("file_missing", "The file is not there.", "Send it again.") from error
    if not stat.S_ISREG(status.st_mode):
        raise EngineError("not_a_file", "This is a folder or a device, not a file.", _FORMATS)
    if not status.st_size:
        raise EngineError("file_empty", "The file is empty.", _FORMATS)


@contextlib.contextmanager
def _about_the_file(path: Path) -> Iterator[None]:
    """Leave the file's name out of the sentences: on disk it is an id that nobody knows."""
    try:
        yield
    except EngineError as error:
        message = error.message.replace(path.name, "The file", 1) if path.name else error.message
        raise EngineError(
            error.code, message, error.next_step, retryable=error.retryable
        ) from error


def _write(params: dict[str, Any], heard: Hearing, found: tags.Found) -> dict[str, str] | None:
    """Write the peaks and the cover; return the cover's description."""
    written: list[Path] = []
    try:
        if params.get("peaks_path"):
            written.append(Path(params["peaks_path"]))
            durable.write_bytes(written[-1], heard.peaks.to_bytes())
        if params.get("cover_path") and found.cover:
            written.append(Path(params["cover_path"]))
            durable.write_bytes(written[-1], found.cover.content)
            return {"mime": found.cover.mime, "file": str(written[-1])}
    except OSError:
        for path in written:
            path.unlink(missing_ok=True)
        raise
    return None


def _limit_memory(size_bytes: int) -> None:
    """Let allocations over ``size_bytes`` fail, where the system can do that."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        soft = size_bytes if hard == resource.RLIM_INFINITY else min(size_bytes, hard)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _probe_within_memory(params: dict[str, Any], report: Report) -> dict[str, Any]:
    memory_bytes = int(params.get("memory_bytes", 0))
    if memory_bytes:
        _limit_memory(memory_bytes)
    try:
        return probe(params, report)
    except MemoryError as error:
        raise EngineError(
            "out_of_memory",
            f"Decoding the file took more than {memory_bytes // 10**6:,} MB of memory.",
            "Convert it to FLAC or MP3 with another program, then send that.",
        ) from error


if __name__ == "__main__":
    runtime.serve(_probe_within_memory)
