"""Read the published Demucs weight files without torch, and without running anything in them.

Two forms: safetensors (a JSON header and raw arrays), and ``.th``, a zip file whose pickle says
which raw arrays belong to which name. The pickle is read with a handful of inert stand-ins:
every other name is refused, so not one line that the file chose runs.
"""

from __future__ import annotations

import io
import json
import math
import pickle
import pickletools
import zipfile
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, NoReturn

import numpy as np

from soundforge.engines import safetensors_file
from soundforge.engines.checkpoints import Refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

_MAX_BYTES: Final = 1 << 30  # no Demucs file is near it
_MAX_PICKLE_BYTES: Final = 8 << 20
_MAX_OPCODES: Final = 200_000
_MAX_DIMENSIONS: Final = 8
_STORAGES: Final = {"HalfStorage": "<f2", "FloatStorage": "<f4"}
_NETWORKS: Final = {
    f"{package}.{module}": network
    for package in ("demucs", "demucs_infer")
    for module, network in (("htdemucs", "HTDemucs"), ("hdemucs", "HDemucs"))
}
# Beyond these nothing is needed: above all no way to call by attribute, to build or to extend.
_FORBIDDEN_OPCODES: Final = frozenset(
    ["INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "EXT1", "EXT2", "EXT4", "PERSID", "STACK_GLOBAL"]
)


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
    arguments = {k: _plain(v) for k, v in json.loads(about.get("kwargs", "{}")).items()}
    return Checkpoint(_known(module, network), arguments, arrays)


def _read_th(path: Path) -> Checkpoint:
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
            raise Refused("compressed: not a torch file")
        if sum(entry.file_size for entry in entries) > _MAX_BYTES:
            raise Refused("too large")
        pickles = [entry for entry in entries if entry.filename.endswith("data.pkl")]
        if len(pickles) != 1 or pickles[0].file_size > _MAX_PICKLE_BYTES:
            raise Refused("not a torch file with one pickle of a sensible size")
        root = pickles[0].filename.removesuffix("data.pkl")
        order = f"{root}byteorder"
        if order in archive.namelist() and archive.read(order) != b"little":
            raise Refused("big-endian")
        content = archive.read(pickles[0])
        _check_opcodes(content)
        package = _Unpickler(content, lambda key: archive.read(f"{root}data/{key}")).load()
    return _unpack(package)


def _unpack(package: Any) -> Checkpoint:
    if not isinstance(package, dict) or not isinstance(package.get("state"), dict):
        raise Refused("not a package of a class and its state")
    state = package["state"]
    if state.get("__quantized"):
        raise Refused("quantised weights: take the full ones")
    if not all(type(k) is str and isinstance(v, np.ndarray) for k, v in state.items()):
        raise Refused("the state is not weights by name")
    network, arguments = package.get("klass"), package.get("kwargs", {})
    if not isinstance(network, _Network) or not isinstance(arguments, dict):
        raise Refused("the class is none of ours")
    return Checkpoint(network.name, {str(k): _plain(v) for k, v in arguments.items()}, state)


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


def _known(module: str, network: str) -> str:
    if _NETWORKS.get(module) != network:
        raise Refused(f"a network of another kind: {module[:60]}.{network[:60]}")
    return network


def _check_opcodes(content: bytes) -> None:
    """Read the pickle as text first: four bytes can make the unpickler ask for 32 GB of memo."""
    stored = 0
    for count, (opcode, argument, _) in enumerate(pickletools.genops(content)):
        if opcode.name in _FORBIDDEN_OPCODES or count > _MAX_OPCODES:
            raise Refused(f"not a plain package: {opcode.name}")
        if opcode.name in ("BINPUT", "LONG_BINPUT", "PUT"):
            if not isinstance(argument, int) or argument > stored:
                raise Refused("the memo is not in order")
            stored += 1


class _Inert:
    """A stand-in that pickles may name and pass on, never change."""

    __slots__ = ()

    def __setstate__(self, state: object) -> NoReturn:
        raise Refused("a name cannot be changed")


class _Network(_Inert):
    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class _Storage(_Inert):
    __slots__ = ("dtype",)

    def __init__(self, dtype: str) -> None:
        self.dtype = dtype


class _Call(_Inert):
    """One of the three calls that a package needs."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[..., Any]) -> None:
        self._make = make

    def __call__(self, *args: Any) -> Any:
        return self._make(*args)


def _fraction(*parts: Any) -> Fraction:
    is_text = len(parts) == 1 and type(parts[0]) is str and len(parts[0]) < 40
    if is_text or (len(parts) == 2 and all(type(part) is int for part in parts)):
        return Fraction(*parts)
    raise Refused("a strange fraction")


class _Unpickler(pickle.Unpickler):
    """Knows tensors, ordered dictionaries, fractions and our networks' names."""

    def __init__(self, content: bytes, read_storage: Callable[[str], bytes]) -> None:
        super().__init__(io.BytesIO(content))
        self._read_storage = read_storage
        self._stored: dict[str, NDArray[Any]] = {}

    def find_class(self, module: str, name: str) -> Any:
        if module == "torch" and name in _STORAGES:
            return _Storage(_STORAGES[name])
        if module in _NETWORKS:
            return _Network(_known(module, name))
        match module, name:
            case "torch._utils", "_rebuild_tensor_v2":
                return _Call(self._tensor)
            case "collections", "OrderedDict":
                return _Call(_no_arguments)
            case "fractions", "Fraction":
                return _Call(_fraction)
        raise Refused(f"names {module[:60]}.{name[:60]}")

    def persistent_load(self, pid: Any) -> tuple[str, str, str]:
        match pid:
            case ("storage", _Storage() as storage, str(key), *_) if key.isdigit():
                return "storage", storage.dtype, key
        raise Refused("a strange storage")

    def _tensor(self, storage: Any, offset: Any, size: Any, stride: Any, *_: Any) -> NDArray[Any]:
        match storage:
            case ("storage", str(dtype), str(key)):
                pass
            case _:
                raise Refused("a tensor without storage")
        if key not in self._stored:
            self._stored[key] = np.frombuffer(self._read_storage(key), dtype)
        base = self._stored[key]
        numbers = (offset, *size, *stride)
        if len(size) != len(stride) or len(size) > _MAX_DIMENSIONS:
            raise Refused("a tensor of strange dimensions")
        if any(type(n) is not int or n < 0 for n in numbers) or 0 in size:
            raise Refused("a tensor of strange size")
        last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
        # Strides of 0 would let a small file stand for an enormous tensor.
        if last >= base.size or math.prod(size) > base.size:
            raise Refused("a tensor outside its storage")
        steps = [step * base.itemsize for step in stride]
        return np.lib.stride_tricks.as_strided(base[offset:], size, steps, writeable=False)


def _no_arguments(*args: Any) -> dict[Any, Any]:
    if args:
        raise Refused("a dictionary with arguments")
    return {}
