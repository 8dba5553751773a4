"""Give spotdl a Python environment of its own, made on first need.

Its requirements contradict ours, so it never shares our environment. ffmpeg and a JavaScript
runtime, which it needs beside it, come as wheels into the same folder.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import logging
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from soundforge import errors
from soundforge.audio import download_errors, program, spotdl_command

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from pathlib import Path

    Report: TypeAlias = Callable[[float, str], None]

logger = logging.getLogger(__name__)

RECIPE: Final = 1  # a higher number makes every installation build anew
REQUIREMENTS: Final = ("spotdl>=4.5,<5", "imageio-ffmpeg", "deno")
BUILD_TIMEOUT_S: Final = 900.0
_PACKAGES: Final = 50  # how many pip collects in all, for the progress
_LOCK_POLL_S: Final = 0.2
_RECORDED: Final = frozenset({"spotdl", "yt-dlp", "imageio-ffmpeg", "deno"})
_FIND_FFMPEG: Final = "import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())"


@dataclass(frozen=True, slots=True)
class Installed:
    """What is installed: the program, and the versions of the parts that matter."""

    program: Path
    versions: dict[str, str]


class SpotdlEnvironment:
    """The folder ``<root>/spotdl-<recipe>``: a virtual environment with spotdl in it.

    Virtual environments cannot be moved, so it is built in place; a marker written last says
    that it is whole. A lock keeps other processes out meanwhile. Remove the folder to get the
    newest versions.

    Args:
        root: Folder for such environments.
        requirements: What pip installs.
    """

    def __init__(self, root: Path, *, requirements: Sequence[str] = REQUIREMENTS) -> None:
        self._root = root
        self._folder = root / f"spotdl-{RECIPE}"
        self._requirements = requirements
        self._one_at_a_time = asyncio.Lock()

    def installed(self) -> Installed | None:
        """Return what is installed, or ``None`` if it is not, or not whole."""
        try:
            marker = json.loads(self._marker.read_text())
            versions = {str(name): str(version) for name, version in marker["versions"].items()}
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None
        # The environment's Python is a link to ours; after an upgrade it may lead nowhere.
        is_whole = marker.get("python") == sys.version and self._program.is_file()
        return Installed(self._program, versions) if is_whole else None

    async def ensure(self, report: Report) -> Path:
        """Return the program, installing it first where it is missing (minutes, 500 MB).

        Whoever asks while it is being installed waits for the same installation.

        Args:
            report: Called with a fraction 0..1 and a short text while it takes long.

        Raises:
            errors.Unavailable: ``spotdl_missing``: there is no network, no space, or the
                release that was installed is not one we can use.
        """
        if found := self.installed():
            return found.program
        async with self._one_at_a_time, self._lock(report):
            found = self.installed()
            if found is None:
                found = await self._build(report)
            return found.program

    @property
    def _program(self) -> Path:
        return self._folder / "bin" / "spotdl"

    @property
    def _marker(self) -> Path:
        return self._folder / "complete.json"

    async def _build(self, report: Report) -> Installed:
        report(0.0, "Preparing the downloader (once)")
        shutil.rmtree(self._folder, ignore_errors=True)
        python = self._folder / "bin" / "python"
        try:
            async with asyncio.timeout(BUILD_TIMEOUT_S):
                await self._run((sys.executable, "-m", "venv", self._folder))
                report(0.1, "Fetching the downloader (once)")
                pip = (python, "-m", "pip", "--disable-pip-version-check", "--no-input")
                await self._run((*pip, "install", *self._requirements), _PipFollower(report))
                report(0.9, "Checking the downloader")
                await self._link_ffmpeg(python)
                await self._check_flags()
                listed = await self._run((*pip, "list", "--format", "json"))
        except (OSError, TimeoutError) as error:
            raise _unavailable(str(error) or "it took too long") from error
        versions = _versions(listed)
        self._write_marker(versions)
        logger.info("spotdl installed", extra={"versions": versions})
        return Installed(self._program, versions)

    async def _link_ffmpeg(self, python: Path) -> None:
        """Make the wheel's ffmpeg, which has a long name, one that programs find."""
        path = (await self._run([python, "-c", _FIND_FFMPEG]))[-1]
        (python.parent / "ffmpeg").symlink_to(path)
        await self._run([python.parent / "ffmpeg", "-version"])

    async def _check_flags(self) -> None:
        # Even its help writes a settings file, so not into the user's home.
        with tempfile.TemporaryDirectory() as home:
            command = ("env", f"HOME={home}", self._program, "download", "--help")
            usage = " ".join(await self._run(command))
        if unknown := spotdl_command.unknown_flags(usage):
            raise _unavailable(f"this release does not know {', '.join(unknown)}")

    async def _run(
        self, command: Sequence[str | Path], on_line: program.OnLine | None = None
    ) -> tuple[str, ...]:
        ended = await program.run(
            command,
            cwd=self._root,
            environment=_environment(),
            timeout_s=BUILD_TIMEOUT_S,
            on_line=on_line,
        )
        if ended.exit_status != 0:
            logger.warning("spotdl not installed", extra={"tail": list(ended.lines[-20:])})
            raise _unavailable(ended.lines[-1] if ended.lines else f"exit {ended.exit_status}")
        return ended.lines

    def _write_marker(self, versions: dict[str, str]) -> None:
        fresh = self._marker.with_suffix(".new")
        fresh.write_text(json.dumps({"python": sys.version, "versions": versions}, indent=1))
        fresh.replace(self._marker)

    @contextlib.asynccontextmanager
    async def _lock(self, report: Report) -> AsyncIterator[None]:
        """Hold the lock that keeps other processes from building in the same folder."""
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            lock = (self._root / f"{self._folder.name}.lock").open("w")
        except OSError as error:
            raise _unavailable(str(error)) from error
        with lock:
            while not _is_locked(lock.fileno()):
                report(0.0, "Waiting for the downloader to be prepared")
                await asyncio.sleep(_LOCK_POLL_S)
            yield


class _PipFollower:
    """Show how far pip is, by the packages it has looked at."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._collected = 0

    def __call__(self, line: str) -> None:
        if line.startswith("Collecting "):
            self._collected += 1
            share = min(1.0, self._collected / _PACKAGES)
            self._report(0.1 + 0.6 * share, "Fetching the downloader (once)")
        elif line.startswith("Installing collected packages"):
            self._report(0.75, "Installing the downloader (once)")


def _is_locked(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _environment() -> dict[str, str]:
    """Return our variables without our secrets, and without what would mix two Pythons."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SFA_", "PYTHON", "VIRTUAL_ENV"))
    }
    return {**kept, "COLUMNS": "1000", "NO_COLOR": "1"}


def _versions(listed: Sequence[str]) -> dict[str, str]:
    for line in listed:
        if line.startswith("["):
            return {
                package["name"]: package["version"]
                for package in json.loads(line)
                if package["name"] in _RECORDED
            }
    return {}


def _unavailable(why: str) -> errors.Unavailable:
    return errors.Unavailable(
        "spotdl_missing",
        f"The download program could not be installed: {why[:300]}",
        "Connect this computer to the network and retry, or set SFA_DOWNLOAD__PROGRAM. "
        f"{download_errors.UPLOAD_NEXT}",
    )
