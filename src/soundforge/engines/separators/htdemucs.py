"""HTDemucs: four stems, the default of the compatibility routes."""

from __future__ import annotations

from soundforge.engines.separators import Licence, Separator

SEPARATOR = Separator(
    name="htdemucs",
    label="Hybrid Transformer Demucs",
    description="Four stems by a hybrid transformer network; the model most tools default to.",
    stems=("drums", "bass", "other", "vocals"),
    sample_rate_hz=44100,
    family="htdemucs",
    quality=50,
    licence=Licence(
        text=(
            "The author of Demucs says that the weights are not covered by the code's MIT licence "
            "and are provided for scientific purposes only."
        ),
        url="https://github.com/facebookresearch/demucs/issues/327",
    ),
    unavailable_reason="This release cannot run the Demucs family yet.",
)
