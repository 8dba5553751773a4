"""Basic Pitch: notes of any instrument, one network of 230 kB."""

from __future__ import annotations

from soundforge.engines.networks import Network
from soundforge.engines.wheel import Licence, WheelMember, WheelWeights

NETWORK = Network(
    name="basic_pitch",
    label="Basic Pitch",
    features=("notes",),
    licence=Licence(
        text="Basic Pitch, Copyright 2022 Spotify AB, Apache License 2.0.",
        url="https://www.apache.org/licenses/LICENSE-2.0",
    ),
    weights=WheelWeights(
        package="basic-pitch",
        version="0.4.0",
        file_name="basic_pitch-0.4.0-py2.py3-none-any.whl",
        size_bytes=758_279,
        sha256="738adb503aae7fdfc7d1e1511aa0ce35052315f260a19531ef4c356708425db0",
        members=(
            WheelMember(
                network="notes",
                path="basic_pitch/saved_models/icassp_2022/nmp.onnx",
                size_bytes=230_444,
                sha256="2c3c1d144bfa61ad236e92e169c13535c880469a12a047d4e73451f2c059a0ec",
            ),
        ),
        convert="soundforge.engines.notes.network:read_weights",
    ),
)
