"""HTDemucs with six stems."""

from __future__ import annotations

from soundforge.engines.published import FileWeights, WeightFile
from soundforge.engines.separators import Licence, Separator

SEPARATOR = Separator(
    name="htdemucs_6s",
    label="Hybrid Transformer Demucs, 6 stems",
    description="Six stems: guitar and piano too; the piano is poor.",
    stems=("drums", "bass", "other", "vocals", "guitar", "piano"),
    sample_rate_hz=44100,
    family="htdemucs",
    quality=40,
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
                signature="5c90dfd2",
                sha256="34c22ccb381c6f9fdbf324f04e1e2fe21aaaf293f5ded163a162697ff9a02ddd",
                folder="hybrid_transformer",
            ),
        ),
        size_bytes=55_000_000,
        skeleton="htdemucs_6s",
    ),
    run="soundforge.engines.demucs:separate",
)
