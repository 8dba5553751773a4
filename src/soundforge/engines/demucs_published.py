"""What the published models of the Demucs family have in common."""

from __future__ import annotations

from typing import Final

from soundforge.engines.published import FileWeights, WeightFile
from soundforge.engines.wheel import Licence

LICENCE: Final = Licence(
    text=(
        "The author of Demucs says that the weights are not covered by the code's MIT licence "
        "and are provided for scientific purposes only."
    ),
    url="https://github.com/facebookresearch/demucs/issues/327",
)
RUN: Final = "soundforge.engines.demucs:separate"


def weights(skeleton: str, size_bytes: int, *files: WeightFile) -> FileWeights:
    """Return the weights of a model: ``skeleton`` is its kind of network, one file for each."""
    return FileWeights(
        base_url="https://dl.fbaipublicfiles.com/demucs",
        files=files,
        size_bytes=size_bytes,
        read="soundforge.engines.demucs_checkpoint:read",
        skeleton=skeleton,
    )
