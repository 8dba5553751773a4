"""One network's arrays in an installed model's file: mapped when they are needed, not kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from soundforge.engines.mapped_arrays import MappedArrays

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

ARGUMENTS: Final = "@arguments"
"""Key of a network's arguments among its arrays: JSON as bytes."""


class StoredNetwork:
    """A network of a model.

    Args:
        path: The model's file, an ``.npz`` of ``<network>/<array>``.
        network: The network's name in it.
    """

    def __init__(self, path: Path, network: str) -> None:
        self._path, self._prefix = path, f"{network}/"
        self._mapped: MappedArrays | None = None

    def arguments(self) -> dict[str, Any]:
        """Return what the network was made with; nothing for families that do not say."""
        with np.load(self._path, allow_pickle=False) as arrays:
            key = self._prefix + ARGUMENTS
            found: dict[str, Any] = json.loads(arrays[key].tobytes()) if key in arrays else {}
            return found

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return its weights by name; they are not to be changed.

        Raises:
            zipfile.BadZipFile: They are damaged.
        """
        self._mapped = MappedArrays(self._path, self._prefix)
        return {name: array for name, array in self._mapped.arrays.items() if name != ARGUMENTS}

    def let_go(self) -> None:
        """Take the weights out of memory, whoever holds them: what is read again comes again."""
        if self._mapped is not None:
            self._mapped.let_go()
            self._mapped = None
