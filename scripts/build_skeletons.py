"""Write the weight-less graphs of the Demucs networks into the package.

    scripts/parity.sh skeletons

Needs torch and demucs-infer, in an environment of their own (scripts/parity.sh makes it): the
product needs neither. A skeleton is the network between STFT and inverse STFT with every weight
as an INPUT, named by its key in the checkpoint. The converter never sees a weight, so nothing is
folded into one; that happens when the filled graph is compiled (engines/skeleton.py).

The result is the same byte by byte on every run with the same versions.
"""

from __future__ import annotations

import argparse
import inspect
import json
import re
import sys
import tempfile
import zipfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import demucs_infer.transformer as transformer
import numpy as np
import openvino as ov
import torch
from demucs_infer.hdemucs import HDemucs
from openvino import opset13 as op
from skeleton_networks import HDemucsCore, HTDemucsCore, make
from torch import Tensor, nn

OUT = Path(__file__).parents[1] / "src/soundforge/engines/skeletons"
HOP = 1024
# name: network, frames of the segment that is traced. HDemucs frames its two LSTM levels from
# 201 steps on; the second level has half the steps.
SKELETONS = {
    "htdemucs": ("htdemucs", 336),
    "htdemucs_6s": ("htdemucs_6s", 336),
    "hdemucs_short": ("hdemucs", 100),
    "hdemucs_middle": ("hdemucs", 300),
    "hdemucs_long": ("hdemucs", 500),
}
POSITIONS_1D = transformer.create_sin_embedding
POSITIONS_2D = transformer.create_2d_sin_embedding
HTDEMUCS_SAMPLES = 343_980  # 7.8 s: the one length it knows


def main() -> None:
    """Build the skeletons that were named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(SKELETONS))
    parser.add_argument("--out", type=Path, default=OUT)
    asked = parser.parse_args()
    asked.out.mkdir(exist_ok=True)
    for name in asked.names:
        path = asked.out / f"{name}.zip"
        save(path, *build(name))
        print(f"{name}: {path.stat().st_size / 1000:.0f} kB")


def build(name: str) -> tuple[Any, dict[str, Any]]:
    """Return the graph and what it was made for."""
    network_name, frames = SKELETONS[name]
    network = make(network_name)
    is_dynamic = isinstance(network, HDemucs)
    core = HDemucsCore(network) if is_dynamic else HTDemucsCore(network)
    samples = frames * HOP - 5 if is_dynamic else HTDEMUCS_SAMPLES
    tracer = _Tracer(network, core)
    x, xt = torch.randn(1, 4, 2048, frames), torch.randn(1, 2, samples)
    try:
        graph = tracer.convert(x, xt, is_dynamic=is_dynamic)
    finally:  # whoever runs another network in this process wants its own positions
        transformer.create_2d_sin_embedding = POSITIONS_2D
        transformer.create_sin_embedding = POSITIONS_1D
    return graph, _about(network)


def save(path: Path, graph: Any, about: dict[str, Any]) -> None:
    """Write the skeleton as a zip file without dates."""
    with tempfile.TemporaryDirectory() as folder:
        ov.save_model(graph, Path(folder) / "graph.xml", compress_to_fp16=False)
        contents = {
            "about.json": json.dumps(about, indent=1, sort_keys=True).encode(),
            "graph.xml": _without_chance((Path(folder) / "graph.xml").read_bytes()),
            "graph.bin": (Path(folder) / "graph.bin").read_bytes(),
        }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file_name, content in contents.items():
            archive.writestr(zipfile.ZipInfo(file_name), content, zipfile.ZIP_DEFLATED, 9)


class _Tracer:
    """One trace of a core whose parameters, position tables and LSTMs are inputs."""

    def __init__(self, network: nn.Module, core: nn.Module) -> None:
        self._network, self._core = network, core
        self._weights = {key: p.detach() for key, p in network.named_parameters()}
        assert list(self._weights) == list(network.state_dict()), "buffers are not handled"
        self._lstms = {n: m for n, m in network.named_modules() if isinstance(m, nn.LSTM)}
        self._tables: dict[str, Tensor] = {}
        self._lstm_outputs: dict[str, Tensor] = {}

    def convert(self, x: Tensor, xt: Tensor, *, is_dynamic: bool) -> Any:
        self._record(x, xt)
        values = [*self._weights.values(), *self._tables.values(), *self._lstm_outputs.values()]
        lstm_names = [f"~{name}" for name in self._lstm_outputs]
        names = ["x", "xt", *self._weights, *self._tables, *lstm_names]
        example = (x, xt, *(value.clone() for value in values))
        with torch.no_grad():
            trace = torch.jit.trace(self._run, example, check_trace=False)
        shapes = [ov.PartialShape(list(value.shape)) for value in example]
        if is_dynamic:
            shapes[0], shapes[1] = ov.PartialShape([1, 4, 2048, -1]), ov.PartialShape([1, 2, -1])
            for at, name in enumerate(names):
                if name.startswith("~"):
                    shapes[at] = ov.PartialShape([-1, -1, shapes[at][2].get_length()])
        graph = ov.convert_model(trace, example_input=example, input=shapes)
        for parameter, name in zip(graph.get_parameters(), names, strict=True):
            parameter.set_friendly_name(name)
            parameter.output(0).set_names({name})
        self._put_lstms_back(graph)
        return graph

    def _record(self, x: Tensor, xt: Tensor) -> None:
        """Run once: which position tables and LSTM outputs are there?"""

        def record(name: str, make_table: Any) -> Any:
            def table(*args: Any, **options: Any) -> Tensor:
                self._tables[name] = make_table(*args, **options)
                return self._tables[name]

            return table

        transformer.create_2d_sin_embedding = record("@positions_2d", POSITIONS_2D)
        transformer.create_sin_embedding = record("@positions_1d", POSITIONS_1D)
        hooks = [
            lstm.register_forward_hook(
                lambda _, __, out, name=name: self._lstm_outputs.update({name: out[0]})
            )
            for name, lstm in self._lstms.items()
        ]
        with torch.no_grad():
            self._core(x, xt)
        for hook in hooks:
            hook.remove()

    def _run(self, x: Tensor, xt: Tensor, *inputs: Tensor) -> tuple[Tensor, ...]:
        """The core with its parameters and tables replaced; each LSTM is cut open.

        OpenVINO's PyTorch front end refuses an LSTM whose weights are inputs: what goes into
        it becomes an output, what comes out of it an input.
        """
        left = iter(inputs)
        for key in self._weights:
            path, _, leaf = key.rpartition(".")
            module = self._network.get_submodule(path)
            module._parameters.pop(leaf, None)  # noqa: SLF001 -- there is no public way
            object.__setattr__(module, leaf, next(left))
        tables = {name: next(left) for name in self._tables}
        transformer.create_2d_sin_embedding = lambda *_, **__: tables["@positions_2d"]
        transformer.create_sin_embedding = lambda *_, **__: tables["@positions_1d"]
        taken: dict[str, Tensor] = {}
        for name, made in zip(self._lstm_outputs, left, strict=True):

            def cut(y: Tensor, name: str = name, made: Tensor = made) -> tuple[Tensor]:
                taken[name] = y * 1.0
                return (made,)

            self._lstms[name].forward = cut
        return (*self._core(x, xt), *(taken[name] for name in self._lstm_outputs))

    def _put_lstms_back(self, graph: Any) -> None:
        inputs = {p.get_friendly_name(): p for p in graph.get_parameters()}
        results = graph.get_results()[2:]
        for name, result in zip(self._lstm_outputs, results, strict=True):
            out = _lstm(result.input_value(0), name, self._lstms[name], inputs)
            inputs[f"~{name}"].output(0).replace(out)
            graph.remove_parameter(inputs[f"~{name}"])
            graph.remove_result(result)
        graph.validate_nodes_and_infer_types()


def _lstm(steps: Any, name: str, lstm: nn.LSTM, inputs: dict[str, Any]) -> Any:
    """Return the bidirectional LSTM as OpenVINO has it, over ``(steps, batch, channels)``."""

    def whole(*numbers: int) -> Any:
        return op.constant(np.array(numbers, np.int64))

    def both_ways(kind: str, layer: int) -> Any:
        """Stack the directions; torch orders the gates i, f, g, o, OpenVINO f, i, g, o."""
        ways = []
        for suffix in ("", "_reverse"):
            weight = inputs[f"{name}.{kind}_l{layer}{suffix}"]
            shape = list(weight.shape)
            gates = op.reshape(weight, whole(4, lstm.hidden_size, *shape[1:]), special_zero=False)
            gates = op.gather(gates, whole(1, 0, 2, 3), op.constant(np.int64(0)))
            ways.append(op.reshape(gates, whole(1, *shape), special_zero=False))
        return op.concat(ways, 0)

    for layer in range(lstm.num_layers):
        x = op.transpose(steps, whole(1, 0, 2))
        shape = op.shape_of(x)
        batch = op.gather(shape, whole(0), op.constant(np.int64(0)))
        count = op.gather(shape, whole(1), op.constant(np.int64(0)))
        zeros = op.broadcast(
            op.constant(np.float32(0)), op.concat([batch, whole(2, lstm.hidden_size)], 0)
        )
        lengths = op.broadcast(op.convert(count, "i32"), batch)
        bias = op.add(both_ways("bias_ih", layer), both_ways("bias_hh", layer))
        sequence = op.lstm_sequence(
            x,
            zeros,
            zeros,
            lengths,
            both_ways("weight_ih", layer),
            both_ways("weight_hh", layer),
            bias,
            lstm.hidden_size,
            "bidirectional",
        )
        turned = op.transpose(sequence.output(0), whole(2, 0, 1, 3))
        steps = op.reshape(turned, whole(0, 0, 2 * lstm.hidden_size), special_zero=True).output(0)
    return steps


def _about(network: nn.Module) -> dict[str, Any]:
    """Return the class and all arguments: a checkpoint with others does not belong here."""
    defaults = {
        name: parameter.default
        for name, parameter in inspect.signature(type(network)).parameters.items()
        if parameter.default is not parameter.empty
    }
    _, given = network._init_args_kwargs  # noqa: SLF001 -- where demucs keeps them
    arguments = {k: str(v) if isinstance(v, Fraction) else v for k, v in (defaults | given).items()}
    return {"network": type(network).__name__, "arguments": arguments}


def _without_chance(xml: bytes) -> bytes:
    """Drop the numbers that count what else was built in this run, and who converted it."""
    xml = re.sub(rb"<rt_info>.*?</rt_info>\s*(?=</net>)", b"", xml, flags=re.DOTALL)
    xml = re.sub(rb'<net name="[^"]*"', b'<net name="skeleton"', xml)
    numbers = {name: b"c%d" % at for at, name in enumerate(dict.fromkeys(_COUNTED.findall(xml)))}
    return _COUNTED.sub(lambda match: numbers[match[0]], xml)


_COUNTED = re.compile(rb"(?<=name=\")[A-Z][A-Za-z0-9]*_\d+(?=\")")


if __name__ == "__main__":
    sys.exit(main())
