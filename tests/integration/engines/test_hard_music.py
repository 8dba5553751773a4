"""Hard music through the whole analysis, networks and all: true, or not sure, or none at all.

Whatever is sent, what comes back is finite, has its shape and lies inside the song.
"""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest

from soundforge.audio import findings, pulse, sureness
from soundforge.engines import analyze, trust
from tests.fixtures import audio
from tests.fixtures.listening import FEATURES, RATE_HZ, noise, notes

ROUNDED_S = 0.001  # times are told in milliseconds
CADENCE = ([48, 60, 64, 67], [53, 60, 65, 69], [55, 59, 62, 67], [48, 60, 64, 67])  # C F G C
NOTHING = dict.fromkeys(("bpm", "drift")) | {"confidence": 0.0, "beats_s": [], "curve": []}


@pytest.fixture
def hear(models_dir, tmp_path):
    """Return what analyses a signal as the server does by default, and looks whether it holds."""

    def heard(signal, rate_hz=RATE_HZ):
        planes = np.reshape(signal, (len(signal), -1)).astype(np.float32)
        song = audio.write(tmp_path / "song.wav", planes, rate_hz=rate_hz, subtype="FLOAT")
        params = {"path": str(song), "features": list(FEATURES), "models_dir": str(models_dir)}
        analyze.analyze(params | {"out_dir": str(tmp_path)}, lambda *_, **__: None)
        result = json.loads((tmp_path / "result.json").read_text(), parse_constant=no_number)
        with np.load(tmp_path / "features.npz") as matrices:
            assert all(np.isfinite(matrix).all() for matrix in matrices.values())
        found = {name: result[name] for name in FEATURES}
        findings.Findings.model_validate(found, strict=True)
        assert result["duration_s"] == pytest.approx(len(signal) / rate_hz)
        assert found["tempo"]["engine"] == found["beats"]["engine"] == "beatnet"
        assert_times_lie_inside(found, result["duration_s"])
        assert_in_order(found, result["duration_s"])
        assert_nothing_stands_on_a_guess(found)
        return found

    return heard


def no_number(word):
    raise AssertionError(f"{word} in a result")


def assert_times_lie_inside(value, duration_s, name=""):
    """Look at everything that is called ``…_s``, however deep it lies."""
    if isinstance(value, dict):
        for key, one in value.items():
            assert_times_lie_inside(one, duration_s, key)
    elif isinstance(value, list):
        for one in value:
            assert_times_lie_inside(one, duration_s, name)
    elif name.endswith("_s") and name != "step_s":
        assert 0 <= value <= duration_s + ROUNDED_S, name


def assert_in_order(found, duration_s):
    beats, loops = found["beats"], found["loops"]
    moments = [beats["beats_s"], beats["downbeats_s"], found["tempo"]["beats_s"]]
    moments += [found["onsets"]["times_s"], [one["at_s"] for one in found["tempo"]["curve"]]]
    moments += [[one["time_s"] for one in found["cues"]["cue_points"]]]
    assert all(a < b for times_s in moments for a, b in pairwise(times_s))
    markers_s = [one["time_s"] for one in found["cues"]["markers"]]
    assert markers_s == sorted(markers_s)
    assert set(beats["downbeats_s"]) <= set(beats["beats_s"])
    for spans in (found["chords"]["segments"], found["key"]["segments"], sections(found)):
        edges_s = [one["start_s"] for one in spans] + [one["end_s"] for one in spans[-1:]]
        assert all(a < b for a, b in pairwise(edges_s))
        assert [one["end_s"] for one in spans] == edges_s[1:]
        assert edges_s[:1] + edges_s[-1:] in ([], [0, pytest.approx(duration_s, abs=ROUNDED_S)])
    by_time = sorted(loops["loops"] + loops["others"], key=lambda one: one["start_s"])
    assert all(one["start_s"] < one["end_s"] for one in by_time)
    assert all(one["end_s"] <= after["start_s"] for one, after in pairwise(by_time))


def assert_nothing_stands_on_a_guess(found):
    grids = {found["sections"]["grid"], found["loops"]["grid"]}
    if found["beats"]["confidence"] < trust.LEAST_BEATS:
        assert grids <= {None, "seconds"}
        assert (found["chords"]["is_on_beats"], found["loops"]["loops"]) == (False, [])
    if found["beats"]["bar_confidence"] < trust.LEAST_BARS:
        assert "bars" not in grids
        assert pulse.read(found["beats"]).downbeats_s == ()


def sections(found):
    return found["sections"]["sections"]


def chords(found):
    return [one["label"] for one in found["chords"]["segments"]]


def kinds(found):
    return [one["kind"] for one in found["cues"]["cue_points"] + found["cues"]["markers"]]


def harmony(each_s, *pitches, rate_hz=RATE_HZ):
    return np.concatenate([notes(each_s, *one, rate_hz=rate_hz) for one in pitches])


def together(*signals):
    """Mix; the shortest says how long."""
    return sum(signal[: min(map(len, signals))] for signal in signals)


def drums(duration_s, bpm, kicks=(0,), snares=(2, 4, 6), eighths=8):
    """Bars of ``eighths``, a hi-hat on each, kick and snare on those that are named."""
    rng, t = np.random.default_rng(1), np.arange(RATE_HZ // 4) / RATE_HZ
    kick = 0.5 * np.sin(2 * np.pi * (50 * t + 4 * (1 - np.exp(-t * 40)))) * np.exp(-t * 12)
    snare = 0.2 * rng.normal(0, 1, len(t)) * np.exp(-t * 25)
    hat = 0.05 * rng.normal(0, 1, len(t)) * np.exp(-t * 80)
    song = np.zeros(round(duration_s * RATE_HZ) + len(t))
    for number in range(int(duration_s * bpm / 30)):
        at, place = round(number * 30 / bpm * RATE_HZ), number % eighths
        song[at : at + len(t)] += hat + (place in kicks) * kick + (place in snares) * snare
    return song[: round(duration_s * RATE_HZ)]


@pytest.mark.parametrize("seed", [3, 8])
def test_of_rubato_no_bar_is_told(hear, seed):
    lengths_s = 0.6 * np.exp(np.random.default_rng(seed).normal(0, 0.4, 40))

    found = hear(np.concatenate([notes(s, 57 + k % 5, 64, 69) for k, s in enumerate(lengths_s)]))

    assert pulse.read(found["beats"]).beats_per_bar is None
    assert all(loop["bars"] is None for loop in found["loops"]["loops"])


@pytest.mark.parametrize(
    ("bpm", "kicks", "snares", "eighths"),
    [(100, (0,), (2, 4), 7), (168, (0, 3), (5,), 7), (120, (0,), (2, 4, 6, 8), 10)],
    ids=["2 + 2 + 3", "3 + 2 + 2", "five quarters"],
)
def test_bars_of_seven_and_five_are_not_told_as_three_or_four(hear, bpm, kicks, snares, eighths):
    bar_s = eighths * 30 / bpm
    song = 0.5 * harmony(bar_s, *(CADENCE * 5)[: round(30 / bar_s)])

    found = hear(together(song, drums(31, bpm, kicks, snares, eighths)))

    assert found["beats"]["beats_s"]
    assert pulse.read(found["beats"]).beats_per_bar is None
    assert all(loop["bars"] is None for loop in found["loops"]["loops"])


def test_two_tempi_are_told_by_the_curve_and_their_mean_is_not_trusted(hear):
    tempo = hear(np.concatenate([drums(15, 100), drums(15, 140)]))["tempo"]

    assert tempo["confidence"] < sureness.LEAST_TEMPO
    assert tempo["drift"] == pytest.approx(40 / 120, rel=0.2)
    assert tempo["curve"][0]["bpm"] == pytest.approx(100, abs=1)
    assert tempo["curve"][-1]["bpm"] == pytest.approx(140, abs=1)


def test_two_keys_change_where_they_do_and_all_else_agrees(hear):
    both = [[pitch + shift for pitch in one] for shift in (0, 6) for one in 3 * CADENCE]

    found = hear(together(0.6 * harmony(2.0, *both), drums(48, 120)))

    assert [one["name"] for one in found["key"]["segments"]] == ["C major", "F# major"]
    assert all(one["confidence"] > sureness.CLEAR_KEY for one in found["key"]["segments"])
    assert found["key"]["segments"][1]["start_s"] == pytest.approx(24, abs=2)
    changes_s = [m["time_s"] for m in found["cues"]["markers"] if m["kind"] == "key_change"]
    assert changes_s == [pytest.approx(24, abs=0.07)]  # on the bar line
    assert changes_s[0] in [one["start_s"] for one in sections(found)]
    assert pulse.read(found["beats"]).beats_per_bar == 4


def test_five_seconds_have_a_tempo_a_key_and_chords_but_no_parts(hear):
    found = hear(together(0.6 * harmony(1.25, *CADENCE), drums(5, 96)))

    assert found["tempo"]["bpm"] == pytest.approx(96, abs=1)
    assert found["tempo"]["drift"] is None
    assert found["key"]["name"] == "C major"
    assert chords(found) == ["C:maj", "F:maj", "G:maj", "C:maj"]
    assert sections(found) == []


def test_a_melody_alone_has_no_chord_no_bar_and_no_sure_key(hear):
    """Neither B nor B flat is in it: F is as good a key as C."""
    found = hear(harmony(0.5, *([60 + step] for step in 6 * [0, 2, 4, 5, 7, 9, 7, 4, 5, 2])))

    assert found["tempo"]["bpm"] == pytest.approx(120, abs=0.5)
    assert pulse.read(found["beats"]).beats_per_bar is None
    assert (set(chords(found)), found["chords"]["confidence"]) == ({"N"}, 0)
    assert found["key"]["confidence"] < sureness.CLEAR_KEY


def test_eight_kilohertz_mono_loses_neither_tempo_nor_key_nor_chord(hear):
    song = 0.5 * harmony(2.4, *CADENCE, *CADENCE, rate_hz=8_000)
    beats = audio.clicks(20, 100, rate_hz=8_000, channels=1)[:, 0]

    found = hear(together(song, beats), rate_hz=8_000)

    assert found["tempo"]["bpm"] == pytest.approx(100, abs=0.2)
    assert found["key"]["name"] == "C major"
    assert chords(found) == ["C:maj", "F:maj", "G:maj", "C:maj", "F:maj", "G:maj", "C:maj"]


def test_silence_has_nothing_at_all(hear):
    found = hear(np.zeros(20 * RATE_HZ))

    assert found["tempo"].items() >= NOTHING.items()
    assert found["beats"]["beats_per_bar"] is None
    assert (found["key"]["name"], found["key"]["segments"]) == (None, [])
    assert chords(found) == sections(found) == kinds(found) == found["onsets"]["times_s"] == []
    assert set(found["loudness"].values()) == {None}


BROWN = 0.01 * np.cumsum(noise(20))


@pytest.mark.parametrize("signal", [noise(20), BROWN / np.abs(BROWN).max()], ids=["white", "brown"])
def test_noise_has_no_beat_no_chord_no_key_and_one_part(hear, signal):
    found = hear(signal)

    assert found["tempo"].items() >= NOTHING.items()
    assert found["beats"]["beats_per_bar"] is None
    assert (found["key"]["name"], found["key"]["confidence"]) == (None, 0)
    assert (set(chords(found)), found["chords"]["confidence"]) == ({"N"}, 0)
    assert len(sections(found)) == 1


def test_one_click_has_a_beginning_and_an_end_and_no_music(hear):
    song = np.zeros(9 * RATE_HZ)
    song[4 * RATE_HZ : 5 * RATE_HZ] = audio.clicks(1, 60, rate_hz=RATE_HZ)[:, 0]

    found = hear(song)

    assert found["tempo"].items() >= NOTHING.items()
    assert found["beats"]["beats_per_bar"] is None
    assert (found["key"]["name"], found["key"]["confidence"]) == (None, 0)
    assert (set(chords(found)), found["chords"]["confidence"]) == ({"N"}, 0)
    assert (len(sections(found)), kinds(found)) == (1, ["start", "end"])
