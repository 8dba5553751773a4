"""The list of models, without any weights."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from soundforge import errors
from soundforge.audio import licences
from soundforge.audio.engine import Engine
from soundforge.audio.model_info import ModelInfo
from soundforge.audio.models import Models
from soundforge.engines import weights

SPLEETER = "spleeter_2stems"
DEMUCS = ["htdemucs", "htdemucs_ft", "htdemucs_6s", "mdx_extra"]
ROFORMER = "mel_roformer_kim"


@pytest.fixture
def models(tmp_path):
    return Models(tmp_path / "models", Engine())


def put_weights(models, name=SPLEETER, *, size_bytes=10, content=b"0123456789"):
    folder = models.models_dir / name
    folder.mkdir(parents=True)
    (folder / weights.WEIGHTS_FILE).write_bytes(content)
    sha256 = weights.file_sha256(folder / weights.WEIGHTS_FILE)
    manifest = weights.Manifest(name, "hash", sha256, size_bytes, "test", "0", "2026-01-01")
    weights.write_manifest(folder, manifest)
    return folder


def test_every_model_is_listed_the_best_first(models):
    listed = models.list()

    assert {SPLEETER, ROFORMER, *DEMUCS} <= {model.name for model in listed}
    assert [m.quality for m in listed] == sorted((m.quality for m in listed), reverse=True)
    assert not any(model.installed for model in listed)


def test_every_model_can_run_and_only_the_free_one_comes_by_itself(models):
    for model in models.list():
        assert model.available
        assert not model.reason
        assert model.is_fetched_by_itself == (model.name == SPLEETER)


def test_every_description_is_complete(models):
    for model in models.list():
        assert model.label
        assert model.description.endswith(".")
        assert model.licence
        assert model.licence_url.startswith("https://")
        assert len(set(model.stems)) == len(model.stems) >= 2
        assert weights.description(model.name).name == model.name


def test_listing_loads_nothing_heavy():
    code = (
        "import sys, json; from pathlib import Path;"
        "from soundforge.audio.models import Models; from soundforge.audio.engine import Engine;"
        "from soundforge.audio import separator;"
        "Models(Path('x'), Engine()).list(); print(json.dumps(list(sys.modules)))"
    )

    loaded = json.loads(subprocess.check_output([sys.executable, "-c", code]))

    assert not {"numpy", "scipy", "openvino", "soundfile", "soxr", "sphn"} & set(loaded)


def test_nothing_installed_means_no_default(models):
    assert models.default() is None


def test_the_default_is_what_is_installed(models):
    put_weights(models)

    assert models.default() == SPLEETER
    assert models.installed(SPLEETER)
    assert models.require(SPLEETER).installed


def test_the_default_is_the_best_that_is_installed(models):
    put_weights(models)
    put_weights(models, "htdemucs_6s")

    assert models.default() == models.first_choice() == "htdemucs_6s"


def test_with_nothing_installed_the_first_choice_is_what_comes_by_itself(models):
    assert models.first_choice() == SPLEETER
    assert models.require_at_hand(SPLEETER).name == SPLEETER


@pytest.mark.parametrize("name", ["", "nothing", "../etc", "spleeter_2stems/../x", "x" * 9999])
async def test_an_unknown_model_is_refused_everywhere(models, name, tmp_path):
    assert not models.installed(name)
    for call in (models.require, models.info):
        with pytest.raises(errors.Invalid) as refusal:
            call(name)
        assert refusal.value.code == "model_unknown"
        assert len(refusal.value.message) < 200
    for coroutine in (
        models.pull(name),
        models.import_file(name, tmp_path),
        models.verify(name),
        models.remove(name),
    ):
        with pytest.raises(errors.Invalid, match="no separation model"):
            await coroutine


def test_missing_weights_are_a_conflict_with_the_next_step(models):
    with pytest.raises(errors.Conflict) as refusal:
        models.require(SPLEETER)

    assert refusal.value.code == "model_not_installed"
    assert f"sfa models pull {SPLEETER}" in refusal.value.next_step
    assert "another model" not in refusal.value.next_step  # there is none


@pytest.mark.parametrize("name", DEMUCS)
def test_a_demucs_model_is_not_installed_and_another_is_offered(models, name):
    with pytest.raises(errors.Conflict) as refusal:
        models.require(name)

    assert refusal.value.code == "model_not_installed"
    assert refusal.value.next_step.endswith(f"choose another model: {SPLEETER}.")
    assert f"sfa models pull {name}" in refusal.value.next_step
    with pytest.raises(errors.Conflict, match="not on this machine"):
        models.require_at_hand(name)


@pytest.mark.parametrize("name", DEMUCS)
async def test_a_licence_in_doubt_is_accepted_by_a_person_before_the_fetch(models, name):
    with pytest.raises(errors.Conflict) as refusal:
        await models.pull(name)

    assert refusal.value.code == "licence_not_accepted"
    assert "MIT licence" in refusal.value.message
    assert "https://" in refusal.value.next_step
    assert f"sfa models pull {name} --accept-licence" in refusal.value.next_step
    assert "?accept_licence=true" in refusal.value.next_step
    assert models.info(name).needs_consent


@pytest.mark.parametrize("is_cut_short", [True, False])
def test_weights_that_are_gone_come_again_once_their_licence_was_accepted(models, is_cut_short):
    licences.accept(models.models_dir, weights.description("htdemucs"))
    if is_cut_short:
        put_weights(models, "htdemucs", size_bytes=11)

    assert not models.installed("htdemucs")
    assert models.require_at_hand("htdemucs").name == "htdemucs"
    assert models.first_choice() == SPLEETER
    with pytest.raises(errors.Conflict, match="not on this machine"):
        models.require_at_hand("htdemucs_ft")


async def test_a_licence_is_asked_about_once(models):
    licences.accept(models.models_dir, weights.description("htdemucs"))

    assert not models.info("htdemucs").needs_consent
    assert models.info("mdx_extra").needs_consent
    assert not models.info(SPLEETER).needs_consent


@pytest.mark.parametrize(
    "manifest",
    ["", "{", "[]", "{}", '{"model": "spleeter_2stems"}', "null", '{"surprise": 1}', "\0\0"],
)
def test_a_broken_manifest_means_not_installed(models, manifest):
    folder = put_weights(models)
    (folder / weights.MANIFEST_FILE).write_text(manifest)

    assert not models.installed(SPLEETER)


def test_weights_of_the_wrong_size_are_not_installed(models):
    put_weights(models, size_bytes=11)

    assert not models.installed(SPLEETER)


async def test_verify_notices_a_changed_byte(models):
    folder = put_weights(models)
    assert await models.verify(SPLEETER)

    (folder / weights.WEIGHTS_FILE).write_bytes(b"012345678X")

    assert not await models.verify(SPLEETER)


async def test_remove_leaves_nothing_and_may_be_repeated(models):
    put_weights(models)

    await models.remove(SPLEETER)
    await models.remove(SPLEETER)

    assert not models.installed(SPLEETER)
    assert [p.name for p in models.models_dir.iterdir() if p.is_dir()] == []


def test_every_model_says_how_much_memory_it_needs(models):
    for model in models.list():
        assert isinstance(model, ModelInfo)
        assert 500_000_000 <= model.memory_bytes <= 7_000_000_000
        ways = [model.memory_bytes, *(smaller.memory_bytes for smaller in model.smaller)]
        assert ways == sorted(ways, reverse=True)
