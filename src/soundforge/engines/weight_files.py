"""Read the published Demucs weight files without torch, and without running anything in them.

Two forms: safetensors, and ``.th``, a torch file whose pickle holds the network's class, what it
was made with, and its weights. Both are read by readers that know inert values only.
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from soundforge.engines import safetensors_file, torch_pickle
from soundforge.engines.checkpoints import Name, Refused
from soundforge.engines.torch_checkpoints import Saved
from soundforge.engines.torch_pickle import PACKAGE_OPCODES, Tensor

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_MAX_BYTES: Final = 1 << 30  # no Demucs file is near it
_NETWORKS: Final = {
    f"{package}.{module}": network
    for package in ("demucs", "demucs_infer")
    for module, network in (("htdemucs", "HTDemucs"), ("hdemucs", "HDemucs"))
}


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One network as a file has it.

    Args:
        network: ``HTDemucs`` or ``HDemucs``.
        arguments: What it was made with; fractions as text.
        arrays: Its weights by name, float16 or float32, read-only.
    """

    network: str
    arguments: dict[str, Any]
    arrays: dict[str, NDArray[Any]]


def read(path: Path) -> Checkpoint:
    """Return the network in ``path``, by its content, not by its name.

    Raises:
        Refused: It is no such file, holds or names something else, or is quantised.
        OSError: It cannot be read.
    """
    try:
        size_bytes = path.stat().st_size
        if size_bytes > _MAX_BYTES:
            raise Refused(f"{size_bytes} bytes: too large")
        checkpoint = _read_th(path) if zipfile.is_zipfile(path) else _read_safetensors(path)
    except (Refused, OSError):
        raise
    # Broken files fail in whatever way their reader stumbles.
    except (Exception, RecursionError) as error:
        raise Refused(f"a broken file: {type(error).__name__}") from error
    if not checkpoint.arrays:
        raise Refused("no weights in it")
    return checkpoint


def _read_safetensors(path: Path) -> Checkpoint:
    arrays, about = safetensors_file.read(path)
    if "structure" in about:
        raise Refused("quantised weights: take the full ones")
    module, _, network = str(about["klass"]).rpartition(".")
    if _NETWORKS.get(module) != network:
        raise Refused(f"a network of another kind: {module[:60]}.{network[:60]}")
    arguments = {k: _plain(v) for k, v in json.loads(about.get("kwargs", "{}")).items()}
    return Checkpoint(network, arguments, arrays)


def _read_th(path: Path) -> Checkpoint:
    with zipfile.ZipFile(path) as archive:
        saved = Saved(archive)
        return _unpack(torch_pickle.load(saved.pickle, PACKAGE_OPCODES, _GLOBALS), saved)


def _unpack(package: Any, saved: Saved) -> Checkpoint:
    if not isinstance(package, dict) or not isinstance(package.get("state"), dict):
        raise Refused("not a package of a class and its state")
    state = package["state"]
    if state.get("__quantized"):
        raise Refused("quantised weights: take the full ones")
    if not all(type(k) is str and isinstance(v, Tensor) for k, v in state.items()):
        raise Refused("the state is not weights by name")
    network, arguments = package.get("klass"), package.get("kwargs", {})
    if not isinstance(network, _Network) or not isinstance(arguments, dict):
        raise Refused("the class is none of ours")
    arrays = {name: saved.array(tensor) for name, tensor in state.items()}
    return Checkpoint(network.name, {str(k): _plain(v) for k, v in arguments.items()}, arrays)


def _plain(value: Any) -> Any:
    """Return an argument as JSON can carry it."""
    match value:
        case {"_type": "fraction", "numerator": int(a), "denominator": int(b)} if b:
            return str(Fraction(a, b))
        case Fraction():
            return str(value)
        case None | bool() | int() | float() | str():
            return value
        case list() | tuple():
            return [_plain(item) for item in value]
        case dict():
            return {str(key): _plain(item) for key, item in value.items()}
        case _:
            raise Refused(f"an argument of type {type(value).__name__}")


class _Network(Name):
    """Stands for the class of a network, which is named and never called."""

    __slots__ = ("name",)

    name: str

    def __init__(self, name: str) -> None:
        super().__init__(torch_pickle.no_call)
        object.__setattr__(self, "name", name)


def _fraction(*parts: Any) -> Fraction:
    is_text = len(parts) == 1 and type(parts[0]) is str and len(parts[0]) < 40
    if is_text or (len(parts) == 2 and all(type(part) is int for part in parts)):
        return Fraction(*parts)
    raise Refused("a strange fraction")


_GLOBALS: Final = {
    ("fractions", "Fraction"): Name(_fraction),
    **{(module, network): _Network(network) for module, network in _NETWORKS.items()},
}
