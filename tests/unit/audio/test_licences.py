"""A licence is accepted once, by a person, as it stands."""

import dataclasses
import json

import pytest

from soundforge.audio import licences
from soundforge.engines import weights


@pytest.fixture
def model():
    return weights.description("htdemucs")


def test_nothing_is_accepted_before_someone_does(tmp_path, model):
    assert not licences.is_accepted(tmp_path / "not there", model)


def test_accepting_is_kept_with_what_was_accepted_and_when(tmp_path, model):
    licences.accept(tmp_path / "models", model)
    licences.accept(tmp_path / "models", model)

    assert licences.is_accepted(tmp_path / "models", model)
    (file,) = (tmp_path / "models" / "accepted").iterdir()
    kept = json.loads(file.read_text())
    assert kept["licence"] == model.licence.text
    assert kept["accepted_at"].startswith("20")


def test_another_licence_is_asked_about_anew(tmp_path, model):
    licences.accept(tmp_path, model)
    other = dataclasses.replace(model.licence, text="All rights reserved.")

    assert not licences.is_accepted(tmp_path, dataclasses.replace(model, licence=other))
    assert not licences.is_accepted(tmp_path, weights.description("mdx_extra"))


@pytest.mark.parametrize("content", ["", "[]", "{}", "null", "\\xff"])
def test_a_broken_note_accepts_nothing(tmp_path, model, content):
    licences.accept(tmp_path, model)
    (tmp_path / "accepted" / "htdemucs.json").write_text(content)

    assert not licences.is_accepted(tmp_path, model)
