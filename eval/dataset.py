"""The evaluation set: 26 pieces with known truth, made on this machine and kept in the cache.

The notes come from packages (Debian's and Python's), the audio is rendered here, and none of it
is part of this repository. What makes the set has an environment of its own.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PACKAGES = {
    "fluidsynth": "/usr/bin/fluidsynth",
    "fluid-soundfont-gm": "/usr/share/sounds/sf2/FluidR3_GM.sf2",
    "timgm6mb-soundfont": "/usr/share/sounds/sf2/TimGM6mb.sf2",
    "openttd-openmsx": "/usr/share/games/openttd/baseset/openmsx",
    "freedoom": "/usr/share/games/doom/freedoom2.wad",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece: its folder with ``mix.wav`` and the stems, and what is true of it."""

    folder: Path
    truth: dict[str, Any]

    @property
    def name(self) -> str:
        """The name of the piece."""
        return str(self.truth["name"])

    @property
    def mix(self) -> Path:
        """The sum of the stems, stereo at 44.1 kHz."""
        return self.folder / "mix.wav"

    def stem(self, name: str) -> Path | None:
        """Return the file of a stem; None when the piece has none of that kind."""
        path = self.folder / f"{name}.wav"
        return path if path.is_file() else None


def build(only: list[str] | None = None, listed: Path = HERE / "pieces.json") -> list[Piece]:
    """Return the pieces of a list, made now where they are not in the cache."""
    wanted = [p for p in json.loads(listed.read_text()) if only is None or p["name"] in only]
    folder = _cache() / _recipe(listed)
    if any(not (folder / piece["name"]).is_dir() for piece in wanted):
        _make(folder, wanted)
    return [
        Piece(
            folder / piece["name"], json.loads((folder / piece["name"] / "truth.json").read_text())
        )
        for piece in wanted
    ]


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "soundforge-eval"


def _recipe(listed: Path) -> str:
    """Return the name of the folder: another recipe makes another set."""
    files = [*sorted((HERE / "make").glob("*.py")), HERE / "requirements.txt", listed]
    content = b"".join(path.read_bytes() for path in files)
    return f"set-{hashlib.sha256(content).hexdigest()[:12]}"


def _make(folder: Path, wanted: list[dict[str, Any]]) -> None:
    missing = [name for name, place in PACKAGES.items() if not Path(place).exists()]
    if missing:
        print(f"installing {', '.join(missing)}", flush=True)
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing]
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(install, check=True, stdout=subprocess.DEVNULL)
    folder.mkdir(parents=True, exist_ok=True)
    pieces = folder / "pieces.json"
    pieces.write_text(json.dumps(wanted))
    subprocess.run([_python(), "-B", str(HERE / "make"), str(folder), str(pieces)], check=True)


def _python() -> str:
    """Return the Python of the environment that makes the set, created when it is not there."""
    venv = _cache() / "venv"
    python = venv / "bin" / "python"
    done = venv / "requirements.txt"
    wanted = (HERE / "requirements.txt").read_text()
    if not done.is_file() or done.read_text() != wanted:
        print("installing what makes the set", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(venv)], check=True)
        pip = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", str(HERE / "requirements.txt")], check=True)
        done.write_text(wanted)
    return str(python)
