"""Beats that are hard: no steady pulse, sevens, two tempi. A little trust or none, never a crash."""

from __future__ import annotations

import numpy as np
import pytest

from soundforge.engines import analyze, trust
from tests.fixtures import audio
from tests.fixtures.listening import FEATURES, RATE_HZ, in_blocks, notes

STEADY_BPM = 120


def find(signal, models_dir, *names):
    chosen = {name: FEATURES[name] for name in names}
    recording = analyze.listen(in_blocks(signal.astype(np.float32)), RATE_HZ, chosen, models_dir)
    return {name: FEATURES[name].extract(recording).value for name in names}


def struck(times_s, loud=None):
    """Return a click at each of ``times_s``, each as loud as ``loud`` says."""
    click = audio.clicks(0.4, 60, rate_hz=RATE_HZ)[: RATE_HZ // 5, 0]
    song = np.zeros(round((times_s[-1] + 1) * RATE_HZ))
    for at_s, level in zip(times_s, np.ones(len(times_s)) if loud is None else loud, strict=True):
        start = round(at_s * RATE_HZ)
        song[start : start + len(click)] += level * click
    return song


def rubato(count=40, seed=3):
    """Chords whose lengths wander by a half: nobody could tap along."""
    lengths_s = 0.6 * np.exp(np.random.default_rng(seed).normal(0, 0.4, count))
    return np.concatenate([notes(one, 57 + k % 5, 64, 69) for k, one in enumerate(lengths_s)])


def test_rubato_is_trusted_less_than_a_steady_pulse(models_dir):
    steady = find(audio.clicks(20, STEADY_BPM, rate_hz=RATE_HZ), models_dir, "tempo")["tempo"]

    free = find(rubato(), models_dir, "tempo")["tempo"]

    assert free["confidence"] < 0.6 * steady["confidence"]
    assert free["bpm"] is None or 30 < free["bpm"] < 300


def test_an_accelerando_is_told_as_drift_with_its_curve(models_dir):
    times_s = np.cumsum(60 / np.linspace(90, 130, 80))

    found = find(struck(times_s), models_dir, "tempo")["tempo"]

    assert found["drift"] > 0.1
    assert found["curve"][0]["bpm"] < found["curve"][-1]["bpm"]


def test_sevens_have_a_steady_beat_and_no_sure_bar(models_dir):
    """Seven eighths at 168: a bar of 2 + 2 + 3; we know bars of three and of four."""
    eighth_s = 60 / (168 * 2)
    times_s = 0.5 + eighth_s * np.concatenate([7 * bar + np.array([0, 2, 4]) for bar in range(24)])

    found = find(struck(times_s, np.tile([1.0, 0.5, 0.5], 24)), models_dir, "beats")["beats"]

    assert found["beats_per_bar"] in (None, 3, 4)
    assert found["bar_confidence"] < trust.LEAST_BARS


@pytest.mark.parametrize("engine", ["beatnet", "flux"])
def test_a_pulse_whose_every_other_beat_is_weak_offers_half_of_it(engine, models_dir):
    times_s = 0.5 + 0.35 * np.arange(60)
    folder = models_dir if engine == "beatnet" else None

    plain, uneven = (
        find(struck(times_s, np.tile(pair, 30)), folder, "tempo")["tempo"]
        for pair in ([1.0, 1.0], [1.0, 0.1])
    )

    assert plain["engine"] == uneven["engine"] == engine
    assert sure_of_half(plain) < 0.4 < sure_of_half(uneven)


def sure_of_half(tempo, bpm=60 / 0.35 / 2):
    """Return how far half of the pulse is told: as the tempo, or as what another might count."""
    told = {tempo["bpm"]: 1.0} | {one["bpm"]: one["confidence"] for one in tempo["alternatives"]}
    assert all(0 <= sure <= 1 for sure in told.values())
    return max((sure for each, sure in told.items() if abs(each / bpm - 1) < 0.04), default=0.0)


def test_a_song_in_two_keys_tells_both():
    first, second = ([48, 60, 64, 67], [53, 60, 65, 69], [55, 59, 62, 67]), 6
    parts = [
        notes(1.5, *(p + shift for p in pitches)) for shift in (0, second) for pitches in 8 * first
    ]

    found = find(np.concatenate(parts), None, "key")["key"]

    assert [one["name"] for one in found["segments"]] == ["C major", "F# major"]
    assert found["segments"][1]["start_s"] == pytest.approx(36, abs=4)
