"""Only a Demucs network becomes one; the published files are in the integration tests."""

from __future__ import annotations

import pytest

from soundforge.engines import demucs_checkpoint, demucs_published, weights
from soundforge.engines.checkpoints import Refused
from tests.fixtures import roformer_weights
from tests.fixtures.demucs_weights import write_safetensors

DEMUCS = [m for m in weights.descriptions().values() if m.run == demucs_published.RUN]


@pytest.mark.parametrize("model", DEMUCS, ids=lambda model: model.name)
@pytest.mark.parametrize("is_ckpt", [True, False], ids=["ckpt", "safetensors"])
def test_a_network_of_another_family_is_refused(model, is_ckpt, tmp_path):
    arrays = roformer_weights.random_arrays()
    if is_ckpt:
        roformer_weights.write_ckpt(tmp_path / "x", arrays)
    else:
        write_safetensors(tmp_path / "x", arrays, {"klass": "mel_band_roformer.MelBandRoformer"})

    with pytest.raises(Refused):
        demucs_checkpoint.read(tmp_path / "x", model)


def test_the_family_shares_its_licence():
    assert {model.licence for model in DEMUCS} == {demucs_published.LICENCE}
