"""BeatNet's three networks as one OpenVINO graph, built straight from the arrays.

The networks: M. Heydari, F. Cwitkowitz, Z. Duan, "BeatNet: CRNN and particle filtering for
online joint beat, downbeat and meter tracking", ISMIR 2021. A convolution along the bands, a
dense layer, two LSTM layers, three classes (beat, downbeat, neither). Each frame is judged by
the past alone, so a recording of any length is heard in pieces: the state goes in and out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from soundforge.engines import openvino_cpu

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    Weights = Mapping[str, NDArray[np.float32]]

HIDDEN: Final = 150
LAYERS: Final = 2
FEATURES: Final = 272
_KERNEL: Final = 10
_CHANNELS: Final = 2
_CLASSES: Final = 3
_POOLED: Final = (FEATURES - _KERNEL + 1) // 2


def read_weights(checkpoint: bytes) -> dict[str, NDArray[np.float32]]:
    """Return the arrays of one network from its checkpoint file.

    Raises:
        checkpoints.Refused: The file is not exactly this network.
    """
    from soundforge.engines import torch_checkpoints  # for a pull only

    return torch_checkpoints.read(checkpoint, expected_shapes())


def expected_shapes() -> dict[str, tuple[int, ...]]:
    """Return the name and shape of every array of one network."""
    gates = 4 * HIDDEN
    shapes: dict[str, tuple[int, ...]] = {
        "conv1.weight": (_CHANNELS, 1, _KERNEL),
        "conv1.bias": (_CHANNELS,),
        "linear0.weight": (HIDDEN, _CHANNELS * _POOLED),
        "linear0.bias": (HIDDEN,),
        "linear.weight": (_CLASSES, HIDDEN),
        "linear.bias": (_CLASSES,),
    }
    for layer in range(LAYERS):
        for side in ("ih", "hh"):
            shapes[f"lstm.weight_{side}_l{layer}"] = (gates, HIDDEN)
            shapes[f"lstm.bias_{side}_l{layer}"] = (gates,)
    return shapes


def state_shape(networks: int) -> tuple[int, ...]:
    """Return the shape of the state that goes from piece to piece; it begins as zeros."""
    return (networks * LAYERS * 2, 1, 1, HIDDEN)


def build(networks: Sequence[Weights], frames: int) -> Any:
    """Return the graph of all ``networks`` together.

    In: features ``(frames, 272)`` and the state. Out: the networks' mean probabilities
    ``(frames, 3)`` of beat, downbeat and neither, and the next state.
    """
    ov = openvino_cpu.load()
    import numpy as np
    from openvino import opset13 as op

    rows = op.parameter([frames, FEATURES], np.float32, name="rows")
    state = op.parameter(list(state_shape(len(networks))), np.float32, name="state")
    before = op.split(state, 0, state_shape(len(networks))[0])
    states = [op.squeeze(before.output(i), 0) for i in range(state_shape(len(networks))[0])]
    answers, after = [], []
    for number, weights in enumerate(networks):
        x = _front(op, rows, weights)
        for layer in range(LAYERS):
            at = 2 * (number * LAYERS + layer)
            x, *kept = _lstm(op, x, states[at], states[at + 1], weights, layer, frames)
            after += kept
        answers.append(op.softmax(_dense(op, x, weights, "linear"), 1))
    total = answers[0]
    for answer in answers[1:]:
        total = op.add(total, answer)
    mean = op.multiply(total, op.constant(np.float32(1 / len(networks))))
    return ov.Model([mean, op.concat([op.unsqueeze(s, 0) for s in after], 0)], [rows, state])


def _front(op: Any, rows: Any, weights: Weights) -> Any:
    import numpy as np

    x = op.convolution(
        op.unsqueeze(rows, 1), op.constant(weights["conv1.weight"]), [1], [0], [0], [1]
    )
    x = op.relu(op.add(x, op.constant(weights["conv1.bias"].reshape(1, -1, 1))))
    x = op.max_pool(x, [2], [1], [0], [0], [2]).output(0)
    flat = op.constant(np.array([-1, _CHANNELS * _POOLED], np.int64))
    return _dense(op, op.reshape(x, flat, special_zero=False), weights, "linear0")


def _dense(op: Any, x: Any, weights: Weights, name: str) -> Any:
    product = op.matmul(
        x, op.constant(weights[f"{name}.weight"].T.copy()), transpose_a=False, transpose_b=False
    )
    return op.add(product, op.constant(weights[f"{name}.bias"].reshape(1, -1)))


def _lstm(
    op: Any, x: Any, hidden: Any, cell: Any, weights: Weights, layer: int, frames: int
) -> tuple[Any, Any, Any]:
    import numpy as np

    def gates(name: str) -> NDArray[np.float32]:
        inputs, forget, change, output = np.split(weights[f"lstm.{name}_l{layer}"], 4)
        return np.concatenate([forget, inputs, change, output])[None]  # OpenVINO's order

    done = op.lstm_sequence(
        op.unsqueeze(x, 0),
        hidden,
        cell,
        op.constant(np.array([frames], np.int32)),
        op.constant(gates("weight_ih")),
        op.constant(gates("weight_hh")),
        op.constant(gates("bias_ih") + gates("bias_hh")),
        HIDDEN,
        "forward",
    )
    steps = op.constant(np.array([frames, HIDDEN], np.int64))
    return op.reshape(done.output(0), steps, special_zero=False), done.output(1), done.output(2)
