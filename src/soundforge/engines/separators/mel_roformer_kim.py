"""Mel-Band RoFormer by Kimberley Jensen: the best vocals, and what is left when they are gone."""

from __future__ import annotations

from soundforge.engines.published import FileWeights, WeightFile
from soundforge.engines.separators import Licence, RoformerNetwork, Separator

SEPARATOR = Separator(
    name="mel_roformer_kim",
    label="Mel-Band RoFormer by Kim",
    description="The cleanest vocals, and the mix without them; takes its time.",
    stems=("vocals", "accompaniment"),
    sample_rate_hz=44100,
    family="mel_band_roformer",
    quality=20,
    memory_bytes=4_000_000_000,
    overlap=0.5,
    patience=3,
    licence=Licence(
        text=(
            "The author, Kimberley Jensen, has put these weights under the MIT licence since April "
            "2026 (before that: GPL-3.0); the model card says no more than that. What music they "
            "were trained on, and with what rights, is not said."
        ),
        url="https://huggingface.co/KimberleyJSN/melbandroformer",
    ),
    weights=FileWeights(
        base_url="https://huggingface.co/KimberleyJSN/melbandroformer/resolve",
        files=(
            WeightFile(
                signature="MelBandRoformer",
                sha256="87201f4d31afb5bc79993230fc49446918425574db48c01c405e44f365c7559e",
                folder="ac9b0614ab3cd7f77219e18ba494dfd93956c348",
                published_name="MelBandRoformer.ckpt",
            ),
        ),
        size_bytes=913_106_900,
        read="soundforge.engines.roformer_checkpoint:read",
    ),
    network=RoformerNetwork(sources=("vocals",)),
    run="soundforge.engines.roformer:separate",
)
