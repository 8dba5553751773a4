"""Cues: the energy curve, its jumps, and where a player may want to go."""

from __future__ import annotations

import numpy as np
import pytest

from soundforge.engines.feature import Finding
from tests.fixtures.listening import FEATURES, RATE_HZ, find, in_blocks, listen, noise


def cues(*parts):
    return find(np.concatenate(parts), "cues").value


def test_the_curve_follows_the_level():
    curve = cues(noise(5), 0.5 * noise(5), np.zeros(5 * RATE_HZ))["energy_curve"]

    assert curve["step_s"] == 0.5
    assert len(curve["values"]) == 30
    assert curve["values"][4] == pytest.approx(1, abs=0.1)
    assert curve["values"][14] == pytest.approx(0.5, abs=0.05)
    assert curve["values"][-1] == 0


def test_a_jump_to_the_top_is_a_drop():
    (marker,) = cues(0.2 * noise(10), noise(10))["markers"]

    assert marker["kind"] == "drop"
    assert marker["time_s"] == pytest.approx(10, abs=0.5)
    assert marker["intensity"] > 0.8


def test_a_rise_before_a_drop_is_a_build_up():
    rising = noise(8) * np.geomspace(0.02, 0.2, 8 * RATE_HZ)

    kinds = [one["kind"] for one in cues(0.02 * noise(8), rising, noise(10))["markers"]]

    assert kinds[-2:] == ["build_up", "drop"]


def test_a_fall_is_told_from_a_rise():
    (marker,) = cues(noise(10), 0.2 * noise(10))["markers"]

    assert marker["kind"] == "energy_drop"


def test_out_of_silence_nothing_drops():
    assert cues(np.zeros(10 * RATE_HZ), noise(10))["markers"] == []


def test_points_are_where_the_music_begins_and_ends():
    points = cues(np.zeros(3 * RATE_HZ), noise(10), np.zeros(3 * RATE_HZ))["cue_points"]

    assert [one["kind"] for one in points] == ["start", "end"]
    assert [one["time_s"] for one in points] == pytest.approx([3, 13], abs=0.5)
    assert all(one["colour"].startswith("#") for one in points)


def test_sections_and_key_changes_are_points_and_markers():
    recording = listen(in_blocks(noise(30)), "cues")
    rows = [
        {"start_s": 0, "label": "A", "name": None},
        {"start_s": 10, "label": "B", "name": "chorus"},
        {"start_s": 20, "label": "C", "name": None},
    ]
    keys = [{"start_s": 0, "confidence": 0.2}, {"start_s": 20.2, "confidence": 0.4}]
    recording.found["sections"] = Finding({"sections": rows})
    recording.found["key"] = Finding({"segments": keys})

    found = FEATURES["cues"].extract(recording).value

    assert found["markers"] == [{"kind": "key_change", "time_s": 20, "intensity": 0.4}]
    labels = [one["label"] for one in found["cue_points"]]
    assert labels == ["Start", "Chorus", "Section C", "End"]


@pytest.mark.parametrize("signal", [np.zeros(9 * RATE_HZ), np.full(9 * RATE_HZ, 0.5)])
def test_silence_has_neither_markers_nor_points(signal):
    found = cues(signal)

    assert (found["markers"], found["cue_points"]) == ([], [])


@pytest.mark.parametrize("signal", [np.ones(1), noise(0.1), noise(30)])
def test_a_short_or_steady_recording_has_no_markers(signal):
    assert cues(signal)["markers"] == []
