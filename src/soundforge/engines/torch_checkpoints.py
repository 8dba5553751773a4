"""Read what ``torch.save`` wrote, without torch.

Such a file is a zip: a pickle that describes the tensors, and their numbers as raw bytes, one
member each. `torch_pickle` reads the pickle.
"""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any, Final

from soundforge.engines import torch_pickle
from soundforge.engines.checkpoints import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from soundforge.engines.torch_pickle import Tensor

_MAX_BYTES: Final = 1 << 30
_MAX_PICKLE_BYTES: Final = 8 << 20


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
            saved = Saved(archive)
            tensors = torch_pickle.named(torch_pickle.load(saved.pickle), expected)
            return {name: saved.array(tensor) for name, tensor in tensors.items()}
    except (zipfile.BadZipFile, NotImplementedError, EOFError, KeyError) as error:
        raise Refused(f"not a checkpoint: {error}") from error


class Saved:
    """An open file of ``torch.save``.

    Args:
        archive: The zip file.

    Attributes:
        pickle: The description, for `torch_pickle.load`.

    Raises:
        Refused: It is another zip file, or too large.
    """

    def __init__(self, archive: zipfile.ZipFile) -> None:
        entries = archive.infolist()
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
            raise Refused("compressed: not a torch file")
        if sum(entry.file_size for entry in entries) > _MAX_BYTES:
            raise Refused("too large")
        pickles = [entry for entry in entries if entry.filename.endswith("/data.pkl")]
        if len(pickles) != 1 or pickles[0].file_size > _MAX_PICKLE_BYTES:
            raise Refused("not a torch file with one pickle of a sensible size")
        self._archive, self._folder = archive, pickles[0].filename.removesuffix("data.pkl")
        order = f"{self._folder}byteorder"
        if order in archive.namelist() and archive.read(order) != b"little":
            raise Refused("big-endian")
        self.pickle = archive.read(pickles[0])
        self._storages: dict[str, bytes] = {}

    def array(self, tensor: Tensor) -> NDArray[Any]:
        """Return a tensor's numbers, read-only.

        Raises:
            Refused: They lie outside its storage.
            KeyError: There is no such storage.
        """
        key = tensor.storage.key
        if key not in self._storages:  # tensors may share one
            self._storages[key] = self._archive.read(f"{self._folder}data/{key}")
        return tensor.array(self._storages[key])
