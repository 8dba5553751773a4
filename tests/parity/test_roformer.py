"""The RoFormer from a file to stems, beside its reference package in torch, random weights.

The network, and the sum over a whole file, as melband-roformer-infer has them: the inference code
that the published model's author gives out, as a package. Small networks at many lengths, the
published one's numbers once: it takes minutes.
"""

from __future__ import annotations

from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

torch = pytest.importorskip("torch")
pytest.importorskip("mel_band_roformer")

from mel_band_roformer import MelBandRoformer  # noqa: E402
from mel_band_roformer.utils import demix_track  # noqa: E402

from soundforge.engines import pull_model, roformer_bands, separate, weights  # noqa: E402
from tests.fixtures.roformer_weights import MODEL, NETWORK, RATE_HZ  # noqa: E402

ENOUGH_DB = 90.0
ONE_SOURCE = replace(NETWORK, sources=("vocals",), mask_depth=2, depth=2)
# Seconds, overlap: shorter than two borders and longer, last segments nearly full, nearly empty.
CASES = [(0.02, 0.5), (0.2, 0.5), (0.33, 0.5), (0.34, 0.5), (1.0, 0.5), (2.5, 0.75)]


def make(network, seed=0):
    """Return the reference's network with random weights in which no branch is near zero."""
    torch.manual_seed(seed)
    made = MelBandRoformer(
        dim=network.width,
        depth=network.depth,
        stereo=True,
        num_stems=len(network.sources),
        time_transformer_depth=network.time_depth,
        freq_transformer_depth=network.band_depth,
        num_bands=network.bands,
        dim_head=network.head_width,
        heads=network.heads,
        attn_dropout=0,
        ff_dropout=0,
        dim_freqs_in=network.bins,
        sample_rate=RATE_HZ,
        stft_n_fft=network.fft_size,
        stft_hop_length=network.hop,
        stft_win_length=network.fft_size,
        mask_estimator_depth=network.mask_depth,
    )
    chance = torch.Generator().manual_seed(seed + 1)
    with torch.no_grad():
        for name, parameter in made.named_parameters():
            if name.endswith("gamma"):
                parameter.copy_(0.7 + 0.6 * torch.rand(parameter.shape, generator=chance))
    return made.eval()


def music(seconds):
    rng = np.random.default_rng(5)
    t_s = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    tones = sum(np.sin(2 * np.pi * f * t_s) * (1 + np.sin(t_s * f / 70)) for f in (110, 331, 1760))
    beats = rng.standard_normal(len(t_s)) * np.exp(-12 * (t_s % 0.5))
    return np.stack([0.05 * tones + 0.2 * beats, 0.08 * tones + 0.1 * beats]).astype(np.float32)


def reference(made, model, mix, overlap):
    """Return the stems by name, as the package makes them, and the mix without them."""
    network = model.network
    count = round(1 / (1 - overlap))
    config = SimpleNamespace(
        inference=SimpleNamespace(chunk_size=network.segment, num_overlap=count),
        training=SimpleNamespace(instruments=list(network.sources), target_instrument=None),
    )
    if len(network.sources) == 1:
        config.training.target_instrument = network.sources[0]
    with redirect_stdout(StringIO()):
        stems, _ = demix_track(config, made, torch.from_numpy(mix), "cpu")
    (rest,) = set(model.stems) - set(network.sources)
    return {**stems, rest: mix - sum(stems.values())}


def compare(model, seconds, overlap, folder):
    made, mix = make(model.network), music(seconds)
    torch.save(made.state_dict(), folder / "network.ckpt")
    soundfile.write(folder / "mix.wav", mix.T, RATE_HZ, "FLOAT")
    params = {"models_dir": str(folder), "file": str(folder / "network.ckpt")}
    pull_model.install(model, {**params, "accepts_unknown": True}, lambda *_, **__: None)
    (folder / "out").mkdir()
    params |= {"path": str(folder / "mix.wav"), "out_dir": str(folder / "out"), "format": "wav"}
    params |= {"overlap": overlap, "precision": "f32"}
    report = separate.separate_with(model, params, lambda *_, **__: None)

    expected = reference(made, model, mix, overlap)
    for stem in model.stems:
        found = soundfile.read(folder / "out" / f"{stem}.wav", dtype="float32")[0].T
        agreement_db = sdr_db(expected[stem], found)
        print(f"{model.name} {seconds} s overlap {overlap} {stem}: {agreement_db:.1f} dB")
        assert found.shape == mix.shape
        assert agreement_db >= ENOUGH_DB
    return report


@pytest.mark.parametrize(("seconds", "overlap"), CASES)
def test_small_networks_make_what_the_reference_makes(seconds, overlap, tmp_path):
    stems = ("vocals", "accompaniment")

    compare(replace(MODEL, stems=stems, network=ONE_SOURCE), seconds, overlap, tmp_path)


def test_networks_of_several_sources_do_too(tmp_path):
    compare(MODEL, 1.5, 0.5, tmp_path)


def test_the_bands_are_those_of_the_reference():
    for count, size in [(60, 2048), (8, 512), (64, 4096)]:
        made = make(replace(NETWORK, bands=count, fft_size=size))

        bands = roformer_bands.Bands(count, size, RATE_HZ)

        assert bands.widths == (4 * made.num_freqs_per_band).tolist()


def test_the_published_network_makes_what_the_reference_makes(tmp_path):
    model = weights.description("mel_roformer_kim")

    report = compare(model, 7, model.overlap, tmp_path)

    print(f"took {report['took_s']:.0f} s")


def sdr_db(expected, found):
    error = np.square(expected.astype(np.float64) - found).sum()
    return 10 * np.log10(np.square(expected.astype(np.float64)).sum() / error)
