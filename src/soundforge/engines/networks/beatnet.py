"""BeatNet: beats and downbeats, three networks of 1.6 MB."""

from __future__ import annotations

from soundforge.engines.networks import Network
from soundforge.engines.wheel import Licence, WheelMember, WheelWeights

NETWORK = Network(
    name="beatnet",
    label="BeatNet",
    features=("beats", "tempo"),
    licence=Licence(
        text=(
            "BeatNet by Mojtaba Heydari, Frank Cwitkowitz and Zhiyao Duan, Creative Commons "
            "Attribution 4.0: use, change and share it, and name its authors."
        ),
        url="https://creativecommons.org/licenses/by/4.0/",
    ),
    weights=WheelWeights(
        package="BeatNet",
        version="1.1.3",
        file_name="BeatNet-1.1.3-py3-none-any.whl",
        size_bytes=9_155_419,
        sha256="1ecfa17bdcbe899975a88bdb6efebd6970d846a4f3b6cfd5c6f320647c641c7e",
        members=(
            WheelMember(
                network="first",
                path="BeatNet/models/model_1_weights.pt",
                size_bytes=1_612_179,
                sha256="619091bc317ca3e83b45591d46f6de3d5a41588bcb39fe9fe7be30cffa6aca84",
            ),
            WheelMember(
                network="second",
                path="BeatNet/models/model_2_weights.pt",
                size_bytes=1_612_179,
                sha256="5878a18c079fa0b0139879b14ed2b5b7595faef8c3d16210aed141fd00fa2d58",
            ),
            WheelMember(
                network="third",
                path="BeatNet/models/model_3_weights.pt",
                size_bytes=1_612_179,
                sha256="0c52a074ea38e8cb4a760ecfa3747c9cf91a1e3cd19f238eed80b0de763989ca",
            ),
        ),
        convert="soundforge.engines.beat_tracking.beatnet_graph:read_weights",
    ),
)
