"""What we are measured against: demucs 4.1.0 as people use it, with the same random weights.

Run by `bench.separation` with the Python of an environment that has demucs and torch:

    python bench/_plain_demucs.py MODEL WEIGHTS_FOLDER SONG.wav OUT_FOLDER THREADS SHIFTS

SHIFTS 1 is what people get who ask for nothing: one pass, its windows shifted by chance. 0 is the
same work as ours, window by window.
Prints one line of JSON: wall and CPU seconds of the separation (from samples in memory to stems
on disk; neither imports nor the loading of weights), and the peak memory of the process.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from fractions import Fraction
from pathlib import Path

import soundfile
import torch
from demucs.api import Separator
from demucs.apply import BagOfModels
from demucs.hdemucs import HDemucs
from demucs.htdemucs import HTDemucs
from safetensors.torch import load_file

FOUR = ["drums", "bass", "other", "vocals"]
SIX = [*FOUR, "guitar", "piano"]
# Signatures of the networks, in the order of the published bags.
MEMBERS = {
    "htdemucs": ["955717e8"],
    "htdemucs_6s": ["5c90dfd2"],
    "htdemucs_ft": ["f7e0c4bc", "d12395a8", "92cfc3b6", "04573f0d"],
    "mdx_extra": ["e51eebcc", "a1d90b5c", "5d2d6c55", "cfa93e08"],
}


def main() -> None:
    """Separate once and say how long it took."""
    model, weights, song, out, threads, shifts = sys.argv[1:]
    torch.set_num_threads(int(threads))
    separator = Separator.__new__(Separator)  # its constructor would download the weights
    separator._model = bag(model, Path(weights))  # noqa: SLF001
    separator._audio_channels, separator._samplerate = 2, 44100  # noqa: SLF001
    separator.update_parameter(
        device="cpu",
        shifts=int(shifts),
        overlap=0.25,
        split=True,
        segment=None,
        jobs=0,
        progress=False,
        callback=None,
        callback_arg=None,
    )
    mix = torch.from_numpy(soundfile.read(song, dtype="float32", always_2d=True)[0].T.copy())
    began, cpu = time.monotonic(), time.process_time()
    _, stems = separator.separate_tensor(mix)
    for name, stem in stems.items():
        soundfile.write(Path(out) / f"{name}.wav", stem.T.numpy(), 44100, "FLOAT")
    wall_s, cpu_s = time.monotonic() - began, time.process_time() - cpu
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(json.dumps({"wall_s": wall_s, "cpu_s": cpu_s, "peak_mb": peak_mb}))


def bag(model: str, weights: Path) -> BagOfModels:
    """Return the networks as demucs puts them together."""
    networks = [load(model, weights / f"{sign}.safetensors") for sign in MEMBERS[model]]
    one_each = [[float(i == j) for j in range(4)] for i in range(4)]
    return BagOfModels(networks, one_each if model == "htdemucs_ft" else None)


def load(model: str, path: Path) -> torch.nn.Module:
    """Return one network with the weights of a file."""
    if model == "mdx_extra":
        network = HDemucs(sources=FOUR, samplerate=44100, segment=44)
    else:
        is_six = model == "htdemucs_6s"
        network = HTDemucs(
            sources=SIX if is_six else FOUR,
            samplerate=44100,
            segment=Fraction(39, 5),
            bottom_channels=0 if is_six else 512,
            depth=4,
            t_layers=5,
            dconv_mode=3,
            dconv_comp=8,
        )
    network.load_state_dict({k: v.float() for k, v in load_file(path).items()})
    return network.eval()


if __name__ == "__main__":
    main()
