"""HTDemucs, fine-tuned: one network for each of the four stems."""

from __future__ import annotations

from soundforge.engines.separators import Licence, Separator

SEPARATOR = Separator(
    name="htdemucs_ft",
    label="Hybrid Transformer Demucs, fine-tuned",
    description="Four stems by one fine-tuned network each: the best of the family, four times the work.",
    stems=("drums", "bass", "other", "vocals"),
    sample_rate_hz=44100,
    family="htdemucs",
    quality=60,
    licence=Licence(
        text=(
            "The author of Demucs says that the weights are not covered by the code's MIT licence "
            "and are provided for scientific purposes only."
        ),
        url="https://github.com/facebookresearch/demucs/issues/327",
    ),
    unavailable_reason="This release cannot run the Demucs family yet.",
)
