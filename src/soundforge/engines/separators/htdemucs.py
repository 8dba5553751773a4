"""HTDemucs: four stems, the default of the compatibility routes."""

from __future__ import annotations

from soundforge.engines.published import FileWeights, WeightFile
from soundforge.engines.separators import Licence, Separator

SEPARATOR = Separator(
    name="htdemucs",
    label="Hybrid Transformer Demucs",
    description="Four stems by a hybrid transformer network; the model most tools default to.",
    stems=("drums", "bass", "other", "vocals"),
    sample_rate_hz=44100,
    family="htdemucs",
    quality=50,
    memory_bytes=1_100_000_000,
    licence=Licence(
        text=(
            "The author of Demucs says that the weights are not covered by the code's MIT licence "
            "and are provided for scientific purposes only."
        ),
        url="https://github.com/facebookresearch/demucs/issues/327",
    ),
    weights=FileWeights(
        base_url="https://dl.fbaipublicfiles.com/demucs",
        files=(
            WeightFile(
                signature="955717e8",
                sha256="8726e21a993978c7ba086d3872e7608d7d5bfca646ca4aca459ffda844faa8b4",
                folder="hybrid_transformer",
            ),
        ),
        size_bytes=84_000_000,
        skeleton="htdemucs",
    ),
    run="soundforge.engines.demucs:separate",
)
