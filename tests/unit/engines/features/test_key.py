"""Key: names, codes, and the right one for plain chords."""

from __future__ import annotations

import numpy as np
import pytest

from soundforge.engines.features.key import KEYS, Key
from tests.fixtures.audio import clicks
from tests.fixtures.listening import RATE_HZ, find, noise, notes

NO_KEY = {
    "name": None,
    "camelot": None,
    "open_key": None,
    "confidence": 0.0,
    "runner_up": None,
    "segments": [],
}


def key(signal):
    return find(signal, "key").value


def cadence(tonic: int, *, is_minor: bool, cents: float = 0.0):
    """I, IV, V, I above MIDI note ``tonic``; the V of minor is major."""
    third = 3 if is_minor else 4
    chords = [(0, third, 7), (5, 5 + third, 12), (7, 11, 14), (0, third, 7)]
    return np.concatenate(
        [notes(1.5, *(tonic + step for step in chord), cents=cents) for chord in chords]
    )


@pytest.mark.parametrize("tonic", range(12))
@pytest.mark.parametrize("is_minor", [False, True])
def test_key_of_a_cadence_is_its_tonic(tonic, is_minor):
    found = key(cadence(48 + tonic, is_minor=is_minor))

    assert found["name"] == Key(tonic, is_minor).name
    assert found["confidence"] > 0


def test_a_single_key_is_one_segment_from_start_to_end():
    found = key(cadence(48, is_minor=False))

    (segment,) = found["segments"]
    assert (segment["start_s"], segment["end_s"], segment["name"]) == (0, 6, "C major")
    assert segment["confidence"] == pytest.approx(found["confidence"], abs=1e-3)


def test_a_song_in_two_keys_has_a_segment_of_each():
    low, high = (
        np.tile(cadence(tonic, is_minor=False).astype(np.float32), 4) for tonic in (48, 54)
    )

    segments = key(np.concatenate([low, high]))["segments"]

    assert [one["name"] for one in segments] == ["C major", "F# major"]
    assert segments[0]["end_s"] == segments[1]["start_s"] == pytest.approx(24, abs=3)
    assert segments[1]["camelot"] == "2B"


def test_what_is_loud_counts_more():
    soft, loud = 0.02 * cadence(48, is_minor=False), cadence(54, is_minor=False)

    assert key(np.concatenate([soft, soft, soft, loud]))["name"] == "F# major"


@pytest.mark.parametrize("cents", [-40, 40])
def test_a_detuned_cadence_keeps_its_key(cents):
    assert key(cadence(57, is_minor=True, cents=cents))["name"] == "A minor"


def test_the_runner_up_is_another_key_with_its_codes():
    found = key(cadence(48, is_minor=False))

    assert found["runner_up"].keys() == {"name", "camelot", "open_key"}
    assert found["runner_up"]["name"] != found["name"]


@pytest.mark.parametrize(
    ("name", "camelot", "open_key"),
    [
        ("C major", "8B", "1d"),
        ("A minor", "8A", "1m"),
        ("G major", "9B", "2d"),
        ("E minor", "9A", "2m"),
        ("F major", "7B", "12d"),
        ("D minor", "7A", "12m"),
        ("B major", "1B", "6d"),
        ("G# minor", "1A", "6m"),
        ("Db major", "3B", "8d"),
        ("D# minor", "2A", "7m"),
    ],
)
def test_codes_are_those_of_the_wheel(name, camelot, open_key):
    (found,) = (key for key in KEYS if key.name == name)

    assert (found.camelot, found.open_key) == (camelot, open_key)


def test_every_key_has_a_code_of_its_own():
    assert len({key.camelot for key in KEYS}) == len({key.open_key for key in KEYS}) == 24


@pytest.mark.parametrize(
    "signal",
    [
        np.zeros(5 * RATE_HZ),
        noise(20),
        notes(0.5, 57, 60, 64),
        np.full(5 * RATE_HZ, 0.5),
        np.ones(1),
        np.pad(clicks(1, 60, rate_hz=RATE_HZ)[:, 0], 4 * RATE_HZ),
    ],
    ids=["silence", "noise", "half a second", "direct current", "one sample", "one click"],
)
def test_what_has_no_key_is_given_none(signal):
    assert key(signal) == NO_KEY


def test_clicks_are_answered_without_much_trust():
    found = key(clicks(8, 120, rate_hz=RATE_HZ))

    assert found["name"] is None or found["confidence"] < 0.1
