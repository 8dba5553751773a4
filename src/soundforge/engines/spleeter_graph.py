"""Spleeter's U-Net as an OpenVINO graph, built straight from the arrays of its weights.

The network: R. Hennequin et al., "Spleeter: a fast and efficient music source separation tool
with pre-trained models", JOSS 5(50), 2020. Six 5x5 convolutions of stride 2 down, six
transposed ones up, joined by skips that leave before the normalisation; the output is a soft
mask times the input. Step 6 has a normalisation in the file that the network does not use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from soundforge.engines import checkpoints, openvino_cpu

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    Weights = Mapping[str, NDArray[np.float32]]

FRAMES: Final = 512
BINS: Final = 1024
_DOWN: Final = (2, 16, 32, 64, 128, 256, 512)
_UP_IN: Final = (512, 512, 256, 128, 64, 32)
_UP_OUT: Final = (256, 128, 64, 32, 16, 1)
_NORM_EPSILON: Final = 1e-3


def read_weights(checkpoint: bytes) -> dict[str, NDArray[np.float32]]:
    """Return the arrays of one network from its checkpoint file.

    Raises:
        checkpoints.Refused: The file is not exactly this network.
    """
    weights = checkpoints.read(checkpoint)
    if {name: array.shape for name, array in weights.items()} != expected_shapes():
        raise checkpoints.Refused("the arrays are not those of a Spleeter network")
    return weights


def expected_shapes() -> dict[str, tuple[int, ...]]:
    """Return the name and shape of every array of one network."""
    shapes: dict[str, tuple[int, ...]] = {}

    def norm(prefix: str, channels: int) -> None:
        for part in ("weight", "bias", "running_mean", "running_var"):
            shapes[f"{prefix}.{part}"] = (channels,)

    for step in range(1, 7):
        shapes[f"down{step}_conv.1.weight"] = (_DOWN[step], _DOWN[step - 1], 5, 5)
        shapes[f"down{step}_conv.1.bias"] = (_DOWN[step],)
        norm(f"down{step}_act.0", _DOWN[step])
        shapes[f"up{step}.0.weight"] = (_UP_IN[step - 1], _UP_OUT[step - 1], 5, 5)
        shapes[f"up{step}.0.bias"] = (_UP_OUT[step - 1],)
        norm(f"up{step}.3", _UP_OUT[step - 1])
    shapes["up7.0.weight"], shapes["up7.0.bias"] = (2, 1, 4, 4), (2,)
    return shapes


def build(weights: Weights) -> Any:
    """Return the graph: magnitudes ``(1, 2, 512 frames, 1024 bins)`` to the stem's estimate."""
    ov = openvino_cpu.load()
    import numpy as np
    from openvino import opset13 as op

    def bias(x: Any, values: NDArray[np.float32]) -> Any:
        return op.add(x, op.constant(values.reshape(1, -1, 1, 1)))

    def norm(x: Any, prefix: str) -> Any:
        variance = weights[f"{prefix}.running_var"] + np.float32(_NORM_EPSILON)
        scale = weights[f"{prefix}.weight"] / np.sqrt(variance)
        x = op.multiply(x, op.constant(scale.reshape(1, -1, 1, 1)))
        return bias(x, weights[f"{prefix}.bias"] - weights[f"{prefix}.running_mean"] * scale)

    mix = op.parameter([1, 2, FRAMES, BINS], np.float32, name="magnitude")
    x, skips = mix, []
    for step in range(1, 7):
        kernel = op.constant(weights[f"down{step}_conv.1.weight"])
        x = op.convolution(x, kernel, [2, 2], [1, 1], [2, 2], [1, 1])
        x = bias(x, weights[f"down{step}_conv.1.bias"])
        skips.append(x)
        if step < 6:
            slope = op.constant(np.array([0.2], np.float32))
            x = op.prelu(norm(x, f"down{step}_act.0"), slope)
    for step in range(1, 7):
        if step > 1:
            x = op.concat([skips[6 - step], x], 1)
        kernel = op.constant(weights[f"up{step}.0.weight"])
        x = op.convolution_backprop_data(x, kernel, [2, 2], None, [1, 1], [2, 2], [1, 1])
        x = norm(op.relu(bias(x, weights[f"up{step}.0.bias"])), f"up{step}.3")
    kernel = op.constant(weights["up7.0.weight"])
    x = bias(op.convolution(x, kernel, [1, 1], [3, 3], [3, 3], [2, 2]), weights["up7.0.bias"])
    return ov.Model([op.multiply(op.sigmoid(x), mix)], [mix], "spleeter_unet")
