"""HTDemucs: four stems, the default of the compatibility routes."""

from __future__ import annotations

from soundforge.engines import demucs_published
from soundforge.engines.published import WeightFile
from soundforge.engines.separators import Separator

SEPARATOR = Separator(
    name="htdemucs",
    label="Hybrid Transformer Demucs",
    description="Four stems by a hybrid transformer network; the model most tools default to.",
    stems=("drums", "bass", "other", "vocals"),
    sample_rate_hz=44100,
    family="htdemucs",
    quality=50,
    memory_bytes=1_050_000_000,
    licence=demucs_published.LICENCE,
    weights=demucs_published.weights(
        "htdemucs",
        84_000_000,
        WeightFile(
            signature="955717e8",
            sha256="8726e21a993978c7ba086d3872e7608d7d5bfca646ca4aca459ffda844faa8b4",
            folder="hybrid_transformer",
        ),
    ),
    run=demucs_published.RUN,
)
