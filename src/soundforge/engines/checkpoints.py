"""Read arrays out of a pickled checkpoint without running anything it names.

A pickle can call any function. Here the few names that an array needs are replaced by inert
stand-ins of our own, and every other name is refused: not one line of foreign code runs, and
numpy itself sees only bytes whose type and size were checked.
"""

from __future__ import annotations

import io
import math
import pickle
import pickletools
import zipfile
from typing import TYPE_CHECKING, Any, Final, NoReturn

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MAX_PICKLE_BYTES: Final = 512 * 1024 * 1024
_MAX_DIMENSIONS: Final = 8
_MAX_OPCODES: Final = 100_000
#: What a dictionary of arrays is made of; the rest of the pickle language is refused.
OPCODES: Final = frozenset(
    [
        "PROTO",
        "EMPTY_DICT",
        "EMPTY_TUPLE",
        "MARK",
        "TUPLE",
        "TUPLE1",
        "TUPLE2",
        "TUPLE3",
        "SETITEM",
        "SETITEMS",
        "BINPUT",
        "LONG_BINPUT",
        "BINGET",
        "LONG_BINGET",
        "BINUNICODE",
        "BININT",
        "BININT1",
        "BININT2",
        "NONE",
        "NEWTRUE",
        "NEWFALSE",
        "GLOBAL",
        "REDUCE",
        "BUILD",
        "STOP",
    ]
)


class Refused(ValueError):
    """The checkpoint holds something other than named float32 arrays."""


def read(content: bytes) -> dict[str, NDArray[np.float32]]:
    """Return the named arrays of a checkpoint: a zip file with one ``data.pkl``.

    Raises:
        Refused: It is something else, or names something else.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            pickles = [i for i in archive.infolist() if i.filename.endswith("data.pkl")]
            if len(pickles) != 1 or pickles[0].file_size > _MAX_PICKLE_BYTES:
                raise Refused("not a checkpoint with one pickle of a sensible size")
            return read_pickle(archive.read(pickles[0]))
    except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        raise Refused(f"not a zip file: {error}") from error


def read_pickle(content: bytes) -> dict[str, NDArray[np.float32]]:
    """Return the named arrays of a pickled dictionary.

    Raises:
        Refused: It holds or names something else.
    """
    try:
        check_opcodes(content, OPCODES)
        loaded = _Unpickler(io.BytesIO(content)).load()
        if not isinstance(loaded, dict):
            raise Refused("not a dictionary")
        return {_name(key): _array(value) for key, value in loaded.items()}
    except Refused:
        raise
    # Broken pickles fail in whatever way the unpickler stumbles.
    except (Exception, RecursionError) as error:
        raise Refused(f"a broken pickle: {type(error).__name__}") from error


def check_opcodes(content: bytes, allowed: frozenset[str]) -> None:
    """Read the pickle as text first: four bytes can make the unpickler ask for 32 GB of memo.

    Raises:
        Refused: It uses an opcode that is not ``allowed``, or a memo that is not in order.
    """
    stored = 0
    for count, (opcode, argument, _) in enumerate(pickletools.genops(content)):
        if opcode.name not in allowed or count > _MAX_OPCODES:
            raise Refused(f"not a plain dictionary: {opcode.name}")
        if opcode.name in ("BINPUT", "LONG_BINPUT"):
            if not isinstance(argument, int) or argument > stored:
                raise Refused("the memo is not in order")
            stored += 1


class Name:
    """An inert stand-in for a global; calling it makes another inert value."""

    __slots__ = ("_make",)

    def __init__(self, make: Any) -> None:
        object.__setattr__(self, "_make", make)

    def __call__(self, *args: Any) -> Any:
        """Return the inert value, or refuse."""
        return object.__getattribute__(self, "_make")(*args)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise Refused("a name cannot be changed")

    def __setstate__(self, state: object) -> NoReturn:
        raise Refused("a name cannot be changed")


class _DType:
    """What the pickle says about a type; only little-endian float32 goes further."""

    __slots__ = ("code", "order")

    def __init__(self, code: object) -> None:
        self.code, self.order = code, ""

    def __setstate__(self, state: Any) -> None:
        if not isinstance(state, tuple) or len(state) < 2:
            raise Refused("a strange type")
        self.order = state[1]


class _Array:
    """What the pickle says about an array."""

    __slots__ = ("state",)

    def __init__(self) -> None:
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state


def _encode(text: object, encoding: object = "latin1") -> bytes:
    """Turn the text form that old pickles give to bytes back into bytes."""
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise Refused("a strange encoding")
    return text.encode("latin-1")


def _no_call(*_: object) -> NoReturn:
    raise Refused("a class is called")


_NDARRAY: Final = Name(_no_call)
_GLOBALS: Final = {
    ("numpy.core.multiarray", "_reconstruct"): Name(lambda *_: _Array()),
    ("numpy", "ndarray"): _NDARRAY,
    ("numpy", "dtype"): Name(lambda code, *_: _DType(code)),
    ("_codecs", "encode"): Name(_encode),
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return _GLOBALS[module, name]
        except KeyError:
            raise Refused(f"names {module}.{name}") from None

    def persistent_load(self, _: Any) -> NoReturn:
        raise Refused("refers to something outside")


def _name(key: object) -> str:
    if not isinstance(key, str):
        raise Refused("an array without a name")
    return key


def _array(value: object) -> NDArray[np.float32]:
    import numpy as np

    if not isinstance(value, _Array) or not isinstance(value.state, tuple) or len(value.state) != 5:
        raise Refused("not an array")
    _, shape, kind, is_fortran, content = value.state
    if not isinstance(kind, _DType) or kind.code != "f4" or kind.order not in ("<", "|"):
        raise Refused("an array of another type than float32")
    if not isinstance(shape, tuple) or len(shape) > _MAX_DIMENSIONS:
        raise Refused("an array of a strange shape")
    if not all(type(length) is int and length >= 0 for length in shape):
        raise Refused("an array of a strange shape")
    if not isinstance(content, bytes) or len(content) != 4 * math.prod(shape):
        raise Refused("an array that is not as large as it says")
    order: Any = "F" if is_fortran else "C"
    array: NDArray[np.float32] = np.frombuffer(content, "<f4").reshape(shape, order=order)
    return array
