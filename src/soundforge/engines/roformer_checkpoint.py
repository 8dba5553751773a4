"""A published RoFormer becomes arrays by name, checked against what the model is built of."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Any

from soundforge.engines import roformer_graph, safetensors_file, torch_checkpoints
from soundforge.engines.checkpoints import Refused
from soundforge.engines.roformer_network import RoformerNetwork

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from soundforge.engines.separators import Separator


def read(path: Path, model: Separator) -> dict[str, NDArray[Any]]:
    """Return the network's arrays from a ``.ckpt`` (a saved state dictionary) or safetensors.

    Raises:
        Refused: It is another network, or none, or names what is no array.
        OSError: It cannot be read.
    """
    assert isinstance(model.network, RoformerNetwork)
    expected = roformer_graph.expected_shapes(model.network, model.sample_rate_hz)
    if zipfile.is_zipfile(path):
        return dict(torch_checkpoints.read(path, expected))
    try:
        arrays, _ = safetensors_file.read(path)
    except (Refused, OSError):
        raise
    # Broken files fail in whatever way their reader stumbles.
    except (Exception, RecursionError) as error:
        raise Refused(f"a broken file: {type(error).__name__}") from error
    found = {name: tuple(array.shape) for name, array in arrays.items()}
    for name in expected.keys() | found.keys():
        if found.get(name) != expected.get(name):
            raise Refused(f"{name[:80]} is {found.get(name)}, expected {expected.get(name)}")
    return arrays
