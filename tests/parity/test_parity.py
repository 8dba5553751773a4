"""The whole way from a file to stems, beside the reference implementation: `make parity`.

The same random weights, `apply_model(shifts=0)` of demucs-infer with torch, every model. The
difference must lie 90 dB below the stems. Needs an environment of its own; see scripts/parity.sh.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from soundforge.engines import (
    demucs_border,
    openvino_cpu,
    separate,
    skeleton,
    weight_files,
    weights,
)
from tests.fixtures import demucs_weights

torch = pytest.importorskip("torch")
pytest.importorskip("demucs_infer")

import skeleton_networks  # noqa: E402 -- of scripts/, and it needs torch
from demucs_infer import transformer  # noqa: E402
from demucs_infer.apply import BagOfModels, apply_model  # noqa: E402

RATE_HZ = 44100
ENOUGH_DB = 90.0
ONE_EACH = [[float(i == j) for j in range(4)] for i in range(4)]
# Lengths with one, two and more segments, last ones that are nearly full and nearly empty.
CASES = [
    *[("htdemucs", *of, None) for of in ((14, 0.25), (8, 0.25), (27, 0.1), (20, 0.5))],
    ("htdemucs", 1, 0.25, ["bass"]),
    *[("htdemucs_6s", *of, None) for of in ((11, 0.25), (16, 0.1), (13, 0.5))],
    *[("htdemucs_ft", *of, None) for of in ((10, 0.25), (8, 0.1), (9, 0.5))],
    ("htdemucs_ft", 10, 0.25, ["vocals"]),
    *[("mdx_extra", *of, None) for of in ((5, 0.25), (48, 0.25), (100, 0.1), (70, 0.5))],
]


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("parity")


def music(seconds):
    rng = np.random.default_rng(5)
    frames = int(seconds * RATE_HZ) + 17
    t_s = np.arange(frames) / RATE_HZ
    tones = sum(np.sin(2 * np.pi * f * t_s) * (1 + np.sin(t_s * f / 70)) for f in (110, 331, 1760))
    beats = rng.standard_normal(frames) * np.exp(-12 * (t_s % 0.5))
    return np.stack([0.05 * tones + 0.2 * beats, 0.08 * tones + 0.1 * beats]).astype(np.float32)


def reference(model, files, mix, overlap):
    """Return the stems by name, as demucs makes them."""
    family = model.weights.skeleton
    networks = []
    for file in model.weights.files:
        network = skeleton_networks.make(family)
        arrays = weight_files.read(files / f"{file.signature}.safetensors").arrays
        network.load_state_dict(
            {name: torch.from_numpy(array.astype(np.float32)) for name, array in arrays.items()}
        )
        networks.append(network)
    bag = BagOfModels(networks, ONE_EACH if model.name == "htdemucs_ft" else None)
    wave = torch.from_numpy(mix)
    mono = wave.mean(0)
    level, mean = mono.std() + 1e-8, mono.mean()
    with torch.no_grad():
        out = apply_model(bag, ((wave - mean) / level)[None], shifts=0, overlap=overlap)[0]
    return dict(zip(model.stems, (out * level + mean).numpy(), strict=True))


@pytest.mark.parametrize(("name", "seconds", "overlap", "stems"), CASES)
def test_stems_are_those_of_the_reference(name, seconds, overlap, stems, folder):
    model, mix = weights.description(name), music(seconds)
    models_dir = demucs_weights.install(folder, name)
    out_dir = folder / f"{name}-{seconds}-{overlap}-{stems}"
    out_dir.mkdir()
    soundfile.write(out_dir / "mix.wav", mix.T, RATE_HZ, "FLOAT")
    params = {"model": name, "path": str(out_dir / "mix.wav"), "out_dir": str(out_dir)}
    more = {"models_dir": str(models_dir), "format": "wav", "precision": "f32", "stems": stems}

    separate.separate({**params, **more, "overlap": overlap}, lambda *_, **__: None)

    expected = reference(model, folder / "files" / name, mix, overlap)
    for stem in stems or model.stems:
        found = soundfile.read(out_dir / f"{stem}.wav", dtype="float32")[0].T
        agreement_db = sdr_db(expected[stem], found)
        print(f"{name} {seconds} s overlap {overlap} {stem}: {agreement_db:.1f} dB")
        assert found.shape == mix.shape
        assert agreement_db >= ENOUGH_DB


@pytest.mark.parametrize("name", ["hdemucs", "hdemucs_old"])
@pytest.mark.parametrize("samples", [2_000, 44_100, 204_800, 300_001, 500_000])
def test_hdemucs_is_the_reference_at_any_length(name, samples):
    network = skeleton_networks.make(name)
    mix = music(12)[:, :samples]
    with torch.no_grad():
        expected = network(torch.from_numpy(mix)[None])[0].numpy()
    arrays = {key: value.numpy() for key, value in network.state_dict().items()}
    model = skeleton.network_for("hdemucs", arrays, samples, range(4))
    request = openvino_cpu.compile_model(model).create_infer_request()
    border = demucs_border.Border(samples, is_old=name == "hdemucs_old")
    x, xt, level = border.enter(mix)

    request.infer([x, xt])

    found = border.leave(
        request.get_output_tensor(0).data, request.get_output_tensor(1).data, level
    )
    assert sdr_db(expected, found) >= ENOUGH_DB


def test_the_skeletons_are_those_that_the_script_builds(folder):
    import build_skeletons

    for name in build_skeletons.SKELETONS:
        build_skeletons.save(folder / f"{name}.zip", *build_skeletons.build(name))

        committed = Path(build_skeletons.OUT / f"{name}.zip").read_bytes()
        assert (folder / f"{name}.zip").read_bytes() == committed
        # Else the next test in this process would run networks with the positions of a trace.
        assert transformer.create_sin_embedding is build_skeletons.POSITIONS_1D
        assert transformer.create_2d_sin_embedding is build_skeletons.POSITIONS_2D


def sdr_db(expected, found):
    error = np.square(expected.astype(np.float64) - found).sum()
    return 10 * np.log10(np.square(expected.astype(np.float64)).sum() / error)
