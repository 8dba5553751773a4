"""The Mel-Band RoFormer as an OpenVINO graph, built straight from a checkpoint's arrays.

The network: J.-C. Wang, W.-T. Lu, M. Won, "Mel-Band RoFormer for music source separation",
2023 (arXiv 2310.01809). Each band of each frame becomes a row of numbers; transformers with rotary
positions look along time and along the bands in turn; a small network for each band makes the mask.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from soundforge.engines import openvino_cpu
from soundforge.engines.roformer_bands import Bands

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from soundforge.engines.roformer_network import RoformerNetwork

    Weights = Mapping[str, NDArray[np.float32]]

_EXPANSION: Final = 4  # of the feed-forward layers and of the mask estimators
# Under the root: far below any sound; silence is divided by it instead of by zero.
_EPSILON: Final = 1e-24


def expected_shapes(network: RoformerNetwork, sample_rate_hz: int) -> dict[str, tuple[int, ...]]:
    """Return the name and shape of every array in a checkpoint."""
    width, inner = network.width, network.heads * network.head_width
    shapes: dict[str, tuple[int, ...]] = {}
    for path, layers in _transformers(network):
        for layer in range(layers):
            attention, feed = f"{path}.layers.{layer}.0", f"{path}.layers.{layer}.1.net"
            shapes[f"{attention}.rotary_embed.freqs"] = (network.head_width // 2,)
            shapes[f"{attention}.norm.gamma"] = shapes[f"{feed}.0.gamma"] = (width,)
            shapes[f"{attention}.to_qkv.weight"] = (3 * inner, width)
            shapes[f"{attention}.to_out.0.weight"] = (width, inner)
            shapes |= _linear(f"{attention}.to_gates", width, network.heads)
            shapes |= _linear(f"{feed}.1", width, _EXPANSION * width)
            shapes |= _linear(f"{feed}.4", _EXPANSION * width, width)
        shapes[f"{path}.norm.gamma"] = (width,)
    for band, numbers in enumerate(_widths(network, sample_rate_hz)):
        shapes[f"band_split.to_features.{band}.0.gamma"] = (numbers,)
        shapes |= _linear(f"band_split.to_features.{band}.1", numbers, width)
        for source in range(len(network.sources)):
            sizes = [width, *[_EXPANSION * width] * network.mask_depth, 2 * numbers]
            for step, (taken, made) in enumerate(pairwise(sizes)):
                shapes |= _linear(_mask_layer(source, band, step), taken, made)
    return shapes


def build(
    network: RoformerNetwork, sample_rate_hz: int, weights: Weights, sources: Sequence[int]
) -> Any:
    """Return the graph for whole segments.

    Args:
        network: What it is built of.
        sample_rate_hz: Of the recording.
        weights: By name, of the shapes of `expected_shapes`.
        sources: Which of the network's sources come out; nothing is computed for the others.

    Returns:
        A model from bands side by side at the same level, ``(frames, sum of widths)`` as
        `Bands.cut` makes them, to one mask for each of ``sources``, laid out alike.
    """
    return _Builder(network, weights).model(_widths(network, sample_rate_hz), sources)


def _widths(network: RoformerNetwork, sample_rate_hz: int) -> list[int]:
    return Bands(network.bands, network.fft_size, sample_rate_hz).widths


def _transformers(network: RoformerNetwork) -> Iterable[tuple[str, int]]:
    """Yield each transformer's path and how many layers it has, in the order they run."""
    for pair in range(network.depth):
        yield f"layers.{pair}.0", network.time_depth
        yield f"layers.{pair}.1", network.band_depth


def _linear(path: str, taken: int, made: int) -> dict[str, tuple[int, ...]]:
    return {f"{path}.weight": (made, taken), f"{path}.bias": (made,)}


def _mask_layer(source: int, band: int, step: int) -> str:
    return f"mask_estimators.{source}.to_freqs.{band}.0.{2 * step}"  # a tanh between two


class _Builder:
    def __init__(self, network: RoformerNetwork, weights: Weights) -> None:
        from openvino import opset13

        self._op, self._network, self._weights = opset13, network, weights

    def model(self, widths: Sequence[int], sources: Sequence[int]) -> Any:
        ov, op = openvino_cpu.load(), self._op
        bands = op.parameter([self._network.frames, sum(widths)], np.float32, name="bands")
        x = self._features(self._split(bands, widths, axis=1))
        for at, (path, layers) in enumerate(_transformers(self._network)):
            if at:
                x = op.transpose(x, self._whole(1, 0, 2))
            for layer in range(layers):
                x = op.add(self._attention(x, f"{path}.layers.{layer}.0"), x)
                x = op.add(self._feed_forward(x, f"{path}.layers.{layer}.1.net"), x)
            x = self._norm(x, f"{path}.norm")
        x = op.transpose(x, self._whole(1, 0, 2))
        rows = [
            op.squeeze(part, self._whole(0)) for part in self._split(x, [1] * len(widths), axis=0)
        ]
        masks = [
            op.concat([self._mask(row, source, band) for band, row in enumerate(rows)], 1)
            for source in sources
        ]
        return ov.Model(masks, [bands], "mel_band_roformer")

    def _features(self, parts: Sequence[Any]) -> Any:
        """Return ``(bands, frames, width)``."""
        rows = []
        for band, part in enumerate(parts):
            path = f"band_split.to_features.{band}"
            level = self._op.multiply(part, self._constant(f"{path}.0.gamma"))
            row = self._linear(level, f"{path}.1")
            rows.append(self._op.unsqueeze(row, self._whole(0)))
        return self._op.concat(rows, 0)

    def _attention(self, x: Any, path: str) -> Any:
        """Attend along the middle axis of ``(batch, length, width)``."""
        op, network = self._op, self._network
        batch, length, _ = x.get_output_shape(0)
        x = self._norm(x, f"{path}.norm")
        turns = _half_turns(network.heads, network.head_width)
        weight = self._weights[f"{path}.to_qkv.weight"]
        query, key, value = np.split(weight, 3)
        table = self._positions(f"{path}.rotary_embed.freqs", length)

        def heads(part: NDArray[np.float32]) -> Any:
            made = self._times(x, part)
            apart = op.reshape(
                made,
                self._whole(batch, length, network.heads, network.head_width),
                special_zero=False,
            )
            return op.transpose(apart, self._whole(0, 2, 1, 3))

        found = op.scaled_dot_product_attention(
            self._turn(heads(query[turns]), *table),
            self._turn(heads(key[turns]), *table),
            heads(value),
        )
        found = op.transpose(found, self._whole(0, 2, 1, 3))
        gates = op.unsqueeze(op.sigmoid(self._linear(x, f"{path}.to_gates")), self._whole(3))
        found = op.reshape(
            op.multiply(found, gates), self._whole(batch, length, -1), special_zero=False
        )
        return self._times(found, self._weights[f"{path}.to_out.0.weight"])

    def _turn(self, x: Any, cosines: Any, sines: Any) -> Any:
        """Turn the pairs of numbers, half a head apart, by the angles of their position."""
        op, half = self._op, self._network.head_width // 2
        first, second = self._split(x, [half, half], axis=3)
        minus = op.multiply(second, op.constant(np.float32(-1)))
        return op.add(op.multiply(x, cosines), op.multiply(op.concat([minus, first], 3), sines))

    def _positions(self, name: str, length: int) -> tuple[Any, Any]:
        """Return cosines and sines of every position, ``(1, 1, length, head width)``."""
        rates = self._weights[name].astype(np.float64)
        angles = np.arange(length)[:, None] * np.tile(rates, 2)
        return (
            self._op.constant(np.cos(angles)[None, None].astype(np.float32)),
            self._op.constant(np.sin(angles)[None, None].astype(np.float32)),
        )

    def _feed_forward(self, x: Any, path: str) -> Any:
        x = self._linear(self._norm(x, f"{path}.0"), f"{path}.1")
        return self._linear(self._op.gelu(x, "erf"), f"{path}.4")

    def _mask(self, row: Any, source: int, band: int) -> Any:
        """Take a band's row ``(frames, width)`` to its mask: layers with tanh, then gated."""
        op, depth = self._op, self._network.mask_depth
        for step in range(depth):
            row = op.tanh(self._linear(row, _mask_layer(source, band, step)))
        row = self._linear(row, _mask_layer(source, band, depth))
        half = row.get_output_shape(0)[1] // 2
        value, gate = self._split(row, [half, half], axis=1)
        return op.multiply(value, op.sigmoid(gate))

    def _norm(self, x: Any, path: str) -> Any:
        """Divide by the root of the mean square along the last axis."""
        op = self._op
        mean = op.reduce_mean(
            op.power(x, op.constant(np.float32(2))), self._whole(-1), keep_dims=True
        )
        root = op.sqrt(op.add(mean, op.constant(np.float32(_EPSILON))))
        factor = op.divide(op.constant(np.float32(1)), root)
        return op.multiply(op.multiply(x, factor), self._constant(f"{path}.gamma"))

    def _linear(self, x: Any, path: str) -> Any:
        made = self._times(x, self._weights[f"{path}.weight"])
        return self._op.add(made, self._constant(f"{path}.bias"))

    def _times(self, x: Any, weight: NDArray[np.float32]) -> Any:
        constant = self._op.constant(np.ascontiguousarray(weight), shared_memory=True)
        return self._op.matmul(x, constant, transpose_a=False, transpose_b=True)

    def _constant(self, name: str) -> Any:
        return self._op.constant(self._weights[name])

    def _split(self, x: Any, sizes: Sequence[int], *, axis: int) -> list[Any]:
        split = self._op.variadic_split(x, self._op.constant(np.int64(axis)), self._whole(*sizes))
        return list(split.outputs())

    def _whole(self, *numbers: int) -> NDArray[np.int64]:
        return np.array(numbers, np.int64)


def _half_turns(heads: int, width: int) -> NDArray[np.int64]:
    """Return the order of rows that puts the two numbers of each pair half a head apart.

    The networks turn neighbours. Queries and keys reordered alike give the same products, and
    OpenVINO has one operation for pairs that lie half a head apart.
    """
    order = np.concatenate([np.arange(0, width, 2), np.arange(1, width, 2)])
    rows: NDArray[np.int64] = np.arange(heads)[:, None] * width + order
    return rows.ravel()
