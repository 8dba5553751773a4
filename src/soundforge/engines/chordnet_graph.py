"""The chord networks as one OpenVINO graph, built straight from the arrays.

The networks: J. Jiang, K. Chen, W. Li, G. Xia, "Large-vocabulary chord transcription via chord
structure decomposition", ISMIR 2019. Ten convolutions over a constant-Q spectrum, an LSTM in both
directions, and a verdict on each part of a chord: its triad on its root, its bass, its seventh,
ninth, eleventh and thirteenth. Each convolution is normalised over all the frames it is given.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from soundforge.engines import constant_q, openvino_cpu, torch_legacy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    Weights = Mapping[str, NDArray[np.float32]]

#: How many answers each verdict has: none or six kinds of triad on twelve roots; none or a bass;
#: none, major, minor, diminished seventh; none, 9, #9, b9; none, 11, #11; none, 13, b13.
PARTS: Final = (73, 13, 4, 4, 3, 3)

_HIDDEN: Final = 96
_BLOCK: Final = "audio_feature_block"
_EPSILON: Final = 1e-5
# Name, inputs, outputs; whether the bands at the edges are kept; bands that are pooled after it.
_CONVOLUTIONS: Final = (
    ("1a", 1, 16, 1, 1),
    ("1b", 16, 16, 1, 1),
    ("1c", 16, 16, 1, 3),
    ("2a", 16, 32, 1, 1),
    ("2b", 32, 32, 1, 1),
    ("2c", 32, 32, 1, 3),
    ("3a", 32, 64, 1, 1),
    ("3b", 64, 64, 1, 4),
    ("4a", 64, 80, 0, 1),
    ("4b", 80, 80, 0, 1),
)
_CHANNELS: Final = 80
_FEATURES: Final = 3 * _CHANNELS
_UNUSED: Final = {"condition_linear.weight": (128, 270), "condition_linear.bias": (128,)}


def read_weights(checkpoint: bytes) -> dict[str, NDArray[np.float32]]:
    """Return the arrays of one network from its checkpoint file.

    Raises:
        checkpoints.Refused: The file is not exactly this network.
    """
    arrays = torch_legacy.read(checkpoint, expected_shapes() | _UNUSED, within="net")
    return {name: array for name, array in arrays.items() if name not in _UNUSED}


def expected_shapes() -> dict[str, tuple[int, ...]]:
    """Return the name and shape of every array that the network computes with."""
    shapes: dict[str, tuple[int, ...]] = {}
    for name, inputs, outputs, *_ in _CONVOLUTIONS:
        shapes[f"{_BLOCK}.conv{name}.weight"] = (outputs, inputs, 3, 3)
        shapes[f"{_BLOCK}.conv{name}.bias"] = (outputs,)
    for direction in ("", "_reverse"):
        for side, inputs in (("ih", _FEATURES), ("hh", _HIDDEN)):
            shapes[f"lstm1.weight_{side}_l0{direction}"] = (4 * _HIDDEN, inputs)
            shapes[f"lstm1.bias_{side}_l0{direction}"] = (4 * _HIDDEN,)
    shapes["final_fc1.weight"] = (sum(PARTS), 2 * _HIDDEN)
    shapes["final_fc1.bias"] = (sum(PARTS),)
    return shapes


def build(networks: Sequence[Weights]) -> Any:
    """Return the graph of all ``networks``, one after the other, so that they share their memory.

    In: constant-Q magnitudes ``(frames, 252)``, any number of frames. Out: the mean probabilities
    of all `PARTS` side by side, ``(frames, 100)``.
    """
    ov = openvino_cpu.load()
    import numpy as np
    from openvino import opset13 as op

    rows = op.parameter([-1, constant_q.BINS], np.float32, name="rows")
    total = None
    for weights in networks:
        verdicts = _verdicts(op, _both_ways(op, _features(op, rows, weights), weights), weights)
        total = verdicts if total is None else op.add(total, verdicts)
    return ov.Model([op.multiply(total, op.constant(np.float32(1 / len(networks))))], [rows])


def _features(op: Any, rows: Any, weights: Weights) -> Any:
    """Return what the convolutions make of the spectrum, ``(1, frames, 240)``."""
    import numpy as np

    x = op.unsqueeze(rows, np.array([0, 1], np.int64))
    for name, _, _, edge, pooled in _CONVOLUTIONS:
        kernel = op.constant(weights[f"{_BLOCK}.conv{name}.weight"])
        # Its bias is left out: the normalisation takes any constant off again.
        x = op.convolution(x, kernel, [1, 1], [1, edge], [1, edge], [1, 1])
        x = op.mvn(x, np.array([2, 3], np.int64), True, _EPSILON, "inside_sqrt")  # noqa: FBT003
        x = op.selu(x, np.float32(_ALPHA), np.float32(_SCALE))
        if pooled > 1:
            x = op.max_pool(x, [1, pooled], [1, 1], [0, 0], [0, 0], [1, pooled]).output(0)
    x = op.transpose(x, np.array([0, 2, 1, 3], np.int64))
    return op.reshape(x, np.array([1, -1, _FEATURES], np.int64), special_zero=False)


def _verdicts(op: Any, x: Any, weights: Weights) -> Any:
    """Return the probabilities of all parts, ``(frames, 100)``."""
    import numpy as np

    x = op.matmul(x, op.constant(weights["final_fc1.weight"]), transpose_a=False, transpose_b=True)
    x = op.add(x, op.constant(weights["final_fc1.bias"].reshape(1, -1)))
    axis, step = np.array([1]), np.array([1])
    parts = [
        op.softmax(op.slice(x, np.array([first]), np.array([stop]), step, axis), 1)
        for first, stop in pairwise(np.cumsum((0, *PARTS)))
    ]
    return op.concat(parts, 1)


def _both_ways(op: Any, x: Any, weights: Weights) -> Any:
    """Return what the LSTM says of every frame, forward and backward, ``(frames, 192)``."""
    import numpy as np

    def gates(name: str) -> NDArray[np.float32]:
        both = []
        for direction in ("", "_reverse"):
            inputs, forget, change, output = np.split(weights[f"lstm1.{name}_l0{direction}"], 4)
            both.append(np.concatenate([forget, inputs, change, output]))  # OpenVINO's order
        return np.stack(both)

    none = op.constant(np.zeros((1, 2, _HIDDEN), np.float32))
    frames = op.slice(
        op.shape_of(x, "i64"), np.array([1]), np.array([2]), np.array([1]), np.array([0])
    )
    done = op.lstm_sequence(
        x,
        none,
        none,
        frames,
        op.constant(gates("weight_ih")),
        op.constant(gates("weight_hh")),
        op.constant(gates("bias_ih") + gates("bias_hh")),
        _HIDDEN,
        "bidirectional",
    )
    turned = op.transpose(done.output(0), np.array([0, 2, 1, 3], np.int64))
    return op.reshape(turned, np.array([-1, 2 * _HIDDEN], np.int64), special_zero=False)


_ALPHA: Final = 1.6732632423543772
_SCALE: Final = 1.0507009873554805
