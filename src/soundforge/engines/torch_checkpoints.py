"""Read arrays out of a checkpoint written by ``torch.save``, without torch.

Such a file is a zip: a pickle that describes the tensors, and their numbers as raw bytes, one
member each. The pickle is read as in `checkpoints`: a short list of opcodes, a few names that
stand for inert values of ours, nothing of anyone else's runs.
"""

from __future__ import annotations

import io
import math
import pickle
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NoReturn

from soundforge.engines import checkpoints
from soundforge.engines.checkpoints import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

_OPCODES: Final = checkpoints.OPCODES | {"BINPERSID"}
_MAX_PICKLE_BYTES: Final = 1024 * 1024
_MAX_KEY: Final = 20
_MAX_STORAGE_BYTES: Final = 512 * 1024 * 1024


def read(
    content: bytes | Path, expected: Mapping[str, tuple[int, ...]]
) -> dict[str, NDArray[np.float32]]:
    """Return the arrays of a saved state dictionary; their names and shapes must be ``expected``.

    Args:
        content: The file's content, or where it lies.
        expected: The shape of every array.

    Raises:
        Refused: It is something else, or holds something else.
        OSError: It cannot be read.
    """
    source = io.BytesIO(content) if isinstance(content, bytes) else content
    try:
        with zipfile.ZipFile(source) as archive:
            names = [name for name in archive.namelist() if name.endswith("/data.pkl")]
            if len(names) != 1 or archive.getinfo(names[0]).file_size > _MAX_PICKLE_BYTES:
                raise Refused("not a checkpoint with one pickle of a sensible size")
            tensors = named(load(archive.read(names[0]), _OPCODES), expected)
            folder = names[0].removesuffix("data.pkl") + "data/"
            return {name: _array(archive, folder, tensor) for name, tensor in tensors.items()}
    except (zipfile.BadZipFile, NotImplementedError, EOFError, KeyError) as error:
        raise Refused(f"not a checkpoint: {error}") from error


@dataclass(frozen=True, slots=True)
class Storage:
    """Float32 numbers that lie elsewhere in the file, under ``key``."""

    key: str


@dataclass(frozen=True, slots=True)
class Tensor:
    """A contiguous part of a storage, from the ``offset``-th number."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]


class _State(dict[str, Any]):
    """Stands for the ordered dictionary; what torch hangs on it beside the arrays is dropped."""

    def __setstate__(self, _: object) -> None:
        pass


def _no_call(*_: object) -> NoReturn:
    raise Refused("a class is called")


_FLOAT_STORAGE: Final = checkpoints.Name(_no_call)


def _tensor(storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> Tensor:
    """Take only contiguous tensors: a checkpoint of a network has no others."""
    if not isinstance(storage, Storage) or type(offset) is not int or offset < 0:
        raise Refused("a tensor that lies nowhere")
    if not isinstance(shape, tuple) or not all(type(n) is int and n > 0 for n in shape):
        raise Refused("a tensor of a strange shape")
    if strides != tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape))):
        raise Refused("a tensor that is not contiguous")
    return Tensor(storage, offset, shape)


def _state(*items: object) -> _State:
    if items:
        raise Refused("a dictionary made from something")
    return _State()


_GLOBALS: Final = {
    ("collections", "OrderedDict"): checkpoints.Name(_state),
    ("torch._utils", "_rebuild_tensor_v2"): checkpoints.Name(_tensor),
    ("torch", "FloatStorage"): _FLOAT_STORAGE,
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return _GLOBALS[module, name]
        except KeyError:
            raise Refused(f"names {module}.{name}") from None

    def persistent_load(self, what: Any) -> Storage:
        match what:
            case ("storage", kind, str(key), str(), int(), *rest) if kind is _FLOAT_STORAGE:
                if key.isdecimal() and len(key) < _MAX_KEY and rest in ([], [None]):
                    return Storage(key)
        raise Refused("refers to something outside")


def load(content: bytes, opcodes: frozenset[str]) -> Any:
    """Return what a pickle of tensors holds: plain values, and `Tensor` for each tensor.

    Raises:
        Refused: It names anything else, uses another of the ``opcodes``, or is broken.
    """
    try:
        checkpoints.check_opcodes(content, opcodes)
        return _Unpickler(io.BytesIO(content)).load()
    except Refused:
        raise
    # Broken pickles fail in whatever way the unpickler stumbles.
    except (Exception, RecursionError) as error:
        raise Refused(f"a broken pickle: {type(error).__name__}") from error


def named(loaded: object, expected: Mapping[str, tuple[int, ...]]) -> dict[str, Tensor]:
    """Return a loaded dictionary when it holds tensors of the ``expected`` shapes and no more.

    Raises:
        Refused: It is anything else.
    """
    if not isinstance(loaded, dict):
        raise Refused("not a dictionary")
    if not all(isinstance(k, str) and isinstance(v, Tensor) for k, v in loaded.items()):
        raise Refused("something that is not a named tensor")
    if {name: tensor.shape for name, tensor in loaded.items()} != expected:
        raise Refused("the arrays are not those of the network")
    return loaded


def _array(archive: zipfile.ZipFile, folder: str, tensor: Tensor) -> NDArray[np.float32]:
    import numpy as np

    member = archive.getinfo(folder + tensor.storage.key)
    end = tensor.offset + math.prod(tensor.shape)
    if not 4 * end <= member.file_size <= _MAX_STORAGE_BYTES:
        raise Refused("a tensor that is not as large as it says")
    numbers = np.frombuffer(archive.read(member)[: 4 * end], "<f4")
    array: NDArray[np.float32] = numbers[tensor.offset :].reshape(tensor.shape)
    return array
