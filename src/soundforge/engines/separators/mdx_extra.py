"""MDX Extra: a bag of four HDemucs networks."""

from __future__ import annotations

from soundforge.engines import demucs_published
from soundforge.engines.published import WeightFile
from soundforge.engines.separators import Separator, SmallerSegment

SEPARATOR = Separator(
    name="mdx_extra",
    label="MDX Extra",
    description="Four stems by a bag of four older hybrid networks.",
    stems=("drums", "bass", "other", "vocals"),
    sample_rate_hz=44100,
    family="hdemucs",
    quality=30,
    memory_bytes=4_600_000_000,
    smaller=(SmallerSegment(22, 3_400_000_000), SmallerSegment(11, 2_900_000_000)),
    licence=demucs_published.LICENCE,
    weights=demucs_published.weights(
        "hdemucs",
        670_000_000,
        WeightFile(
            signature="e51eebcc",
            sha256="c1b80bdd6de58274abf359e66822a76f49ce2b9f086fc5dc917ac14598e6bebf",
            folder="mdx_final",
        ),
        WeightFile(
            signature="a1d90b5c",
            sha256="ae9d245283bf24b552913ee233a1101dcd0aeaed59b1c0a2da0e1f6eda15101b",
            folder="mdx_final",
        ),
        WeightFile(
            signature="5d2d6c55",
            sha256="db83574e05b2308f76e2764819da673f2d16d437b9e619f5fcb72f275fc0e24f",
            folder="mdx_final",
        ),
        WeightFile(
            signature="cfa93e08",
            sha256="61801ae1567d606c97a9c3469e943ae306d0a873eeb60d623ae7cfc7042b3f68",
            folder="mdx_final",
        ),
    ),
    run=demucs_published.RUN,
)
