"""The Demucs family's way from a mix to stems: HTDemucs and HDemucs, alone or in a bag.

Segment by segment, in memory that does not grow with the song: STFT border, network, inverse,
overlap-add. Of a bag only the networks that a wanted stem needs run, and of each only the
sources that are wanted. After each segment a checkpoint is kept.
"""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from soundforge.engines import (
    allocator,
    demucs_border,
    demucs_members,
    devices,
    held,
    openvino_cpu,
    overlap_add,
    segments,
    skeleton,
    survey,
)
from soundforge.engines.accelerated import Accelerated
from soundforge.engines.on_cpu import OnCpu
from soundforge.engines.published import FileWeights
from soundforge.engines.stored_network import StoredNetwork

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from soundforge.engines.separation import Task
    from soundforge.engines.stft import Samples

_HDEMUCS_SECONDS: Final = 44  # the segment of the published bag
_PROBE_S: Final = 10  # enough to compare precisions by
_TINY: Final = 1e-8


def separate(task: Task) -> Iterator[dict[str, NDArray[np.float32]]]:
    """Yield the wanted stems of a task, segment by segment, ``(frames, 2)`` each.

    Raises:
        EngineError: What decoding raises, or ``no_audio``.
    """
    bag = held.networks(task, networks)
    segment = _segment(task)
    seen = survey.survey(task.mix, segment)
    plan = overlap_add.Plan(seen.frames, segment, task.overlap, _has_one_length(task))
    level = np.float32(seen.mean), np.float32(seen.std + _TINY)
    shortest = segment if plan.is_padded else _PROBE_S * task.model.sample_rate_hz
    probes = ((p[:, :shortest] - level[0]) / level[1] for p in (seen.loudest, seen.quietest))
    blocks = ((block.T - level[0]) / level[1] for block in task.mix.blocks())
    work = segments.Work(task, bag, seen, plan)
    for stems in work.run(blocks, probes):
        stems *= level[1]
        stems += level[0]
        yield {name: stems[at].T for at, name in enumerate(task.stems)}
        del stems  # memory for the next ones


def networks(task: Task) -> Bag | Accelerated:
    """Return the networks on a graphics card, where one is there and wanted, else on the CPU."""
    assert isinstance(task.model.weights, FileWeights)
    if task.device == "cpu":
        return Bag(task)
    from soundforge.engines import torch_device

    choice = devices.choose(task.device, torch_device.look(), task.model.weights.skeleton)
    if choice.device is None:
        return Bag(task, choice.reason)
    from soundforge.engines.demucs_torch import TorchDevice

    return Accelerated(TorchDevice(task, choice.device, _segment(task)), lambda: Bag(task))


def _has_one_length(task: Task) -> bool:
    """Whether every segment must have the same length."""
    assert isinstance(task.model.weights, FileWeights)
    return task.model.weights.skeleton != "hdemucs"


def _segment(task: Task) -> int:
    if _has_one_length(task):
        return skeleton.HTDEMUCS_SAMPLES
    return (task.segment_s or _HDEMUCS_SECONDS) * task.model.sample_rate_hz


class Bag(OnCpu):
    """The networks of a model that the wanted stems need.

    Args:
        task: What is wanted.
        fallback: Why it is done on the CPU although something else was wanted.
    """

    def __init__(self, task: Task, fallback: str = "") -> None:
        assert isinstance(task.model.weights, FileWeights)
        super().__init__(fallback)
        family = task.model.weights.skeleton
        self._threads = task.threads
        self._count = len(task.stems)
        self._networks: list[_Network] = []
        self._border: demucs_border.Border | None = None
        self._is_old = False
        members = demucs_members.needed(task)
        for member in members:
            weights = StoredNetwork(task.weights, member.network)
            self._networks.append(_Network(family, weights, member.sources, member.places))
            self._is_old = bool(weights.arguments().get("hybrid_old", False))
        self._times = demucs_members.times(members, self._count)

    def separate(self, mix: Samples) -> Samples:
        """Take a segment ``(2, n)`` to its stems ``(stems, 2, n)``."""
        border = self._border_for(mix.shape[1])
        x, xt, level = border.enter(mix)
        out = np.zeros((self._count, 2, mix.shape[1]), np.float32)
        for network in self._networks:
            made = self._infer(network, x, xt)
            if len(self._networks) > 1:
                network.release()  # what it made is not part of it
            out[network.places] += border.leave(*made, level)
            del made
            if len(self._networks) > 1:
                network.rest()
        out /= self._times
        return out

    def rest(self) -> None:
        """Forget the last mix, and give back the memory that it needed."""
        self.mended = 0
        for network in self._networks:
            network.rest()

    def forget(self, precision: str) -> None:
        """Give back what a test of ``precision`` needed."""
        for network in self._networks:
            network.forget(precision)

    def _infer(self, network: _Network, x: Samples, xt: Samples) -> tuple[Samples, Samples]:
        made = network.infer(x, xt, self.precision, self._threads)
        if self.precision == "f32" or all(np.isfinite(part).all() for part in made):
            return made
        self.mended += 1
        return network.infer(x, xt, "f32", self._threads)

    def _border_for(self, samples: int) -> demucs_border.Border:
        if self._border is None or self._border.samples != samples:
            self._border = demucs_border.Border(samples, threads=self._threads, is_old=self._is_old)
        return self._border


class _Network:
    """One network, compiled when it is needed and for the length that is needed."""

    def __init__(
        self,
        family: str,
        weights: StoredNetwork,
        sources: Sequence[int],
        places: Sequence[int],
    ) -> None:
        self.places = list(places)
        self._family, self._weights, self._sources = family, weights, sources
        self._compiled: dict[tuple[int, str], Any] = {}
        self._request: Any = None

    def infer(
        self, x: Samples, xt: Samples, precision: str, threads: int
    ) -> tuple[Samples, Samples]:
        """Return the spectra and samples of the sources; valid until the next call."""
        compiled = self._compile(xt.shape[-1], precision, threads)
        self._request = request = compiled.create_infer_request()
        request.infer([x, xt], share_inputs=True, share_outputs=True)
        return request.get_output_tensor(0).data, request.get_output_tensor(1).data

    def forget(self, precision: str) -> None:
        """Drop what was compiled for ``precision``."""
        self._request = None
        self._compiled = {k: v for k, v in self._compiled.items() if k[1] != precision}

    def rest(self) -> None:
        """Forget the last run; the weights stay."""
        self._request = None
        self.release()

    def release(self) -> None:
        """Give back the memory of the last run; what it returned stays."""
        for compiled in self._compiled.values():
            compiled.release_memory()

    def _compile(self, samples: int, precision: str, threads: int) -> Any:
        key = samples, precision
        if key not in self._compiled:
            # The last segment has its own length, one that overflowed its own precision: never two
            # networks at once.
            self._request = None
            self._compiled.clear()
            model = skeleton.network_for(
                self._family, self._weights.arrays(), samples, self._sources
            )
            self._compiled[key] = openvino_cpu.compile_model(
                model, threads=threads, precision=precision
            )
            del model
            gc.collect()
            # What was compiled still holds the arrays it was filled with, and reads its own copy.
            self._weights.let_go()
            allocator.give_back()  # what compiling needed: a third of the peak of a bag
        return self._compiled[key]
