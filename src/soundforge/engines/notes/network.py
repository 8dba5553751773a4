"""Basic Pitch's network over a stream: how likely each key of a piano sounds, or is struck.

R. Bittner et al., "A lightweight instrument-agnostic model for polyphonic note transcription
and multipitch estimation", ICASSP 2022. The network judges two seconds at a time; windows
overlap, and each moment is taken from a window that has it in its middle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from soundforge.engines import openvino_cpu

if TYPE_CHECKING:
    from pathlib import Path

    from soundforge.engines.spectrum import Samples

Matrix = NDArray[np.float32]

SAMPLE_RATE_HZ: Final = 22_050
HOP: Final = 256
FRAME_S: Final = HOP / SAMPLE_RATE_HZ
KEYS: Final = 88
LOWEST_PITCH: Final = 21  # the first key of a piano
_WINDOW: Final = 43_844  # what the network was made for: two seconds less a hop
_SKIPPED: Final = 15  # frames at each end that see too little around them
_KEPT: Final = 141  # whole hops that a window then advances by
_STEP: Final = _KEPT * HOP
_BATCH: Final = 4
_SOUNDING: Final = "StatefulPartitionedCall:1"
_STRUCK: Final = "StatefulPartitionedCall:2"


def read_weights(content: bytes) -> dict[str, NDArray[Any]]:
    """Return the network for the store of weights: ONNX as it is, its hash was checked before."""
    return {"onnx": np.frombuffer(content, np.uint8)}


class Activations(NamedTuple):
    """Probabilities ``(frames, KEYS)``, a frame per `FRAME_S`, the first at 0 s."""

    sounding: Matrix
    struck: Matrix


class Listener:
    """Hears mono samples at 22,050 Hz once.

    Args:
        path: The weights that a pull has made.
        threads: CPU threads; 0 for all.
    """

    def __init__(self, path: Path, threads: int = 1) -> None:
        with np.load(path, allow_pickle=False) as arrays:
            onnx = arrays["notes/onnx"].tobytes()
        model = openvino_cpu.load().Core().read_model(onnx, b"")
        model.reshape([_BATCH, _WINDOW, 1])
        self._judge: Any = openvino_cpu.compile_model(model, threads=threads)
        self._pending: Samples = np.zeros(_SKIPPED * HOP, np.float32)
        self._heard = 0
        self._made: list[Activations] = []
        self._done = 0

    def hear(self, samples: Samples) -> None:
        """Take the next samples."""
        self._heard += len(samples)
        self._pending = np.concatenate([self._pending, samples])
        while len(self._pending) >= _WINDOW + (_BATCH - 1) * _STEP:
            self._take(_BATCH)

    def take(self) -> Activations:
        """Return what is judged until now and forget it; ``finish`` then goes on from there."""
        made, self._made = self._made, []
        return joined(made)

    def finish(self) -> Activations:
        """Judge the rest; return what was not taken, up to the last sample."""
        frames = -(-self._heard // HOP)
        missing = frames - self._done
        while missing > 0:
            windows = min(_BATCH, -(-missing // _KEPT))
            wanted = _WINDOW + (_BATCH - 1) * _STEP
            self._pending = np.pad(self._pending, (0, max(0, wanted - len(self._pending))))
            self._take(windows, missing)
            missing = frames - self._done
        return self.take()

    def _take(self, windows: int, most: int | None = None) -> None:
        views = np.lib.stride_tricks.sliding_window_view(self._pending, _WINDOW)
        batch = views[: (_BATCH - 1) * _STEP + 1 : _STEP]
        judged = self._judge({0: np.ascontiguousarray(batch)[:, :, None]})
        sounding, struck = (
            judged[name][:windows, _SKIPPED : _SKIPPED + _KEPT].reshape(-1, KEYS)[:most].copy()
            for name in (_SOUNDING, _STRUCK)
        )
        self._made.append(Activations(sounding, struck))
        self._done += len(sounding)
        self._pending = self._pending[windows * _STEP :].copy()


def joined(parts: list[Activations]) -> Activations:
    """Return activations one after the other."""
    none = np.zeros((0, KEYS), np.float32)
    return Activations(
        np.concatenate([none, *(part.sounding for part in parts)]),
        np.concatenate([none, *(part.struck for part in parts)]),
    )
