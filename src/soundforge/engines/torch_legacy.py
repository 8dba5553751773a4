"""Read arrays out of a checkpoint written by ``torch.save`` before torch 1.6, without torch.

Such a file is a row of pickles, and after them the numbers as raw bytes. The pickles are the
format's number, its version, sizes of types, what was saved, and the keys of the storages in the
order in which they follow, each with its count. `torch_pickle` reads them.
"""

from __future__ import annotations

import io
import pickletools
from typing import TYPE_CHECKING, Any, Final

from soundforge.engines import torch_pickle
from soundforge.engines.checkpoints import Refused
from soundforge.engines.torch_pickle import PACKAGE_OPCODES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

_FORMAT: Final = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03."
_MAX_PICKLE_BYTES: Final = 1024 * 1024
_COUNT_BYTES: Final = 8
_ITEM_BYTES: Final = 4


def read(
    content: bytes, expected: Mapping[str, tuple[int, ...]], within: str
) -> dict[str, NDArray[np.float32]]:
    """Return the arrays of the dictionary called ``within`` in the dictionary that was saved.

    Raises:
        Refused: It is something else; their names and shapes are not ``expected``.
    """
    if not content.startswith(_FORMAT):
        raise Refused("not a checkpoint of the old format")
    sizes, start = _pickle(content, len(_FORMAT))
    machine = torch_pickle.load(sizes, PACKAGE_OPCODES)
    if not isinstance(machine, dict) or machine.get("little_endian") is not True:
        raise Refused("numbers of another byte order")
    described, start = _pickle(content, start)
    listed, start = _pickle(content, start)
    whole = torch_pickle.load(described, PACKAGE_OPCODES)
    keys = torch_pickle.load(listed, PACKAGE_OPCODES)
    tensors = whole.get(within) if isinstance(whole, dict) else None
    if not isinstance(tensors, dict):
        raise Refused("not a dictionary")
    found = torch_pickle.named(tensors, expected)
    storages = _storages(content, start, keys)
    return {
        name: tensor.array(storages.get(tensor.storage.key, b"")) for name, tensor in found.items()
    }


def _pickle(content: bytes, start: int) -> tuple[bytes, int]:
    """Return the pickle that begins at ``start``, and where it ends."""
    stream = io.BytesIO(content[start : start + _MAX_PICKLE_BYTES])
    try:
        for opcode, _, _ in pickletools.genops(stream):
            if opcode.name not in PACKAGE_OPCODES:
                raise Refused(f"not a plain dictionary: {opcode.name}")
    except Refused:
        raise
    # Broken pickles fail in whatever way their reader stumbles.
    except Exception as error:
        raise Refused(f"a broken pickle: {type(error).__name__}") from error
    stop = start + stream.tell()
    return content[start:stop], stop


def _storages(content: bytes, start: int, keys: Any) -> dict[str, memoryview]:
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise Refused("storages without names")
    storages = {}
    for key in keys:
        count = int.from_bytes(content[start : start + _COUNT_BYTES], "little")
        start += _COUNT_BYTES
        stop = start + _ITEM_BYTES * count
        if stop > len(content):
            raise Refused("a storage that is not as large as it says")
        storages[key] = memoryview(content)[start:stop]
        start = stop
    return storages
