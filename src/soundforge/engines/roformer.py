"""The Mel-Band RoFormer's way from a mix to stems, as a stream.

Segment by segment: spectra, the network's mask upon them, back to samples, overlap-add. A stem
that the network does not make is the mix minus all that it does.
"""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

import numpy as np

from soundforge.engines import held, openvino_cpu, roformer_graph, segments, survey
from soundforge.engines.on_cpu import OnCpu
from soundforge.engines.overlap_fade import FadePlan
from soundforge.engines.published import FileWeights
from soundforge.engines.roformer_bands import Bands
from soundforge.engines.roformer_border import Border
from soundforge.engines.roformer_network import RoformerNetwork
from soundforge.engines.stored_network import StoredNetwork

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from soundforge.engines.separation import Task
    from soundforge.engines.stft import Samples, Spectra


def separate(task: Task) -> Iterator[dict[str, NDArray[np.float32]]]:
    """Yield the wanted stems of a task, segment by segment, ``(frames, 2)`` each.

    Raises:
        EngineError: What decoding raises, or ``no_audio``.
    """
    network = held.networks(task, Roformer)
    seen = survey.survey(task.mix, network.segment)
    plan = FadePlan.around(seen.frames, network.segment, task.overlap)
    work = segments.Work(task, network, seen, plan)
    blocks = plan.continued(block.T for block in task.mix.blocks())
    for stems in work.run(blocks, (seen.loudest, seen.quietest)):
        kept = plan.kept(work.done, stems)
        if kept.shape[-1]:
            yield {name: kept[at].T for at, name in enumerate(task.stems)}


class Roformer(OnCpu):
    """A network and what surrounds it, for the stems that are wanted.

    Attributes:
        segment: Length of a segment.
        precision: What the network computes in: ``f32`` or ``f16``.
        mended: Segments that overflowed in f16 and ran again in f32.
    """

    def __init__(self, task: Task) -> None:
        network, files = task.model.network, task.model.weights
        assert isinstance(network, RoformerNetwork)
        assert isinstance(files, FileWeights)
        super().__init__()
        self.segment = network.segment
        self._network, self._rate_hz = network, task.model.sample_rate_hz
        self._threads = task.threads
        self._weights = StoredNetwork(task.weights, files.files[0].network)
        self._stems = task.stems
        has_rest = not set(task.stems) <= set(network.sources)
        self._sources = [s for s in network.sources if has_rest or s in task.stems]
        self._bands = Bands(network.bands, network.fft_size, self._rate_hz)
        self._border = Border(network.segment, network.fft_size, network.hop, threads=task.threads)
        self._compiled: dict[str, Any] = {}

    def separate(self, mix: Samples) -> Samples:
        """Take a segment ``(2, n)`` to its stems ``(stems, 2, n)``; n is at most `segment`."""
        length = mix.shape[1]
        spectra = self._border.enter(self._filled(mix))
        made = {
            source: self._border.leave(spectra * mask)[:, :length]
            for source, mask in zip(self._sources, self._masks(spectra), strict=True)
        }
        rest = mix - sum(made.values())
        return np.stack([made.get(stem, rest) for stem in self._stems])

    def rest(self) -> None:
        """Forget the last mix, and give back the memory that it needed."""
        self.mended = 0
        for compiled in self._compiled.values():
            compiled.release_memory()

    def forget(self, precision: str) -> None:
        """Drop what was compiled for ``precision``."""
        self._compiled.pop(precision, None)

    def _filled(self, mix: Samples) -> Samples:
        """Continue a short segment: by its mirror image, or by silence where that is too short."""
        missing = self.segment - mix.shape[1]
        if not missing:
            return mix
        is_long = mix.shape[1] > self.segment // 2 + 1
        return np.pad(mix, ((0, 0), (0, missing)), mode="reflect" if is_long else "constant")

    def _masks(self, spectra: Spectra) -> list[Spectra]:
        levelled = self._bands.cut(spectra)
        masks = self._infer(levelled, self.precision)
        if self.precision == "f16" and not all(np.isfinite(mask).all() for mask in masks):
            self.mended += 1
            masks = self._infer(levelled, "f32")
        return [self._bands.join(mask) for mask in masks]

    def _infer(self, levelled: Samples, precision: str) -> list[Samples]:
        request = self._compile(precision).create_infer_request()
        request.infer([levelled], share_inputs=True)
        return [request.get_output_tensor(at).data.copy() for at in range(len(self._sources))]

    def _compile(self, precision: str) -> Any:
        if precision not in self._compiled:
            self._compiled.clear()  # never both precisions at once, though one segment overflowed
            sources = [self._network.sources.index(source) for source in self._sources]
            model = roformer_graph.build(
                self._network, self._rate_hz, self._weights.arrays(), sources
            )
            self._compiled[precision] = openvino_cpu.compile_model(
                model, threads=self._threads, precision=precision
            )
            del model
            gc.collect()
            self._weights.let_go()
        return self._compiled[precision]
