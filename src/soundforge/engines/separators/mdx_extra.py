"""MDX Extra: a bag of four HDemucs networks."""

from __future__ import annotations

from soundforge.engines.separators import Licence, Separator

SEPARATOR = Separator(
    name="mdx_extra",
    label="MDX Extra",
    description="Four stems by a bag of four older hybrid networks.",
    stems=("drums", "bass", "other", "vocals"),
    sample_rate_hz=44100,
    family="hdemucs",
    quality=30,
    licence=Licence(
        text=(
            "The author of Demucs says that the weights are not covered by the code's MIT licence "
            "and are provided for scientific purposes only."
        ),
        url="https://github.com/facebookresearch/demucs/issues/327",
    ),
    unavailable_reason="This release cannot run the Demucs family yet.",
)
