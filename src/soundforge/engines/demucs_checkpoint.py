"""A published Demucs network becomes arrays by name, checked against its graph."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from soundforge.engines import skeleton, weight_files
from soundforge.engines.checkpoints import Refused
from soundforge.engines.published import FileWeights
from soundforge.engines.stored_network import ARGUMENTS

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from soundforge.engines.separators import Separator


def read(path: Path, model: Separator) -> dict[str, NDArray[Any]]:
    """Return the network's arrays, and its arguments among them.

    Raises:
        Refused: It is another network, or none.
        OSError: It cannot be read.
    """
    assert isinstance(model.weights, FileWeights)
    checkpoint = weight_files.read(path)
    sources = checkpoint.arguments.get("sources")
    if sources and list(sources) != list(model.stems):
        raise Refused(f"made for {sources!s:.80}")
    skeleton.check(checkpoint, model.weights.skeleton)
    arguments = json.dumps(checkpoint.arguments, sort_keys=True).encode()
    return {**checkpoint.arrays, ARGUMENTS: np.frombuffer(arguments, np.uint8)}
