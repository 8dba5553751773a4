"""One network's arrays in an installed model's file: read when they are needed, not kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import numpy as np

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

    def arguments(self) -> dict[str, Any]:
        """Return what the network was made with; nothing for families that do not say."""
        with np.load(self._path, allow_pickle=False) as arrays:
            key = self._prefix + ARGUMENTS
            found: dict[str, Any] = json.loads(arrays[key].tobytes()) if key in arrays else {}
            return found

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return its weights by name."""
        with np.load(self._path, allow_pickle=False) as arrays:
            return {
                key.removeprefix(self._prefix): arrays[key]
                for key in arrays
                if key.startswith(self._prefix) and not key.endswith(ARGUMENTS)
            }
