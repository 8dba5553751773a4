"""Chords: the right one, at the right time, without gaps, and none where none sounds."""

from __future__ import annotations

import numpy as np
import pytest

from soundforge.engines import chord_labels, chord_model
from soundforge.engines.feature import Finding
from tests.fixtures.audio import clicks
from tests.fixtures.listening import FEATURES, RATE_HZ, find, in_blocks, listen, noise, notes


def chords(signal):
    return find(signal, "chords").value


def played(label: str, duration_s: float = 2.0, *, with_bass: bool = True):
    """The chord around middle C over its root."""
    chord = chord_labels.parse(label)
    upper = [60 + (note - 60) % 12 for note in chord.pitch_classes]
    bass = [36 + (chord.root - 36) % 12] if with_bass else []
    return notes(duration_s, *upper, *bass)


@pytest.mark.parametrize("root", [0, 3, 7, 10])
@pytest.mark.parametrize("quality", chord_model.QUALITIES)
def test_a_held_chord_is_named(root, quality):
    label = chord_labels.Chord(root, quality).label

    segments = chords(played(label))["segments"]

    assert {one["label"] for one in segments} == {label}
    assert {one["simple_label"] for one in segments} == {chord_labels.parse(label).simple.label}


def test_a_progression_is_followed_without_gaps():
    labels = ["C:maj", "A:min", "F:maj", "G:7"]

    segments = chords(np.concatenate([played(label) for label in labels]))["segments"]

    assert [one["label"] for one in segments] == labels
    assert [one["start_s"] for one in segments] == pytest.approx([0, 2, 4, 6], abs=0.2)
    assert [one["end_s"] for one in segments[:-1]] == [one["start_s"] for one in segments[1:]]
    assert segments[-1]["end_s"] == 8
    assert all(one["confidence"] > 0.5 for one in segments)


def test_silence_between_chords_is_no_chord():
    signal = np.concatenate([played("C:maj"), np.zeros(2 * RATE_HZ), played("D:min")])

    assert [one["label"] for one in chords(signal)["segments"]] == ["C:maj", "N", "D:min"]


def test_chords_change_at_the_beats_that_were_found():
    recording = listen(
        in_blocks(np.concatenate([played("C:maj", 2.04), played("F:maj")])), "chords"
    )
    beats = {"beats_s": np.arange(0, 4, 0.5).tolist(), "confidence": 0.9, "bar_confidence": 0.0}
    recording.found["beats"] = Finding(beats)

    found = FEATURES["chords"].extract(recording).value

    assert found["is_on_beats"]
    assert [one["start_s"] for one in found["segments"]] == [0, 2.0]


def test_beats_nobody_trusts_are_not_used():
    recording = listen(in_blocks(played("C:maj")), "chords")
    beats = {"beats_s": np.arange(0, 4, 0.5).tolist(), "confidence": 0.01, "bar_confidence": 0.0}
    recording.found["beats"] = Finding(beats)

    assert not FEATURES["chords"].extract(recording).value["is_on_beats"]


@pytest.mark.parametrize(
    "signal",
    [noise(8), np.zeros(3 * RATE_HZ), np.full(3 * RATE_HZ, 0.5), np.ones(1), noise(0.1)],
    ids=["noise", "silence", "direct current", "one sample", "a tenth of a second"],
)
def test_where_no_chord_sounds_none_is_named(signal):
    found = chords(signal)

    assert {one["label"] for one in found["segments"]} <= {"N"}
    assert found["confidence"] == 0


def test_clicks_are_no_chord_or_not_trusted():
    assert chords(clicks(8, 120, rate_hz=RATE_HZ))["confidence"] < 0.3


@pytest.mark.parametrize("signal", [noise(5), played("C:maj", 5), clicks(5, rate_hz=RATE_HZ)])
def test_segments_cover_the_recording(signal):
    segments = chords(signal)["segments"]

    assert segments[0]["start_s"] == 0
    assert segments[-1]["end_s"] == pytest.approx(5)
