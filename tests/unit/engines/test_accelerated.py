"""A graphics card that is too small, overflows or fails never ends the work."""

from __future__ import annotations

import numpy as np
import pytest

from soundforge.engines.accelerated import Accelerated
from soundforge.engines.device_failure import DeviceFailed, DeviceFull
from soundforge.engines.on_cpu import OnCpu

MIXES = [np.full((2, 5), value, np.float32) for value in range(1, 8)]


class Card:
    """A device with room for some segments; it doubles them, the CPU trebles them."""

    kind, machine, batch = "cuda", "a card | torch 1", 4

    def __init__(self, room=8, *, overflows_at=(), fails=""):
        self.room, self.overflows_at, self.fails = room, overflows_at, fails
        self.asked, self.given_back = [], 0

    def separate(self, mixes, precision):
        self.asked.append((len(mixes), precision))
        if self.fails:
            raise DeviceFailed(self.fails)
        if len(mixes) > self.room:
            raise DeviceFull("CUDA out of memory")
        return [self._one(mix, precision) for mix in mixes]

    def _one(self, mix, precision):
        stems = np.stack([mix, mix]) * 2
        if precision == "f16" and mix[0, 0] in self.overflows_at:
            stems[1, 0, 3] = np.inf
        return stems

    def give_back(self):
        self.given_back += 1


class Cpu(OnCpu):
    """The same networks on the CPU."""

    has_rested = False

    def separate(self, mix):
        assert self.precision == "f32"
        return np.stack([mix, mix]) * 3

    def forget(self, precision):
        """Nothing to forget."""

    def rest(self):
        self.has_rested = True


def networks(card, precision="f16"):
    made = Accelerated(card, Cpu)
    made.precision = precision
    return made


def factors(stems):
    """By how much each segment was multiplied, in every sample."""
    return [float(np.unique(made / mix).item()) for made, mix in zip(stems, MIXES, strict=False)]


def test_segments_go_to_the_card_in_batches():
    card = Card()

    stems = networks(card).separate_all(MIXES)

    assert factors(stems) == [2.0] * 7
    assert card.asked == [(4, "f16"), (3, "f16")]


@pytest.mark.parametrize(
    ("room", "asked", "ahead"),
    [(3, [4, 2, 2, 2, 1], 2), (2, [4, 2, 2, 2, 1], 2), (1, [4, 2] + [1] * 7, 1)],
)
def test_a_batch_that_is_too_large_is_halved_and_stays_so(room, asked, ahead):
    card = Card(room)
    made = networks(card)

    assert factors(made.separate_all(MIXES)) == [2.0] * 7

    assert [count for count, _ in card.asked] == asked
    assert made.ahead == ahead
    assert made.fallback == ""
    assert card.given_back == {3: 1, 2: 1, 1: 2}[room]


def test_a_card_without_room_for_one_segment_leaves_the_rest_to_the_cpu():
    made = networks(Card(0))

    assert factors(made.separate_all(MIXES)) == [3.0] * 7

    assert made.fallback == "cuda gave up: its memory is too small for one segment"
    assert (made.device, made.machine) == ("cpu", Cpu().machine)


def test_segments_that_were_done_before_the_failure_are_kept():
    card = Card()
    made = networks(card)
    made.separate_all(MIXES[:4])
    card.room = 0

    assert factors(made.separate_all(MIXES)) == [3.0] * 7
    assert [count for count, _ in card.asked] == [4, 4, 2, 1]


def test_a_card_that_fails_is_asked_once():
    card = Card(fails="no kernel image is available")
    made = networks(card)

    for _ in range(2):
        assert factors(made.separate_all(MIXES)) == [3.0] * 7

    assert card.asked == [(4, "f16")]
    assert made.fallback == "cuda gave up: no kernel image is available"


def test_what_is_no_number_in_half_precision_is_computed_again_in_full():
    card = Card(overflows_at=(2, 5))
    made = networks(card)

    assert factors(made.separate_all(MIXES)) == [2.0] * 7

    assert made.mended == 2
    assert card.asked[2:] == [(1, "f32"), (1, "f32")]


def test_full_precision_is_not_computed_again():
    card = Card()
    mix = np.full((2, 5), np.nan, np.float32)

    made = networks(card, "f32").separate_all([mix])

    assert np.isnan(made[0]).all()
    assert card.asked == [(1, "f32")]


def test_a_card_that_fails_while_it_mends_leaves_that_to_the_cpu():
    card = Card(overflows_at=(1,))
    made = networks(card)
    separate = card.separate

    def full_in_f32(mixes, precision):
        if precision == "f32":
            raise DeviceFull("CUDA out of memory")
        return separate(mixes, precision)

    card.separate = full_in_f32

    assert factors(made.separate_all(MIXES[:2])) == [3.0, 2.0]
    assert made.device == "cpu"


def test_one_segment_is_a_batch_of_one():
    np.testing.assert_array_equal(
        networks(Card()).separate(MIXES[0]), np.full((2, 2, 5), 2, np.float32)
    )


def test_the_next_mix_tries_a_card_again_that_was_only_full():
    card = Card(0)
    made = networks(card)
    made.separate_all(MIXES[:1])
    card.room = 8

    made.rest()

    assert (made.device, made.fallback, made.mended) == ("cuda", "", 0)
    assert factors(made.separate_all(MIXES[:1])) == [2.0]


def test_the_next_mix_does_not_try_a_card_again_that_cannot_do_it():
    card = Card(fails="not implemented for MPS")
    made = networks(card)
    made.separate_all(MIXES[:1])

    made.rest()

    assert made.device == "cpu"
    assert "not implemented" in made.fallback


def test_what_a_test_of_precision_used_goes_back_to_the_card():
    card = Card()

    networks(card).forget("f16")

    assert card.given_back == 1


def test_the_attempt_that_failed_holds_no_arrays_while_the_next_one_runs():
    """An exception that is being handled keeps its frames: then halving frees nothing."""
    import gc
    import weakref

    class Array:
        """Stands for memory on the card."""

    held = []

    class Full(Card):
        def separate(self, mixes, precision):
            assert all(reference() is None for reference in held)
            if len(mixes) > 1:
                array = Array()
                held.append(weakref.ref(array))
                raise DeviceFull("CUDA out of memory")
            return super().separate(mixes, precision)

    gc.disable()
    try:
        assert factors(networks(Full()).separate_all(MIXES[:2])) == [2.0, 2.0]
    finally:
        gc.enable()
    assert held
