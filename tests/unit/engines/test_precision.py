"""Half precision is used where it was measured to be good enough, and remembered."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from soundforge.engines import openvino_cpu, precision, precision_record
from soundforge.engines.on_cpu import OnCpu
from soundforge.engines.precision_record import Measured
from soundforge.engines.separation import Task

PROBE = np.random.default_rng(0).standard_normal((2, 1000)).astype(np.float32)


class Networks(OnCpu):
    """Two stems; in f16 each is off by an error of its own."""

    def __init__(self, *errors_db, overflows=False):
        super().__init__()
        self.runs, self.forgotten = 0, None
        self.kept = set()
        self._errors = [10 ** (-db / 20) for db in errors_db]
        self._overflows = overflows

    def separate(self, mix):
        self.runs += 1
        self.kept.add(self.precision)
        assert len(self.kept) == 1, "both precisions are in memory at once"
        stems = np.stack([mix, mix])
        if self.precision == "f32":
            return stems
        self.mended += self._overflows
        return stems * np.array([1 + e for e in self._errors], np.float32)[:, None, None]

    def forget(self, name):
        self.forgotten = name
        self.kept.discard(name)


def task(folder, asked="auto", stems=("drums", "vocals")):
    installed = SimpleNamespace(path=folder / "weights.npz", weights_hash="abc")
    return Task(
        model=None,
        installed=installed,
        mix=None,
        stems=stems,
        threads=1,
        precision=asked,
        overlap=0.25,
        checkpoint=None,
        notes={},
    )


@pytest.fixture
def has_f16(monkeypatch):
    """A CPU with half precision."""
    if not openvino_cpu.has_f16():
        monkeypatch.setattr(openvino_cpu, "has_f16", lambda: True)


def choose(folder, networks, **asked):
    return precision.choose(task(folder, **asked), networks, [PROBE, PROBE * 0.01])


@pytest.mark.parametrize(
    ("errors_db", "chosen"),
    [((60, 70), "f16"), ((60, 40), "f32"), ((49, 90), "f32"), ((300, 300), "f16")],
)
def test_the_worst_stem_decides(errors_db, chosen, has_f16, tmp_path):
    networks = Networks(*errors_db)

    assert choose(tmp_path, networks) == chosen

    assert networks.forgotten == {"f16": "f32", "f32": "f16"}[chosen]


def test_it_is_measured_once_and_known_by_those_who_ask(has_f16, tmp_path):
    choose(tmp_path, Networks(60, 55))
    again = Networks(10, 10)

    assert choose(tmp_path, again) == "f16"

    assert again.runs == 0
    found = precision_record.find(tmp_path, "abc")
    assert found.stems_db == pytest.approx({"drums": 60, "vocals": 55}, abs=0.1)
    assert precision_record.find(tmp_path, "other weights") is None


def test_a_stem_that_was_not_measured_is_measured(has_f16, tmp_path):
    choose(tmp_path, Networks(60, 60))

    assert choose(tmp_path, Networks(60, 30), stems=("drums", "bass")) == "f32"

    assert set(precision_record.find(tmp_path, "abc").stems_db) == {"drums", "vocals", "bass"}


def test_an_overflow_is_no_agreement_though_it_was_mended(has_f16, tmp_path):
    assert choose(tmp_path, Networks(100, 100, overflows=True)) == "f32"


@pytest.mark.parametrize("asked", ["f32", "f16"])
def test_what_is_asked_for_is_not_measured(asked, has_f16, tmp_path):
    networks = Networks(10, 10)

    assert choose(tmp_path, networks, asked=asked) == asked
    assert networks.runs == 0


def test_what_a_cpu_cannot_do_is_not_said_to_have_been_done(monkeypatch, tmp_path):
    monkeypatch.setattr(openvino_cpu, "has_f16", lambda: False)

    assert choose(tmp_path, Networks(10, 10), asked="f16") == "f32"


def test_silence_says_nothing_about_half_precision(has_f16, tmp_path):
    silence = np.zeros_like(PROBE)

    assert precision.choose(task(tmp_path), Networks(60, 60), [silence, silence]) == "f32"
    assert precision_record.find(tmp_path, "abc") is None

    assert precision.choose(task(tmp_path), Networks(60, 60), [PROBE, silence]) == "f16"


@pytest.mark.parametrize(
    ("other", "value"),
    [("cpu_name", "another CPU"), ("graphs", "other graphs")],
)
def test_what_was_measured_elsewhere_is_measured_again(
    other, value, has_f16, monkeypatch, tmp_path
):
    choose(tmp_path, Networks(60, 60))
    monkeypatch.setattr(precision_record, other, lambda: value)
    again = Networks(10, 10)

    assert choose(tmp_path, again) == "f32"
    assert again.runs == 4


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("processor\t: 0\nmodel name\t: A CPU @ 2 GHz\n", "A CPU @ 2 GHz"),
        ("processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd40\n", "arm 0x41 0xd40"),
        ("", "a processor"),
    ],
)
def test_a_cpu_has_a_name_on_every_kind_of_machine(told, name, monkeypatch):
    monkeypatch.setattr(Path, "read_text", lambda _: told)
    monkeypatch.setattr("platform.machine", lambda: "arm")
    monkeypatch.setattr("platform.processor", lambda: "a processor")

    assert precision_record.cpu_name() == name


@pytest.mark.parametrize("content", ["", "{", "[]", '{"abc": 1}', "null"])
def test_a_broken_record_is_no_record(content, tmp_path):
    (tmp_path / precision_record.FILE_NAME).write_text(content)
    assert precision_record.find(tmp_path, "abc") is None
    (tmp_path / precision_record.FILE_NAME).write_text(
        json.dumps({precision_record.key("abc"): {"drums": "loud"}})
    )
    assert precision_record.find(tmp_path, "abc") is None


def test_a_folder_that_cannot_be_written_is_no_error():
    precision_record.remember(Path("/proc/nowhere"), "abc", Measured({"drums": 60.0}))
