"""Spleeter's way from a mix to vocals and accompaniment, as a stream.

The mix's spectrogram goes through one U-Net per stem, in windows of 512 frames (11.9 s); the
ratio of the two estimates' powers is the mask of the vocals. The networks know bins up to
11 kHz only, so the vocals end there and the accompaniment is the mix minus the vocals: the
two add up to the mix exactly and the accompaniment keeps the full band.

A network sees nothing beyond its window. So windows overlap, and only the middle of each is
used; see docs/decisions/0005.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import itertools
import logging
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from soundforge.engines import held, openvino_cpu, spleeter_graph, stft

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from soundforge.engines.separation import Task
    from soundforge.engines.stft import Samples, Spectra

logger = logging.getLogger(__name__)

_SIZE: Final = 4096
_HOP: Final = 1024
_FRAMES: Final = spleeter_graph.FRAMES
_BINS: Final = spleeter_graph.BINS
CONTEXT_FRAMES: Final = 64
_CHECKPOINT_WINDOWS: Final = 5  # 45 s of music, two or three seconds of work


def run(task: Task) -> Iterator[dict[str, NDArray[np.float32]]]:
    """Yield the stems of a task; what an earlier attempt has made is not made again.

    Nothing is read before the first sound, so the recording is recognised on the way: what lies
    before the checkpoint is decoded, and compared by its digest.
    """
    masker = held.networks(task, _masker)
    stream = _Stream(masker, max(1, task.threads), CONTEXT_FRAMES)
    key = {"threads": task.threads, "openvino": importlib.metadata.version("openvino")}
    blocks, safe = _Heard(task.mix.blocks()), 0
    if (kept := task.checkpoint.take_up(key)) is not None:
        if blocks.skip(int(kept["blocks"])) == kept["digest"].tobytes():
            stream.restore(kept)
            safe = stream.windows.count
            task.notes["resumed_segments"] = safe
            logger.info("going on from segment %d", safe)
        else:
            task.checkpoint.start_over()
            blocks = _Heard(task.mix.blocks())
    for block in blocks:
        yield from stream.push(block)
        if stream.windows.count >= safe + _CHECKPOINT_WINDOWS:
            safe = stream.windows.count
            task.checkpoint.put({**stream.state(), **blocks.state()})
    yield from stream.finish()


def separate(
    mix: Iterable[NDArray[np.float32]], weights: Path, *, threads: int = 0
) -> Iterator[dict[str, NDArray[np.float32]]]:
    """Yield the stems of a stereo mix at 44.1 kHz, block by block.

    Args:
        mix: Blocks ``(frames, 2)``; finite.
        weights: The converted weights: an ``.npz`` of ``<network>/<array>``.
        threads: CPU threads; 0 for all.

    Yields:
        ``vocals`` and ``accompaniment``, blocks of equal length ``(frames, 2)``. All blocks
        together are as long as the mix, and aligned with it.
    """
    yield from separate_with(mix, Masker(weights, threads=threads), threads=max(1, threads))


def separate_with(
    mix: Iterable[NDArray[np.float32]],
    masker: Masker,
    *,
    threads: int = 1,
    context_frames: int = CONTEXT_FRAMES,
) -> Iterator[dict[str, NDArray[np.float32]]]:
    """As `separate`, with a loaded model and a choice of the windows' overlap.

    ``context_frames=0`` is the reference implementation's plan: windows side by side.
    """
    stream = _Stream(masker, threads, context_frames)
    for block in mix:
        yield from stream.push(block)
    yield from stream.finish()


class _Stream:
    """Blocks of the mix in, blocks of the stems out."""

    def __init__(self, masker: Masker, threads: int, context_frames: int) -> None:
        self._analyzer = stft.Analyzer(_SIZE, _HOP, 2, threads)
        self._synthesizer = stft.Synthesizer(_SIZE, _HOP, 2, threads)
        self.windows = _Windows(masker, context_frames)
        self._waiting = _Queue()

    def push(self, block: NDArray[np.float32]) -> Iterator[dict[str, NDArray[np.float32]]]:
        samples = np.ascontiguousarray(block.T)
        self._waiting.put(samples)
        for spectra in self.windows.push(self._analyzer.push(samples)):
            yield from _stems(self._waiting, self._synthesizer.push(spectra))

    def finish(self) -> Iterator[dict[str, NDArray[np.float32]]]:
        for spectra in self.windows.finish(self._analyzer.finish()):
            yield from _stems(self._waiting, self._synthesizer.push(spectra))
        yield from _stems(self._waiting, self._synthesizer.finish())

    def state(self) -> stft.State:
        """Return all that `restore` needs, 12 MB or so."""
        return {
            **self._analyzer.state(),
            **self._synthesizer.state(),
            "spectra": self.windows.frames,
            "windows": np.array(self.windows.count),
            "waiting": self._waiting.samples,
        }

    def restore(self, state: stft.State) -> None:
        self._analyzer.restore(state)
        self._synthesizer.restore(state)
        self.windows.frames, self.windows.count = state["spectra"], int(state["windows"])
        self._waiting.samples = state["waiting"]


class _Heard:
    """The blocks of a mix, and the digest of those that were taken."""

    def __init__(self, blocks: Iterator[NDArray[np.float32]]) -> None:
        self._blocks, self._count = blocks, 0
        self._digest = hashlib.blake2b(digest_size=16)

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        for block in self._blocks:
            self._count += 1
            self._digest.update(np.ascontiguousarray(block).data)
            yield block

    def skip(self, count: int) -> bytes:
        """Pass over ``count`` blocks and return their digest."""
        for _ in itertools.islice(self, count):
            pass
        return self._digest.digest()

    def state(self) -> stft.State:
        digest = np.frombuffer(self._digest.digest(), np.uint8)
        return {"blocks": np.array(self._count), "digest": digest}


def _masker(task: Task) -> Masker:
    return Masker(task.weights, threads=task.threads)


class Masker:
    """The two networks; how much of each bin of a window belongs to the vocals."""

    def __init__(self, weights: Path, *, threads: int = 0) -> None:
        with np.load(weights) as arrays:
            self._networks = [
                _network(arrays, stem, threads) for stem in ("vocals", "accompaniment")
            ]

    def vocals_mask(self, magnitude: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the mask, 0 to 1, for magnitudes ``(2, 512 frames, 1024 bins)``."""
        vocals, accompaniment = (
            np.square(network([magnitude[None]])[0][0]) for network in self._networks
        )
        mask: NDArray[np.float32] = (vocals + 5e-11) / (vocals + accompaniment + 1e-10)
        return mask

    def rest(self) -> None:
        """Give back the memory of the last window."""
        for network in self._networks:
            network.release_memory()


def _network(arrays: Any, stem: str, threads: int) -> Any:
    prefix = f"{stem}/"
    weights = {
        name.removeprefix(prefix): arrays[name] for name in arrays if name.startswith(prefix)
    }
    return openvino_cpu.compile_model(spleeter_graph.build(weights), threads=threads)


class _Windows:
    """Cut a stream of spectra into windows, mask each, give back the middles."""

    def __init__(self, masker: Masker, context_frames: int) -> None:
        self._masker, self._context = masker, context_frames
        self._core = _FRAMES - 2 * context_frames
        self.frames: Spectra = np.zeros((2, context_frames, _SIZE // 2 + 1), np.complex64)
        self.count = 0

    def push(self, spectra: Spectra) -> Iterator[Spectra]:
        self.frames = np.concatenate([self.frames, spectra], axis=1)
        while self.frames.shape[1] >= _FRAMES:
            yield self._vocals()
            self.frames = self.frames[:, self._core :]

    def finish(self, spectra: Spectra) -> Iterator[Spectra]:
        yield from self.push(spectra)
        left = self.frames.shape[1] - self._context
        self.frames = np.pad(self.frames, ((0, 0), (0, 2 * _FRAMES), (0, 0)))
        while left > 0:
            yield self._vocals()[:, :left]
            self.frames = self.frames[:, self._core :]
            left -= self._core

    def _vocals(self) -> Spectra:
        """Return the vocals' spectra in the middle of the first window."""
        self.count += 1
        magnitude = np.abs(self.frames[:, :_FRAMES, :_BINS])
        middle = slice(self._context, self._context + self._core)
        mask = self._masker.vocals_mask(magnitude)[:, middle]
        vocals = np.zeros((2, self._core, _SIZE // 2 + 1), np.complex64)
        vocals[..., :_BINS] = self.frames[:, middle, :_BINS] * mask
        return vocals


class _Queue:
    """The part of the mix whose vocals are not known yet."""

    def __init__(self) -> None:
        self.samples: Samples = np.zeros((2, 0), np.float32)

    def put(self, samples: Samples) -> None:
        self.samples = np.concatenate([self.samples, samples], axis=1)

    def take(self, count: int) -> Samples:
        taken, self.samples = self.samples[:, :count], self.samples[:, count:]
        return taken


def _stems(waiting: _Queue, vocals: Samples) -> Iterator[dict[str, NDArray[np.float32]]]:
    mix = waiting.take(vocals.shape[1])  # shorter than the vocals only at the very end
    vocals = vocals[:, : mix.shape[1]]
    if mix.shape[1]:
        yield {"vocals": vocals.T, "accompaniment": (mix - vocals).T}
