"""Make the evaluation set, in an environment of its own: ``python eval/make OUT PIECES``.

Run by `eval.dataset`. A folder that is there already is whole, since it comes by one rename.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import render
import scores
import sources
from arrange import Band

warnings.filterwarnings("ignore")  # of MIDI files that bend the rules


def make(job: tuple[Path, dict[str, Any]]) -> str:
    """Make one piece unless it is there; return a line about it."""
    out, piece = job
    began_s = time.perf_counter()
    if piece["set"] == "native":
        made = sources.native(piece)
    elif piece["set"] == "bach":
        made = scores.chorale(piece)
    else:
        sheet = scores.lead_sheet(piece) if "corpus" in piece else scores.progression(piece)
        made = Band(piece).play(sheet)
    with tempfile.TemporaryDirectory(dir=out) as folder:
        whole = Path(folder, "piece")
        whole.mkdir()
        render.render(whole, piece, made)
        whole.replace(out / piece["name"])
    return f"{piece['name']}: {time.perf_counter() - began_s:.1f} s"


def main() -> None:
    """Make what is missing, two pieces at a time."""
    out, listed = Path(sys.argv[1]), Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    pieces = json.loads(listed.read_text())
    missing = [(out, piece) for piece in pieces if not (out / piece["name"]).exists()]
    # Threads are enough: the synthesizer is a process of its own.
    with ThreadPoolExecutor(2) as pool:
        for line in pool.map(make, missing):
            print(line, flush=True)


if __name__ == "__main__":
    main()
