"""BeatNet with its real weights: as described, streamed, and sure of what has a beat only."""

from __future__ import annotations

import numpy as np
import pytest

from soundforge.engines import analyze, weight_arrays, weights
from soundforge.engines.beat_tracking import beatnet
from tests.fixtures import audio
from tests.fixtures.listening import FEATURES, RATE_HZ, in_blocks, noise, notes, sweep


@pytest.fixture(scope="module")
def networks(models_dir):
    return weight_arrays.read(weights.find(models_dir, "beatnet").path)


def drums(duration_s, bpm, beats_per_bar):
    """Kick on one, snare on the other beats, hi-hat on eighths."""
    rng, t = np.random.default_rng(1), np.arange(RATE_HZ // 4) / RATE_HZ
    kick = 0.8 * np.sin(2 * np.pi * (50 * t + 4 * (1 - np.exp(-t * 40)))) * np.exp(-t * 12)
    snare = 0.4 * rng.normal(0, 1, len(t)) * np.exp(-t * 25)
    hat = 0.1 * rng.normal(0, 1, len(t)) * np.exp(-t * 80)
    song = np.zeros(round(duration_s * RATE_HZ) + len(t))
    for eighth in range(int(duration_s * bpm / 30)):
        at = round(eighth * 30 / bpm * RATE_HZ)
        song[at : at + len(t)] += hat
        if eighth % 2 == 0:
            song[at : at + len(t)] += snare if eighth // 2 % beats_per_bar else 1.2 * kick
    return (0.5 * song).astype(np.float32)


def find(signal, name, models_dir):
    chosen = {name: FEATURES[name]}
    recording = analyze.listen(in_blocks(signal), RATE_HZ, chosen, models_dir)
    return chosen[name].extract(recording).value


def judged(networks, samples, piece):
    listener = beatnet.Listener(lambda: networks)
    for at in range(0, len(samples), piece):
        listener.hear(samples[at : at + piece])
    return listener.finish()


def test_the_graph_is_the_published_network(networks):
    samples = drums(6, 120, 4)
    framer = beatnet.Framer()
    rows = np.concatenate([framer.hear(samples), framer.finish()]).astype(np.float64)

    expected = np.mean([plain_network(rows, arrays) for arrays in networks], axis=0)

    assert len(networks) == 3
    np.testing.assert_allclose(judged(networks, samples, 30_000), expected[:, :2], atol=2e-5)


def plain_network(rows, arrays):
    """The network in plain numpy, step by step, from its description."""
    windows = np.lib.stride_tricks.sliding_window_view(rows, 10, axis=1)
    convolved = np.einsum("tfk,ck->tcf", windows, arrays["conv1.weight"][:, 0])
    convolved = np.maximum(0, convolved + arrays["conv1.bias"][:, None])
    pooled = convolved[:, :, :262].reshape(len(rows), 2, 131, 2).max(axis=3)
    x = pooled.reshape(len(rows), -1) @ arrays["linear0.weight"].T + arrays["linear0.bias"]
    for layer in range(2):
        x = plain_lstm(x, *(arrays[f"lstm.{n}_l{layer}"] for n in LSTM))
    scores = np.exp(x @ arrays["linear.weight"].T + arrays["linear.bias"])
    return scores / scores.sum(axis=1, keepdims=True)


LSTM = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def plain_lstm(x, weight_ih, weight_hh, bias_ih, bias_hh):
    hidden, cell, after = np.zeros(150), np.zeros(150), []
    for row in x @ weight_ih.T + bias_ih + bias_hh:
        inputs, forget, change, output = np.split(row + weight_hh @ hidden, 4)
        cell = sigmoid(forget) * cell + sigmoid(inputs) * np.tanh(change)
        hidden = sigmoid(output) * np.tanh(cell)
        after.append(hidden)
    return np.array(after)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_pieces_of_any_size_make_the_same_judgement(networks):
    samples = drums(15, 100, 4)

    whole, pieces = judged(networks, samples, 10**9), judged(networks, samples, 7_001)

    assert len(whole) == -(-len(samples) // 441)
    np.testing.assert_allclose(whole, pieces, atol=1e-5)


@pytest.mark.parametrize(("bpm", "beats_per_bar"), [(96, 4), (120, 4), (140, 3), (174, 4)])
def test_beats_and_bars_of_a_drummer_are_found(bpm, beats_per_bar, models_dir):
    found = find(drums(30, bpm, beats_per_bar), "beats", models_dir)

    beats_s, downbeats_s = np.array(found["beats_s"]), np.array(found["downbeats_s"])
    assert found["engine"] == "beatnet"
    assert found["beats_per_bar"] == beats_per_bar
    # The grid of the network is 20 ms; 70 ms is what counts as right.
    assert off_grid_s(beats_s, 60 / bpm).max() < 0.07
    assert off_grid_s(downbeats_s[2:], beats_per_bar * 60 / bpm).max() < 0.07
    assert found["confidence"] > 0.4


def off_grid_s(times_s, period_s):
    return np.abs(times_s - np.round(times_s / period_s) * period_s)


@pytest.mark.parametrize("bpm", [75, 97, 126, 140])
def test_tempo_of_clicks_is_exact_to_a_tenth(bpm, models_dir):
    found = find(audio.clicks(20, bpm, rate_hz=RATE_HZ), "tempo", models_dir)

    assert found["bpm"] == pytest.approx(bpm, abs=0.15)
    assert found["confidence"] > 0.5


NO_PULSE = {
    "silence": np.zeros(5 * RATE_HZ),
    "noise": noise(20),
    "brown noise": 0.01 * np.cumsum(noise(20)),
    "one click": audio.clicks(8, 6, rate_hz=RATE_HZ),
    "a held chord": notes(12, 57, 60, 64),
    "a glide": sweep(12),
    "a tenth of a second": noise(0.1),
    "direct current": np.full(5 * RATE_HZ, 0.5),
    "one sample": np.ones(1),
}


@pytest.mark.parametrize("name", NO_PULSE)
def test_without_a_pulse_there_is_no_tempo_and_no_beat(name, models_dir):
    tempo = find(NO_PULSE[name], "tempo", models_dir)
    bars = find(NO_PULSE[name], "beats", models_dir)

    assert (tempo["bpm"], tempo["confidence"], tempo["engine"]) == (None, 0.0, "beatnet")
    assert (bars["beats_s"], bars["downbeats_s"], bars["beats_per_bar"]) == ([], [], None)
    assert bars["confidence"] == bars["bar_confidence"] == 0
