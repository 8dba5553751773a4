"""HTDemucs, fine-tuned: one network for each of the four stems."""

from __future__ import annotations

from soundforge.engines.published import FileWeights, WeightFile
from soundforge.engines.separators import Licence, Separator

SEPARATOR = Separator(
    name="htdemucs_ft",
    label="Hybrid Transformer Demucs, fine-tuned",
    description="Four stems by one fine-tuned network each: the best of the family, four times the work.",
    stems=("drums", "bass", "other", "vocals"),
    sample_rate_hz=44100,
    family="htdemucs",
    quality=60,
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
                signature="f7e0c4bc",
                sha256="ba3fe64ae8ef66ac9a4857222ce48efbdc5eb3ad375cb79dd13debee5aaa4066",
                folder="hybrid_transformer",
                stems=("drums",),
            ),
            WeightFile(
                signature="d12395a8",
                sha256="e57c48e6b0e38af4f7118d7bd08c49f0a0c0edf7d09143bdd902ea0d237303e6",
                folder="hybrid_transformer",
                stems=("bass",),
            ),
            WeightFile(
                signature="92cfc3b6",
                sha256="ef3bcb9c8b40d14ae5d51b6db2587339cc12c6b77c0be151ce6d69002e087bf2",
                folder="hybrid_transformer",
                stems=("other",),
            ),
            WeightFile(
                signature="04573f0d",
                sha256="f3cf25b222c4eed7cd49dd8b2c9597d50c18bd154090f7b919cfa5f93cf22c49",
                folder="hybrid_transformer",
                stems=("vocals",),
            ),
        ),
        size_bytes=336_000_000,
        skeleton="htdemucs",
    ),
    run="soundforge.engines.demucs:separate",
)
