"""HTDemucs with six stems."""

from __future__ import annotations

from soundforge.engines.separators import Licence, Separator

SEPARATOR = Separator(
    name="htdemucs_6s",
    label="Hybrid Transformer Demucs, 6 stems",
    description="Six stems: guitar and piano too; the piano is poor.",
    stems=("drums", "bass", "other", "vocals", "guitar", "piano"),
    sample_rate_hz=44100,
    family="htdemucs",
    quality=40,
    licence=Licence(
        text=(
            "The author of Demucs says that the weights are not covered by the code's MIT licence "
            "and are provided for scientific purposes only."
        ),
        url="https://github.com/facebookresearch/demucs/issues/327",
    ),
    unavailable_reason="This release cannot run the Demucs family yet.",
)
