"""The description files: one model each, named as its file, honest about what runs."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from soundforge.engines import published, separators, weights
from soundforge.engines.separators import (
    htdemucs,
    htdemucs_6s,
    htdemucs_ft,
    mdx_extra,
    mel_roformer_kim,
    spleeter_2stems,
)

DEMUCS = [htdemucs, htdemucs_ft, htdemucs_6s, mdx_extra]
FILES = sorted(Path(separators.__file__).parent.glob("[!_]*.py"))


@pytest.mark.parametrize("name", [file.stem for file in FILES])
def test_a_description_has_the_name_of_its_file(name):
    assert weights.descriptions()[name].name == name


def test_each_file_is_a_model_and_nothing_else_lists_it():
    assert list(weights.descriptions()) == [file.stem for file in FILES]


def test_the_quality_ranks_differ():
    ranks = [model.quality for model in weights.descriptions().values()]

    assert len(set(ranks)) == len(ranks)


@pytest.mark.parametrize("model", weights.descriptions().values(), ids=lambda model: model.name)
def test_what_is_available_names_functions_that_exist(model):
    if not model.is_available:
        assert model.unavailable_reason
        assert model.size_bytes is None
        return
    how = "read" if isinstance(model.weights, published.FileWeights) else "convert"
    for reference in (model.run, getattr(model.weights, how)):
        module, _, function = reference.partition(":")
        assert callable(getattr(importlib.import_module(module), function))


@pytest.mark.parametrize("model", [m.SEPARATOR for m in DEMUCS], ids=lambda model: model.name)
def test_published_files_carry_the_beginning_of_their_hash(model):
    assert isinstance(model.weights, published.FileWeights)
    for file in model.weights.files:
        assert len(file.sha256) == 64
        assert file.file_name == f"{file.signature}-{file.sha256[:8]}.th"
        assert model.weights.url(file).startswith("https://")
        assert model.weights.url(file, "http://here/w/") == f"http://here/w/{file.file_name}"
    assert {stem for file in model.weights.files for stem in file.stems} <= set(model.stems)


def test_the_identity_of_the_weights_depends_on_their_content_only():
    wheel = spleeter_2stems.SEPARATOR.weights

    assert weights.weights_hash(wheel).startswith("c737fb7ec2a1e6a4")


@pytest.mark.parametrize("model", weights.descriptions().values(), ids=lambda model: model.name)
def test_a_network_fits_into_whole_frames_and_makes_what_the_model_names(model):
    if network := model.network:
        assert network.segment % network.hop == 0
        assert set(network.sources) <= set(model.stems)
        assert len(set(model.stems) - set(network.sources)) <= 1  # the rest is one stem


def test_a_file_may_have_a_name_of_its_own():
    wanted = mel_roformer_kim.SEPARATOR.weights
    (file,) = wanted.files

    assert wanted.url(file).endswith(f"/resolve/{file.folder}/MelBandRoformer.ckpt")
    assert wanted.url(file, "http://here/w") == "http://here/w/MelBandRoformer.ckpt"
