"""What an installation weighs and how long a first import takes: ours, demucs', audio-separator's.

    python -m bench.install [--names ours demucs audio-separator] [--keep FOLDER] [--rounds 3]

Each goes into a new virtual environment, by the command that people are told to use. Size is what
the files take on disk. A cold start is a new process until the program could begin to separate:
its libraries imported, no model loaded; the least of the rounds, bytecode written before.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from bench._processes import timed

ROOT = Path(__file__).parents[1]
# name: what pip gets, and what a new process imports
TOOLS = {
    "ours": (["-r", str(ROOT / "requirements.lock")], ""),
    # It asks for no numpy, and the newest torch brings none: without it demucs does not start.
    "demucs": (["demucs==4.1.0", "numpy"], "import demucs.api"),
    "audio-separator": (["audio-separator[cpu]==0.47.1"], "import audio_separator.separator"),
}
OURS = "import sys; sys.path.insert(0, {path!r}); import soundforge.engines.demucs as d; {load}"
LOAD = "from soundforge.engines import openvino_cpu; openvino_cpu.load()"


def main() -> int:
    """Install each, look at it, print a line; 1 if an installation failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--names", nargs="+", default=list(TOOLS))
    parser.add_argument("--keep", type=Path, help="a folder for the environments; none is removed")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sfa-bench-") as folder:
        for name in asked.names:
            measure(name, (asked.keep or Path(folder)) / name, asked.rounds)
    return 0


def measure(name: str, venv: Path, rounds: int) -> None:
    """Install one tool and print what it weighs and how it starts."""
    packages, program = TOOLS[name]
    python = venv / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
    size_mb = sum(p.lstat().st_size for p in venv.rglob("*") if not p.is_dir()) / 1e6
    if not program:
        program = OURS.format(path=str(ROOT / "src"), load=LOAD)
    runs = [timed([str(python), "-c", program], "")[1] for _ in range(rounds + 1)][1:]
    wheels = len(list(venv.glob("lib/*/site-packages/*.dist-info")))
    found = {
        "name": name,
        "command": f"pip install {' '.join(Path(part).name for part in packages)}",
        "size_mb": round(size_mb),
        "packages": wheels,
        "cold_start_cpu_s": round(min(run.cpu_s for run in runs), 2),
        "peak_mb": round(max(run.peak_mb for run in runs)),
    }
    print(f"{name:16s} {found['command']:45s} {size_mb:6.0f} MB, {wheels} packages,", end=" ")
    print(f"cold start {found['cold_start_cpu_s']} CPU-s, {found['peak_mb']} MB")
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    sys.exit(main())
