"""The weights of small networks, read whole; `StoredNetwork` maps those of large ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def read(path: Path) -> list[dict[str, NDArray[np.float32]]]:
    """Return the arrays of each network by name, in the order of the file.

    Args:
        path: The file that a pull has made, an ``.npz`` of ``<network>/<array>``.
    """
    networks: dict[str, dict[str, NDArray[np.float32]]] = {}
    with np.load(path, allow_pickle=False) as arrays:
        for name in arrays.files:
            network, _, array = name.partition("/")
            networks.setdefault(network, {})[array] = arrays[name]
    return list(networks.values())
