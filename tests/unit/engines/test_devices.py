"""Which device computes: what is asked for, if it is there; the CPU is always there."""

from __future__ import annotations

import pytest

from soundforge.engines.devices import ASKED, Choice, Found, Seen, choose

CARD = Found("cuda", "A card", 8_000_000_000)
APPLE = Found("mps", "Apple graphics")
TORCH_CPU = Found("torch-cpu", "torch on the CPU")
NOTHING = Seen()
NO_CARD = Seen("2.6", (TORCH_CPU,))
ALL = Seen("2.6", (CARD, TORCH_CPU))
MAC = Seen("2.6", (APPLE, TORCH_CPU))


@pytest.mark.parametrize(
    ("asked", "seen", "family", "device"),
    [
        ("auto", NOTHING, "htdemucs", None),
        ("auto", NO_CARD, "htdemucs", None),
        ("auto", ALL, "htdemucs", CARD),
        ("auto", ALL, "hdemucs", CARD),
        ("auto", MAC, "htdemucs_6s", APPLE),
        ("auto", MAC, "hdemucs", None),
        ("cpu", ALL, "htdemucs", None),
        ("cuda", ALL, "htdemucs", CARD),
        ("mps", MAC, "htdemucs", APPLE),
        ("torch-cpu", ALL, "hdemucs", TORCH_CPU),
    ],
)
def test_what_was_asked_for_is_taken_where_it_is(asked, seen, family, device):
    assert choose(asked, seen, family) == Choice(device)


@pytest.mark.parametrize(
    ("asked", "seen", "family", "reason"),
    [
        ("cuda", NOTHING, "htdemucs", "CUDA needs the extra gpu, which is not installed"),
        ("mps", Seen(trouble="torch cannot be used: x"), "htdemucs", "torch cannot be used: x"),
        ("auto", Seen(trouble="torch cannot be used: y"), "htdemucs", "torch cannot be used: y"),
        ("cuda", NO_CARD, "htdemucs", "torch finds no device for CUDA"),
        ("mps", ALL, "htdemucs", "torch finds no device for MPS"),
        ("mps", MAC, "hdemucs", "MPS is slower than the CPU for this model"),
    ],
)
def test_the_cpu_steps_in_and_the_reason_is_told(asked, seen, family, reason):
    assert choose(asked, seen, family) == Choice(None, reason)


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("seen", [NOTHING, NO_CARD, ALL, MAC, Seen(trouble="broken")])
def test_there_is_an_answer_to_whatever_is_asked(asked, seen):
    assert choose(asked, seen, "hdemucs").device in (None, *seen.devices)
