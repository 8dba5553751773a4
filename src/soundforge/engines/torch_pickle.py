"""Read a pickle of tensors without torch: what they are, and where their numbers lie.

It is read as in `checkpoints`: a short list of opcodes, a few names that stand for inert values
of ours, nothing of anyone else's runs. The numbers lie beside the pickle, see `torch_checkpoints`
and `torch_legacy`.
"""

from __future__ import annotations

import io
import math
import pickle
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeAlias

from soundforge.engines import checkpoints
from soundforge.engines.checkpoints import Name, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Globals: TypeAlias = Mapping[tuple[str, str], Name]

#: What a dictionary of tensors is made of …
OPCODES: Final = checkpoints.OPCODES | {"BINPERSID"}
#: … and one that also says how they came about, in numbers and lists.
PACKAGE_OPCODES: Final = OPCODES | {"BINFLOAT", "EMPTY_LIST", "APPEND", "APPENDS", "LONG1"}
_FLOAT32: Final = "<f4"
_MAX_KEY: Final = 20
_MAX_DIMENSIONS: Final = 8


@dataclass(frozen=True, slots=True)
class Storage:
    """Numbers that lie elsewhere in the file, under ``key``.

    Args:
        key: Decimal digits.
        dtype: ``<f4`` or ``<f2``.
    """

    key: str
    dtype: str


@dataclass(frozen=True, slots=True)
class Tensor:
    """A part of a storage.

    Args:
        storage: Where its numbers lie.
        offset: Which of them is the first.
        shape: Its size along each axis, at least 1.
        strides: How many numbers lie between neighbours along each axis.
    """

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    @property
    def is_contiguous(self) -> bool:
        """Whether its numbers lie one after the other."""
        axes = range(len(self.shape))
        return self.strides == tuple(math.prod(self.shape[axis + 1 :]) for axis in axes)

    def array(self, storage: bytes | memoryview) -> NDArray[Any]:
        """Return its numbers out of the content of its storage, read-only.

        Raises:
            Refused: They lie outside.
        """
        import numpy as np

        size = np.dtype(self.storage.dtype).itemsize
        base = np.frombuffer(storage, self.storage.dtype, len(storage) // size)
        reach = sum((n - 1) * step for n, step in zip(self.shape, self.strides, strict=True))
        # Strides of 0 would let a small file stand for an enormous tensor.
        if self.offset + reach >= base.size or math.prod(self.shape) > base.size:
            raise Refused("a tensor that is not as large as it says")
        found, steps = base[self.offset :], [step * size for step in self.strides]
        return np.lib.stride_tricks.as_strided(found, self.shape, steps, writeable=False)


class _State(dict[str, Any]):
    """Stands for the ordered dictionary; what torch hangs on it beside the arrays is dropped."""

    def __setstate__(self, _: object) -> None:
        pass


class _Kind(Name):
    """Stands for a class of storages, which is named and never called."""

    __slots__ = ("dtype",)

    dtype: str

    def __init__(self, dtype: str) -> None:
        super().__init__(no_call)
        object.__setattr__(self, "dtype", dtype)


def no_call(*_: object) -> NoReturn:
    """Refuse to call what may only be named."""
    raise Refused("a class is called")


def _tensor(storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> Tensor:
    if not isinstance(storage, Storage) or type(offset) is not int or offset < 0:
        raise Refused("a tensor that lies nowhere")
    if not _are_numbers(shape, least=1) or len(shape) > _MAX_DIMENSIONS:
        raise Refused("a tensor of a strange shape")
    if not _are_numbers(strides, least=0) or len(strides) != len(shape):
        raise Refused("a tensor of strange strides")
    return Tensor(storage, offset, shape, strides)


def _are_numbers(value: Any, *, least: int) -> bool:
    return isinstance(value, tuple) and all(type(n) is int and n >= least for n in value)


def _state(*items: object) -> _State:
    if items:
        raise Refused("a dictionary made from something")
    return _State()


_GLOBALS: Final[Globals] = {
    ("collections", "OrderedDict"): Name(_state),
    ("torch._utils", "_rebuild_tensor_v2"): Name(_tensor),
    ("torch", "FloatStorage"): _Kind(_FLOAT32),
    ("torch", "HalfStorage"): _Kind("<f2"),
}


class _Unpickler(pickle.Unpickler):
    def __init__(self, content: bytes, known: Globals) -> None:
        super().__init__(io.BytesIO(content))
        self._known = known

    def find_class(self, module: str, name: str) -> Any:
        try:
            return self._known[module, name]
        except KeyError:
            raise Refused(f"names {module[:60]}.{name[:60]}") from None

    def persistent_load(self, what: Any) -> Storage:
        match what:
            case ("storage", _Kind() as kind, str(key), str(), int(), *rest):
                if key.isdecimal() and len(key) < _MAX_KEY and rest in ([], [None]):
                    return Storage(key, kind.dtype)
        raise Refused("refers to something outside")


def load(
    content: bytes,
    opcodes: frozenset[str] = OPCODES,
    more_globals: Globals | None = None,
) -> Any:
    """Return what a pickle of tensors holds: plain values, and `Tensor` for each tensor.

    Args:
        content: The pickle.
        opcodes: What it may use of the pickle language.
        more_globals: Names it may use beside those of tensors, and what stands for each.

    Raises:
        Refused: It names or uses anything else, or is broken.
    """
    try:
        checkpoints.check_opcodes(content, opcodes)
        return _Unpickler(content, {**_GLOBALS, **(more_globals or {})}).load()
    except Refused:
        raise
    # Broken pickles fail in whatever way the unpickler stumbles.
    except (Exception, RecursionError) as error:
        raise Refused(f"a broken pickle: {type(error).__name__}") from error


def named(loaded: object, expected: Mapping[str, tuple[int, ...]]) -> dict[str, Tensor]:
    """Return a loaded dictionary when it holds tensors of the ``expected`` shapes and no more.

    Raises:
        Refused: It is anything else, or they are not contiguous float32.
    """
    if not isinstance(loaded, dict):
        raise Refused("not a dictionary")
    if not all(isinstance(k, str) and isinstance(v, Tensor) for k, v in loaded.items()):
        raise Refused("something that is not a named tensor")
    if {name: tensor.shape for name, tensor in loaded.items()} != expected:
        raise Refused("the arrays are not those of the network")
    if not all(t.is_contiguous and t.storage.dtype == _FLOAT32 for t in loaded.values()):
        raise Refused("a tensor that is not contiguous, or not float32")
    return loaded
