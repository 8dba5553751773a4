"""The files that RoFormer networks come in, and those that only look like one."""

from __future__ import annotations

import pickle
import zipfile

import numpy as np
import pytest

from soundforge.engines import roformer_checkpoint
from soundforge.engines.checkpoints import Refused
from tests.fixtures.demucs_weights import write_safetensors
from tests.fixtures.roformer_weights import MODEL, random_arrays, write_ckpt

NAME = "layers.0.0.norm.gamma"


@pytest.fixture(scope="module")
def arrays():
    return random_arrays()


@pytest.fixture(scope="module")
def published(arrays, tmp_path_factory):
    return write_ckpt(tmp_path_factory.mktemp("published") / "Tiny.ckpt", arrays)


def same(found, expected):
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array)


def test_a_published_file_is_read(published, arrays):
    same(roformer_checkpoint.read(published, MODEL), arrays)


def test_safetensors_are_read_in_half_precision_too(tmp_path, arrays):
    halves = {name: array.astype(np.float16) for name, array in arrays.items()}

    same(roformer_checkpoint.read(write_safetensors(tmp_path / "x", halves, {}), MODEL), halves)


def without(arrays):
    return {name: array for name, array in arrays.items() if name != NAME}


WRONG = {
    "a weight is missing": without,
    "a weight too many": lambda arrays: {**arrays, "extra": np.ones(3, np.float32)},
    "another width": lambda arrays: {**arrays, NAME: np.ones(17, np.float32)},
    "trained on several devices": lambda arrays: {f"module.{k}": v for k, v in arrays.items()},
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG.keys())
@pytest.mark.parametrize("is_ckpt", [True, False], ids=["ckpt", "safetensors"])
def test_another_network_is_refused(change, is_ckpt, arrays, tmp_path):
    path, changed = tmp_path / "x", change(arrays)
    write_ckpt(path, changed) if is_ckpt else write_safetensors(path, changed, {})

    with pytest.raises(Refused):
        roformer_checkpoint.read(path, MODEL)


class Evil:
    def __reduce__(self):
        return print, ("it ran",)


def evil_pickle(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x/data.pkl", pickle.dumps({NAME: Evil()}, 2))


HOSTILE = {
    "nothing": lambda path: path.write_bytes(b""),
    "a web page": lambda path: path.write_bytes(b"<html>" * 100),
    "an empty zip": lambda path: zipfile.ZipFile(path, "w").close(),
    "a pickle that calls": evil_pickle,
    "a header that is no JSON": lambda path: path.write_bytes(b"\x10" + bytes(7) + b"[" * 16),
    "a header that is a list": lambda path: path.write_bytes(b"\x02" + bytes(7) + b"[]" + bytes(9)),
}


@pytest.mark.parametrize("write", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_file_that_is_no_checkpoint_is_refused_and_nothing_runs(write, tmp_path, capsys):
    write(tmp_path / "x")

    with pytest.raises(Refused):
        roformer_checkpoint.read(tmp_path / "x", MODEL)

    assert not capsys.readouterr().out


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_file_cut_short_is_refused(share, published, tmp_path):
    content = published.read_bytes()
    (tmp_path / "x").write_bytes(content[: int(len(content) * share)])

    with pytest.raises(Refused):
        roformer_checkpoint.read(tmp_path / "x", MODEL)
