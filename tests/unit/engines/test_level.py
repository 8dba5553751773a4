"""Level: how loud, and what is no sound at all."""

from __future__ import annotations

import math

import numpy as np
import pytest

from soundforge.engines.level import Level


def heard(*blocks):
    level = Level()
    for block in blocks:
        level.hear(np.asarray(block, np.float32))
    return level


def square(frames=1000):
    return np.tile(np.float32([1, -1]), frames // 2)[None, :]


def test_a_full_scale_square_wave_is_one():
    assert heard(square()).rms == pytest.approx(1.0)


def test_a_full_scale_sine_is_the_root_of_a_half():
    sine = np.sin(2 * np.pi * np.arange(1000) / 100)[None, :]

    assert heard(sine).rms == pytest.approx(math.sqrt(0.5))


def test_channels_in_opposite_phase_do_not_cancel():
    assert heard(np.concatenate([square(), -square()])).rms == pytest.approx(1.0)


def test_level_does_not_depend_on_the_blocks():
    signal = np.random.default_rng(1).normal(0, 0.1, (2, 1000)).astype(np.float32)

    whole, parts = heard(signal), heard(*np.split(signal, [1, 10, 500], axis=1))

    assert parts.rms == pytest.approx(whole.rms)
    assert parts.peak == whole.peak


@pytest.mark.parametrize(
    ("signal", "is_silent"),
    [
        (np.zeros((2, 100)), True),
        (np.full((1, 100), 0.5), True),  # direct current cannot be heard
        (np.tile([2**-15, -(2**-15)], 50)[None, :], True),  # dither of 16 bits
        (square() * 0.001, False),
        (np.eye(1, 100), False),  # one click
    ],
)
def test_silence_is_what_does_not_move(signal, is_silent):
    assert heard(signal).is_silent is is_silent


def test_nothing_heard_is_silent():
    assert heard().is_silent
    assert heard().rms == 0.0


@pytest.mark.parametrize("damage", [np.nan, np.inf, -np.inf, 1e30, -1e30])
def test_damage_is_counted_and_heard_as_silence(damage):
    level = Level()
    block = square(10)
    block[0, 3] = damage

    cleaned = level.hear(block)

    assert level.damaged_samples == 1
    assert level.samples == 10
    assert cleaned[0, 3] == 0
    assert level.peak == 1.0
