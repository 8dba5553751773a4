"""The weight-less graphs: a skeleton and a checkpoint's weights become a network.

A skeleton (``skeletons/*.zip``, made by scripts/build_skeletons.py) is a network between STFT
and inverse STFT whose weights are inputs, named as in the checkpoint. Here each input gets its
weight as a constant; compiling folds them in.
"""

from __future__ import annotations

import functools
import itertools
import json
import math
import zipfile
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from soundforge.engines import openvino_cpu
from soundforge.engines.checkpoints import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from soundforge.engines.weight_files import Checkpoint

HOP: Final = 1024
HTDEMUCS_SAMPLES: Final = 343_980  # 7.8 s at 44.1 kHz: the one length HTDemucs knows
_LSTM_FRAMES: Final = 200
_SIGNAL: Final = ("x", "xt")
# What says how a network was trained, or how long its pieces are, and changes no sum.
_TRAINING: Final = (
    "rescale",
    "emb_smooth",
    "dconv_init",
    "t_dropout",
    "t_weight_decay",
    "end_iters",
)
_UNUSED: Final = ("wiener_iters", "wiener_residual", "multi_freqs_depth", "t_max_positions")
_SPARSE: Final = ("t_mask_type", "t_mask_random_seed", "t_sparse_attn_window", "t_global_window")
_CAPE: Final = ("t_cape_mean_normalize", "t_cape_augment", "t_cape_glob_loc_scale")
_ELSEWHERE: Final = ("sources", "segment", "samplerate", "hybrid_old", "use_train_segment")
_IRRELEVANT: Final = frozenset(
    (*_TRAINING, *_UNUSED, *_SPARSE, *_CAPE, *_ELSEWHERE, "t_sparsity", "t_auto_sparsity")
)


def check(checkpoint: Checkpoint, family: str) -> None:
    """See that a checkpoint's weights have the names and shapes of ``family``.

    Args:
        checkpoint: What was read.
        family: ``htdemucs``, ``htdemucs_6s`` or ``hdemucs``.

    Raises:
        Refused: It is a network of another kind, or made with other arguments.
    """
    skeleton = _whole(family)
    about = _about(skeleton)
    if checkpoint.network != about["network"]:
        raise Refused(f"a {checkpoint.network}, not a {about['network']}")
    for name, value in checkpoint.arguments.items():
        expected = about["arguments"].get(name)
        if name not in _IRRELEVANT and value != expected and (value or expected):
            raise Refused(f"made with {name[:40]} = {value!s:.40}, not {expected!s:.40}")
    shapes = {name: tuple(array.shape) for name, array in checkpoint.arrays.items()}
    expected_shapes = weight_shapes(skeleton)
    for name in expected_shapes.keys() | shapes.keys():
        if shapes.get(name) != expected_shapes.get(name):
            raise Refused(
                f"{name[:80]} is {shapes.get(name)}, expected {expected_shapes.get(name)}"
            )


def arguments(family: str) -> tuple[str, dict[str, Any]]:
    """Return the class of a family's networks, and all that they are made with.

    The weights of a checkpoint fit them: see `check`.
    """
    about = _about(_whole(family))
    return about["network"], dict(about["arguments"])


def weight_shapes(skeleton: str) -> dict[str, tuple[int, ...]]:
    """Return the shape of every weight by name."""
    return {
        name: tuple(parameter.shape)
        for parameter in _read(skeleton).get_parameters()
        if (name := parameter.get_friendly_name()) not in _SIGNAL and not name.startswith("@")
    }


def network_for(
    family: str, weights: Mapping[str, NDArray[Any]], samples: int, sources: Sequence[int]
) -> Any:
    """Return the OpenVINO model for segments of ``samples``.

    Args:
        family: ``htdemucs``, ``htdemucs_6s`` or ``hdemucs``.
        weights: By name, of the shapes of `weight_shapes`.
        samples: Length of a segment; HTDemucs knows only `HTDEMUCS_SAMPLES`.
        sources: Which of the network's sources come out; the others are cut away (exact).

    Returns:
        A model with inputs ``x`` (1, 4, 2048, T) and ``xt`` (1, 2, samples), and two outputs
        of 4 and 2 channels a source.
    """
    frames = math.ceil(samples / HOP)
    model = _read(_variant(family, frames))
    _place(model, {**weights, **_cut(weights, sources)})
    if family == "hdemucs":
        model.reshape({"x": [1, 4, 2048, frames], "xt": [1, 2, samples]})
    model.validate_nodes_and_infer_types()
    return model


def _whole(family: str) -> str:
    """Return a skeleton with every weight of a family."""
    return f"{family}_long" if family == "hdemucs" else family


def _variant(family: str, frames: int) -> str:
    """HDemucs frames its two levels of LSTMs from 201 steps on; the second has half the steps."""
    if family != "hdemucs":
        return family
    if frames <= _LSTM_FRAMES:
        return "hdemucs_short"
    return "hdemucs_middle" if -(-frames // 2) <= _LSTM_FRAMES else "hdemucs_long"


def _place(model: Any, weights: Mapping[str, NDArray[Any]]) -> None:
    from openvino import opset13

    for parameter in model.get_parameters():
        name = parameter.get_friendly_name()
        if name in _SIGNAL:
            continue
        if name == "@positions_1d":
            length, _, size = parameter.shape
            value = _positions_1d(length, size)
        elif name == "@positions_2d":
            value = _positions_2d(*list(parameter.shape)[1:])
        else:
            value = weights[name]
        value = np.ascontiguousarray(value, np.float32)
        for node in [target.get_node() for target in parameter.output(0).get_target_inputs()]:
            for output, rows in zip(node.outputs(), _rows(node), strict=False):
                # A view here, which is let go with the rest; compiling would make a copy and keep it.
                output.replace(opset13.constant(value[rows], shared_memory=True).output(0))
        constant = opset13.constant(value, shared_memory=True)
        constant.set_friendly_name(name)
        parameter.output(0).replace(constant.output(0))
        model.remove_parameter(parameter)


def _rows(node: Any) -> list[slice]:
    """Return which rows of its input each output of a node is; nothing where it is more than that."""
    kind = node.get_type_name()
    if kind not in ("VariadicSplit", "Slice"):
        return []
    numbers = [value.get_node().get_data() for value in node.input_values()[1:]]
    if kind == "Slice":
        (start,), (stop,), (step,), (axis,) = numbers
        return [slice(start, stop, step)] if axis == 0 else []
    axis, lengths = numbers
    ends = np.cumsum(lengths).tolist() if axis == 0 else []
    return [slice(begin, end) for begin, end in itertools.pairwise([0, *ends])]


def _last_layers(weights: Mapping[str, Any]) -> set[str]:
    """Return the names of the transposed convolutions that end the two branches."""
    last = max(int(name.split(".")[1]) for name in weights if name.startswith("decoder."))
    last_t = max(int(name.split(".")[1]) for name in weights if name.startswith("tdecoder."))
    return {
        f"{branch}.conv_tr.{part}"
        for branch in (f"decoder.{last}", f"tdecoder.{last_t}")
        for part in ("weight", "bias")
    }


def _cut(weights: Mapping[str, NDArray[Any]], sources: Sequence[int]) -> dict[str, NDArray[Any]]:
    """Return the last layers' weights with the channels of ``sources`` only."""
    cut = {}
    for name in _last_layers(weights):
        is_time, is_bias = name.startswith("tdecoder"), name.endswith("bias")
        each = 2 if is_time else 4
        kept = [s * each + channel for s in sources for channel in range(each)]
        cut[name] = np.take(weights[name], kept, axis=0 if is_bias else 1)
    return cut


@functools.lru_cache(maxsize=1)
def _contents(skeleton: str) -> tuple[bytes, bytes, dict[str, Any]]:
    path = resources.files("soundforge.engines") / "skeletons" / f"{skeleton}.zip"
    with path.open("rb") as file, zipfile.ZipFile(file) as archive:
        about: dict[str, Any] = json.loads(archive.read("about.json"))
        return archive.read("graph.xml"), archive.read("graph.bin"), about


def _read(skeleton: str) -> Any:
    xml, constants, _ = _contents(skeleton)
    return openvino_cpu.load().Core().read_model(xml, constants)


def _about(skeleton: str) -> dict[str, Any]:
    return _contents(skeleton)[2]


def _positions_1d(length: int, size: int) -> NDArray[np.float32]:
    """Return the sine positions of the time branch, ``(length, 1, size)``."""
    half = size // 2
    rates = np.float32(10000) ** (np.arange(half, dtype=np.float32) / np.float32(half - 1))
    phase = np.arange(length, dtype=np.float32)[:, None, None] / rates
    return np.concatenate([np.cos(phase), np.sin(phase)], axis=-1)


def _positions_2d(size: int, bins: int, frames: int) -> NDArray[np.float32]:
    """Return the sine positions of the frequency branch, ``(1, size, bins, frames)``.

    The first half of the channels counts frames, the second bins; sines and cosines alternate.
    """
    half = size // 2
    rates = np.exp(np.arange(0, half, 2, dtype=np.float32) * np.float32(-math.log(10000) / half))
    in_time = rates[:, None, None] * np.arange(frames, dtype=np.float32)
    in_frequency = rates[:, None, None] * np.arange(bins, dtype=np.float32)[:, None]
    table = np.zeros((1, size, bins, frames), np.float32)
    table[0, 0:half:2], table[0, 1:half:2] = np.sin(in_time), np.cos(in_time)
    table[0, half::2], table[0, half + 1 :: 2] = np.sin(in_frequency), np.cos(in_frequency)
    return table
