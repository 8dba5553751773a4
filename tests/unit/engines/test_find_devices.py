"""The program that looks for graphics cards says what it saw."""

from __future__ import annotations

import json

from soundforge.engines import find_devices, torch_device


def test_the_answer_can_be_sent():
    found = json.loads(json.dumps(find_devices.find({}, lambda *_, **__: None)))

    assert found.keys() == {"torch", "devices", "trouble", "cpu_has_f16"}


def test_without_cards_nobody_asks_torch(monkeypatch):
    monkeypatch.setattr(torch_device, "look", lambda: 1 / 0)

    found = find_devices.find({"cards": False}, lambda *_, **__: None)

    assert found["devices"] == ()
