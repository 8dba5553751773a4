"""HTDemucs, fine-tuned: one network for each of the four stems."""

from __future__ import annotations

from soundforge.engines import demucs_published
from soundforge.engines.published import WeightFile
from soundforge.engines.separators import Separator

SEPARATOR = Separator(
    name="htdemucs_ft",
    label="Hybrid Transformer Demucs, fine-tuned",
    description="Four stems by one fine-tuned network each: the best of the family, four times the work.",
    stems=("drums", "bass", "other", "vocals"),
    sample_rate_hz=44100,
    family="htdemucs",
    quality=60,
    memory_bytes=2_200_000_000,
    licence=demucs_published.LICENCE,
    weights=demucs_published.weights(
        "htdemucs",
        336_000_000,
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
    run=demucs_published.RUN,
)
