"""HTDemucs with six stems."""

from __future__ import annotations

from soundforge.engines import demucs_published
from soundforge.engines.published import WeightFile
from soundforge.engines.separators import Separator

SEPARATOR = Separator(
    name="htdemucs_6s",
    label="Hybrid Transformer Demucs, 6 stems",
    description="Six stems: guitar and piano too; the piano is poor.",
    stems=("drums", "bass", "other", "vocals", "guitar", "piano"),
    sample_rate_hz=44100,
    family="htdemucs",
    quality=40,
    memory_bytes=1_000_000_000,
    licence=demucs_published.LICENCE,
    weights=demucs_published.weights(
        "htdemucs_6s",
        55_000_000,
        WeightFile(
            signature="5c90dfd2",
            sha256="34c22ccb381c6f9fdbf324f04e1e2fe21aaaf293f5ded163a162697ff9a02ddd",
            folder="hybrid_transformer",
        ),
    ),
    run=demucs_published.RUN,
)
