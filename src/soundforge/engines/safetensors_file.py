"""Read safetensors: a JSON header, then raw arrays. Nothing in such a file can run."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from soundforge.engines.checkpoints import Refused

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_MAX_HEADER_BYTES: Final = 8 << 20
_MAX_DIMENSIONS: Final = 8
_ZIP: Final = b"PK\x03\x04"  # a torch file begins so; its end says that it is one
_CUT: Final = "its end is missing, it was cut short"
_TYPES: Final = {"F16": "<f2", "F32": "<f4"}


def read(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Return the arrays by name, float16 or float32, and what the file says about them.

    Raises:
        Refused: It is no such file, or holds arrays of another type.
        OSError: It cannot be read.
        Exception: A broken header, in whatever way its reader stumbles: callers refuse these, too.
    """
    if path.stat().st_size < 8:  # nothing cannot be mapped
        raise Refused("nothing is in it")
    content = np.memmap(path, np.uint8, "r")
    if content[:4].tobytes() == _ZIP:
        raise Refused(_CUT)
    header_bytes = int.from_bytes(content[:8].tobytes(), "little")
    if not 0 < header_bytes <= min(_MAX_HEADER_BYTES, content.size - 8):
        raise Refused("neither a torch file nor safetensors")
    header = json.loads(content[8 : 8 + header_bytes].tobytes())
    about: dict[str, Any] = header.pop("__metadata__", {})
    body = content[8 + header_bytes :]
    return {str(name): _slice(body, str(name), entry) for name, entry in header.items()}, about


def _slice(body: NDArray[np.uint8], name: str, entry: dict[str, Any]) -> NDArray[Any]:
    dtype = np.dtype(_TYPES.get(entry["dtype"], "V1"))
    begin, end = entry["data_offsets"]
    shape = entry["shape"]
    if dtype.kind != "f" or len(shape) > _MAX_DIMENSIONS:
        raise Refused(f"{name[:80]}: {entry['dtype']!s:.20}")
    if any(type(n) is not int or n < 0 for n in (*shape, begin, end)):
        raise Refused(f"{name[:80]}: numbers that are none")
    if end > body.size:
        raise Refused(_CUT)
    if not begin <= end or end - begin != dtype.itemsize * math.prod(shape):
        raise Refused(f"{name[:80]}: not where the header says")
    return np.frombuffer(body[begin:end].tobytes(), dtype).reshape(shape)
