"""Published weight files become an installed model; random weights in the real architecture."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from soundforge.engines import published_weights, pull_model, skeleton, weights
from soundforge.engines.runtime import EngineError
from tests.fixtures import demucs_weights
from tests.fixtures.mirror import serving

HTDEMUCS = weights.description("htdemucs")


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A folder with a file of random weights for ``htdemucs``, as a user of it has."""
    return demucs_weights.write_model(tmp_path_factory.mktemp("source"), "htdemucs")


@pytest.fixture(scope="module")
def published(source):
    """The description, as if the random file were the published one."""
    sha256 = weights.file_sha256(source / "955717e8.safetensors")
    (file,) = HTDEMUCS.weights.files
    return replace(HTDEMUCS.weights, files=(replace(file, sha256=sha256),))


@pytest.fixture
def mirror(published, source, tmp_path):
    """A mirror on this machine: a folder, and its address."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    content = (source / "955717e8.safetensors").read_bytes()
    (folder / published.files[0].file_name).write_bytes(content)
    with serving(folder) as address:
        yield folder, address


def install(wanted, tmp_path, report=None, **params):
    work = tmp_path / "work"
    work.mkdir(exist_ok=True)
    params = {"models_dir": str(tmp_path), **params}
    return published_weights.install(
        HTDEMUCS, wanted, params, work, report or (lambda *_, **__: None)
    )


def test_a_fetched_file_becomes_arrays_and_a_manifest(published, mirror, tmp_path):
    told = []

    folder = install(
        published, tmp_path, lambda f, m, **d: told.append((f, m, d)), mirror=mirror[1]
    )

    manifest = json.loads((folder / weights.MANIFEST_FILE).read_text())
    assert manifest["source"] == "published"
    with np.load(folder / weights.WEIGHTS_FILE) as arrays:
        found = {name.removeprefix("955717e8/"): arrays[name].shape for name in arrays}
    assert found.pop("@arguments")
    assert found == skeleton.weight_shapes("htdemucs")
    assert [f for f, _, _ in told] == sorted(f for f, _, _ in told)
    assert told[0][2]["received_bytes"] > 0
    assert list((tmp_path / ".htdemucs.download").iterdir()) == []


def test_another_file_at_the_mirror_is_refused_and_fetched_anew(published, mirror, tmp_path):
    file = mirror[0] / published.files[0].file_name
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))

    with pytest.raises(EngineError) as refusal:
        install(published, tmp_path, mirror=mirror[1])

    assert refusal.value.code == "weights_hash_mismatch"
    file.write_bytes(whole)
    assert install(published, tmp_path, mirror=mirror[1]).is_dir()


def test_no_host_says_how_to_go_on_without_one(published, tmp_path):
    with pytest.raises(EngineError) as refusal:
        install(published, tmp_path, mirror="http://127.0.0.1:9")

    assert (refusal.value.code, refusal.value.retryable) == ("weights_unreachable", True)
    assert "sfa models import htdemucs" in refusal.value.next_step


def pull(tmp_path, file, model="htdemucs", **more):
    params = {"model": model, "models_dir": str(tmp_path / "models"), "file": str(file), **more}
    return pull_model.pull(params, lambda *_, **__: None)


def test_files_that_are_not_the_published_ones_are_taken_on_request_only(source, tmp_path):
    with pytest.raises(EngineError) as refusal:
        pull(tmp_path, source)
    assert refusal.value.code == "weights_hash_mismatch"
    assert HTDEMUCS.weights.files[0].sha256 in refusal.value.next_step
    assert "--unknown" in refusal.value.next_step

    assert pull(tmp_path, source, accepts_unknown=True)["is_new"]

    assert weights.find(tmp_path / "models", "htdemucs").manifest.source == "unknown files"


def test_a_file_takes_the_place_of_other_weights_and_is_read_before(source, tmp_path):
    first = pull(tmp_path, source, accepts_unknown=True)
    web_page = tmp_path / "page.th"
    web_page.write_text("<html>Who are you?</html>")

    with pytest.raises(EngineError) as refusal:
        pull(tmp_path, web_page, accepts_unknown=True)
    assert refusal.value.code == "weights_invalid"
    assert weights.find(tmp_path / "models", "htdemucs").weights_hash == first["weights_hash"]

    other = pull(tmp_path, file_with(tmp_path), accepts_unknown=True)
    assert other["is_new"]
    assert other["weights_hash"] != first["weights_hash"]


def test_the_same_file_again_mends_what_is_damaged_and_else_does_nothing(source, tmp_path):
    pull(tmp_path, source, accepts_unknown=True)
    assert not pull(tmp_path, source, accepts_unknown=True)["is_new"]
    with weights.find(tmp_path / "models", "htdemucs").path.open("r+b") as file:
        file.seek(1_000_000)
        file.write(bytes(1000))

    assert pull(tmp_path, source, accepts_unknown=True)["is_new"]

    assert weights.is_whole(weights.find(tmp_path / "models", "htdemucs"))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "nothing is in it"),
        (b"PK\x03\x04" + bytes(100), "cut short"),
        (b"<!doctype html><html></html>", "neither a torch file nor safetensors"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(content, sentence, tmp_path):
    path = tmp_path / "955717e8.th"
    path.write_bytes(content)

    with pytest.raises(EngineError, match=sentence):
        pull(tmp_path, path, accepts_unknown=True)


def test_safetensors_without_their_end_were_cut_short(source, tmp_path):
    path = tmp_path / "x.safetensors"
    path.write_bytes((source / "955717e8.safetensors").read_bytes()[:20_000_000])

    with pytest.raises(EngineError, match="cut short"):
        pull(tmp_path, path, accepts_unknown=True)


def file_with(tmp_path, change=lambda arrays: arrays, **about):
    arrays = change(demucs_weights.random_arrays("htdemucs"))
    about = {"klass": "demucs.htdemucs.HTDemucs", "args": "[]", "kwargs": "{}", **about}
    return demucs_weights.write_safetensors(tmp_path / "x.safetensors", arrays, about)


def without(name):
    return lambda arrays: {key: array for key, array in arrays.items() if key != name}


def changed(name, array):
    return lambda arrays: {**arrays, name: array}


BIAS = "decoder.3.conv_tr.bias"
WRONG = {
    "a weight is missing": {"change": without(BIAS)},
    "one too many": {"change": changed("more", np.zeros(1, np.float16))},
    "another shape": {"change": changed(BIAS, np.zeros(3, np.float16))},
    "not a number": {"change": changed(BIAS, np.full(16, np.nan, np.float16))},
    "another network": {"klass": "demucs.hdemucs.HDemucs"},
    "other heads": {"kwargs": '{"t_heads": 4}'},
    "another norm": {"kwargs": '{"norm_starts": 2}'},
    "other stems": {"kwargs": '{"sources": ["vocals", "other"]}'},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_weights_of_another_network_are_refused_and_nothing_is_left(wrong, tmp_path):
    with pytest.raises(EngineError) as refusal:
        pull(tmp_path, file_with(tmp_path, **wrong), accepts_unknown=True)

    assert refusal.value.code == "weights_invalid"
    assert [p for p in (tmp_path / "models").iterdir() if p.is_dir()] == []


@pytest.mark.parametrize(
    ("model", "is_folder", "code"),
    [
        ("htdemucs_ft", False, "weights_invalid"),
        ("htdemucs_ft", True, "weights_invalid"),
        ("htdemucs_6s", False, "weights_invalid"),
    ],
)
def test_files_of_another_model_are_refused(model, is_folder, code, source, tmp_path):
    file = source if is_folder else source / "955717e8.safetensors"

    with pytest.raises(EngineError) as refusal:
        pull(tmp_path, file, model=model, accepts_unknown=True)

    assert refusal.value.code == code
    assert refusal.value.next_step
