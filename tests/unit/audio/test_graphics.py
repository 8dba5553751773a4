"""Which graphics card separates, out of what the engine has seen."""

from __future__ import annotations

import pytest

from soundforge.audio.graphics import Graphics, look, parse

CARD = {"kind": "cuda", "name": "A card", "memory_bytes": 8_000_000_000}
TORCH_CPU = {"kind": "torch-cpu", "name": "torch on the CPU", "memory_bytes": 0}


def seen(*devices, torch="2.6", trouble="", has_f16=False):
    return {
        "torch": torch,
        "devices": list(devices),
        "trouble": trouble,
        "cpu_has_f16": has_f16,
    }


@pytest.mark.parametrize("asked", ["auto", "cuda"])
def test_a_card_is_told_with_what_measurements_on_it_are_kept_under(asked):
    assert parse(seen(CARD, TORCH_CPU), asked) == Graphics(
        "cuda", "A card", 8_000_000_000, "A card | torch 2.6", "2.6", has_f16=True
    )


def test_no_card_is_no_trouble_when_none_was_asked_for():
    assert parse(seen(TORCH_CPU), "auto") == Graphics(torch="2.6")
    assert parse(seen(torch=""), "auto") == Graphics()


def test_a_card_that_was_asked_for_and_is_not_there_has_a_reason():
    assert parse(seen(TORCH_CPU), "mps").reason == "torch finds no device for MPS"


def test_a_torch_that_does_not_start_is_told_whatever_was_asked_for():
    assert parse(seen(torch="", trouble="torch is broken"), "auto").reason == "torch is broken"


def test_without_a_card_the_cpu_says_whether_it_has_half_precision():
    assert parse(seen(has_f16=True), "auto") == Graphics(torch="2.6", has_f16=True)


async def test_no_card_is_looked_for_when_the_cpu_was_asked_for():
    asked = []

    class Looks:
        async def run(self, _, params, **__):
            asked.append(params)
            return seen(torch="")

    assert await look(Looks(), "cpu") == Graphics()
    assert asked == [{"cards": False}]
