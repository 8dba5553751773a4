"""What torch can use here, asked without torch: the same answers as from the real one."""

from __future__ import annotations

import importlib.util
from types import SimpleNamespace

import pytest

from soundforge.engines import torch_device
from soundforge.engines.devices import Found, Seen


def library(*, has_cuda=False, has_mps=False):
    """A torch with or without graphics cards."""
    about = SimpleNamespace(name="A card", total_memory=8_000_000_000)
    return SimpleNamespace(
        cuda=SimpleNamespace(
            is_available=lambda: has_cuda,
            get_device_properties=lambda _: about,
            empty_cache=lambda: "cuda emptied",
        ),
        backends=SimpleNamespace(mps=SimpleNamespace(is_available=lambda: has_mps)),
    )


@pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="torch is installed")
def test_without_the_extra_nothing_is_found_and_nothing_fails():
    assert torch_device.look() == Seen()


@pytest.mark.parametrize(
    ("has", "kinds"),
    [
        ({}, ["torch-cpu"]),
        ({"has_cuda": True}, ["cuda", "torch-cpu"]),
        ({"has_mps": True}, ["mps", "torch-cpu"]),
    ],
)
def test_the_best_device_comes_first(has, kinds):
    found = list(torch_device.found_by(library(**has)))

    assert [device.kind for device in found] == kinds


def test_a_card_is_told_by_name_and_memory():
    first, *_ = torch_device.found_by(library(has_cuda=True))

    assert first == Found("cuda", "A card", 8_000_000_000)


def test_a_cpu_has_nothing_to_give_back():
    torch_device.give_back(SimpleNamespace(), "torch-cpu")
