"""Fetch the recording of a Spotify track with the spotdl program, or one like it.

spotdl finds the song at other services and saves what it believes to be the same recording.
Whether it is, and whether it decodes, is checked by whoever keeps the file.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import stat
from typing import TYPE_CHECKING, Final

from soundforge.audio import download_errors, program, spotdl_command

if TYPE_CHECKING:
    from pathlib import Path

    from soundforge.audio.report import Report
    from soundforge.audio.spotdl_environment import SpotdlEnvironment

logger = logging.getLogger(__name__)

AUDIO_SUFFIXES: Final = frozenset({".opus", ".ogg", ".m4a", ".mp3", ".flac", ".wav"})
_PASSED_ON: Final = re.compile(
    r"(?:https?|all|no)_proxy|SSL_CERT_(?:FILE|DIR)|(?:REQUESTS|CURL)_CA_BUNDLE|TZ|SPOTDL_\w+",
    re.IGNORECASE,
)
_STEPS: Final = (
    (re.compile(r"Processing query: "), 0.05, "Reading about the song"),
    (re.compile(r": Searching for song\b"), 0.15, "Looking for a recording"),
    (re.compile(r": Getting audio meta\b"), 0.3, "Choosing a recording"),
    (re.compile(r": Downloading\b"), 0.45, "Downloading"),
    (re.compile(r": Converting\b"), 0.8, "Repacking"),
    (re.compile(r": Embedding metadata\b"), 0.95, "Finishing"),
    (re.compile(r": Done\b"), 1.0, "Downloaded"),
)


class Downloader:
    """Fetch recordings, one program run each.

    Args:
        given_program: A program with spotdl's command line; ``None`` takes the environment's.
        environment: Where spotdl is installed on first need.
        timeout_s: Longest run; long songs get more.
        audio_format: ``opus`` (kept as it comes, wide band) or another that spotdl knows.
    """

    def __init__(
        self,
        given_program: Path | None,
        environment: SpotdlEnvironment,
        *,
        timeout_s: float = 600.0,
        audio_format: str = "opus",
    ) -> None:
        self._given_program = given_program
        self._environment = environment
        self._timeout_s = timeout_s
        self._audio_format = audio_format

    async def download(
        self,
        *,
        track_url: str,
        out_dir: Path,
        job: str,
        expected_duration_s: float | None,
        report: Report,
    ) -> Path:
        """Fetch one track into ``out_dir``; return the audio file, not yet decoded by anyone.

        Cancelling this coroutine ends the program and all its children.

        Args:
            track_url: ``https://open.spotify.com/track/<22 base-62 characters>``, nothing else:
                the program reads other words as options, files or searches.
            out_dir: This job's own folder; what an earlier run left there is removed.
            job: For the log.
            expected_duration_s: Of the song, where known.
            report: Called with a fraction 0..1, a short text, and an empty mapping.

        Raises:
            ValueError: ``track_url`` is another text: a bug of the caller.
            errors.SoundForgeError: Any code of `download_errors`, or ``spotdl_missing``.
        """
        path = await self._program(report)
        command = spotdl_command.command(path, track_url, audio_format=self._audio_format)
        home, made = _fresh(out_dir / "home"), _fresh(out_dir / "made")
        timeout_s = max(self._timeout_s, 2 * (expected_duration_s or 0.0))
        try:
            ended = await program.run(
                command,
                cwd=made,
                environment=_environment(path, home),
                timeout_s=timeout_s,
                on_line=_Follower(report),
                max_file_bytes=spotdl_command.MAX_FILE_BYTES,
            )
        except TimeoutError:
            raise download_errors.timed_out(timeout_s) from None
        finally:
            shutil.rmtree(home, ignore_errors=True)
        return _only_file(made, ended, job)

    async def _program(self, report: Report) -> Path:
        if self._given_program is None:
            return await self._environment.ensure(lambda _, message: report(0.0, message, {}))
        path = self._given_program.expanduser().absolute()
        if not (path.is_file() and os.access(path, os.X_OK)):
            raise download_errors.missing(f"There is no program at {path}.")
        return path


class _Follower:
    """Turn the program's lines into progress that never goes back; stop it when it would wait."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._reached = 0.0
        report(0.0, "Starting", {})

    def __call__(self, line: str) -> None:
        if error := download_errors.announced_wait(line):
            raise error
        for pattern, fraction, message in _STEPS:
            if fraction > self._reached and pattern.search(line):
                self._reached = fraction
                self._report(fraction, message, {})


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _environment(path: Path, home: Path) -> dict[str, str]:
    """Return the program's variables: a home of its own, and of ours only how to get out.

    Its temporary files have fixed names, so two runs in one home would mix their songs.
    """
    ours = {name: value for name, value in os.environ.items() if _PASSED_ON.fullmatch(name)}
    return {
        **ours,
        "PATH": os.pathsep.join([str(path.parent), os.environ.get("PATH", os.defpath)]),
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_DATA_HOME": str(home / ".local/share"),
        "TMPDIR": str(home),
        "LANG": "C.UTF-8",
        "PYTHONIOENCODING": "utf-8",
        "PYTHONUNBUFFERED": "1",
        "COLUMNS": "1000",  # or its lines are folded where we look for words
        "TERM": "dumb",
        "NO_COLOR": "1",
    }


def _only_file(made: Path, ended: program.Ended, job: str) -> Path:
    files = [path for path in sorted(made.iterdir()) if _is_audio(path)]
    if ended.exit_status == 0 and len(files) == 1:
        return files[0]
    if ended.exit_status == 0 and len(files) > 1:
        error: Exception = download_errors.not_one_file(len(files))
    else:
        error = download_errors.classify(ended.lines, ended.exit_status)
    logger.warning(
        "download failed",
        extra={"job_id": job, "exit_status": ended.exit_status, "tail": list(ended.lines[-20:])},
    )
    raise error


def _is_audio(path: Path) -> bool:
    status = path.lstat()  # a link could lead out of the folder
    return stat.S_ISREG(status.st_mode) and status.st_size > 0 and path.suffix in AUDIO_SUFFIXES
