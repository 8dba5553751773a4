"""Published weight files, and those that only look like one: nothing in them ever runs."""

from __future__ import annotations

import collections
import io
import json
import pickle
import struct
import zipfile
from fractions import Fraction

import numpy as np
import pytest

from soundforge.engines import weight_files
from soundforge.engines.checkpoints import Refused
from tests.fixtures.demucs_weights import write_safetensors

ABOUT = {"klass": "demucs.htdemucs.HTDemucs", "args": "[]", "kwargs": "{}"}
ARRAYS = {"a.weight": np.arange(6, dtype=np.float16).reshape(2, 3), "b": np.ones(4, np.float32)}


class Named:
    """Something that a pickle names as a global, and maybe calls."""

    def __init__(self, module, name, *args):
        self.module, self.name, self.args = module, name, args


class Storage:
    """Something that a pickle refers to as persistent."""

    def __init__(self, kind, key, size=8):
        self.pid = ("storage", Named("torch", kind), key, "cpu", size)


def tensor(key, size, stride, offset=0, kind="HalfStorage"):
    arguments = (Storage(kind, key), offset, size, stride, False, collections.OrderedDict())
    return Named("torch._utils", "_rebuild_tensor_v2", *arguments)


class TorchPickler(pickle._Pickler):
    """Writes what `torch.save` would, without torch."""

    dispatch = pickle._Pickler.dispatch.copy()

    def persistent_id(self, value):
        return value.pid if isinstance(value, Storage) else None

    def save_named(self, value):
        self.write(pickle.GLOBAL + f"{value.module}\n{value.name}\n".encode())
        if value.args:
            self.save(tuple(value.args))
            self.write(pickle.REDUCE)

    dispatch[Named] = save_named


def pickled(value):
    buffer = io.BytesIO()
    TorchPickler(buffer, 2).dump(value)
    return buffer.getvalue()


def write_th(path, content, storages=None, compression=zipfile.ZIP_STORED, **files):
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("archive/data.pkl", content)
        for name, data in (storages or {}).items():
            archive.writestr(f"archive/data/{name}", data)
        for name, data in files.items():
            archive.writestr(f"archive/{name}", data)
    return path


def package(state, **more):
    network = Named("demucs.htdemucs", "HTDemucs")
    kwargs = {"segment": Named("fractions", "Fraction", "39/5"), "sources": ["drums", "vocals"]}
    return {"klass": network, "args": (), "kwargs": kwargs, "state": state, **more}


DATA = np.arange(8, dtype="<f2").tobytes()


def test_safetensors_give_arrays_and_arguments(tmp_path):
    kwargs = {"segment": {"_type": "fraction", "numerator": 39, "denominator": 5}, "depth": 4}
    about = {**ABOUT, "kwargs": json.dumps(kwargs)}

    found = weight_files.read(write_safetensors(tmp_path / "x", ARRAYS, about))

    assert found.network == "HTDemucs"
    assert found.arguments == {"segment": "39/5", "depth": 4}
    assert found.arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found.arrays[name], array)
        assert found.arrays[name].dtype == array.dtype


def test_a_torch_file_gives_the_same(tmp_path):
    state = collections.OrderedDict(w=tensor("0", (2, 3), (3, 1)), t=tensor("0", (3, 2), (1, 3)))
    path = write_th(tmp_path / "x.th", pickled(package(state)), {"0": DATA})

    found = weight_files.read(path)

    assert found.network == "HTDemucs"
    assert found.arguments == {"segment": str(Fraction(39, 5)), "sources": ["drums", "vocals"]}
    np.testing.assert_array_equal(found.arrays["w"], np.arange(6).reshape(2, 3))
    np.testing.assert_array_equal(found.arrays["t"], np.arange(6).reshape(2, 3).T)


BAD_TENSORS = {
    "beyond its storage": tensor("0", (9,), (1,)),
    "offset beyond": tensor("0", (2,), (1,), offset=7),
    "negative stride": tensor("0", (2,), (-1,)),
    "negative offset": tensor("0", (2,), (1,), offset=-1),
    "an enormous one out of nothing": tensor("0", (10**9,), (0,)),
    "empty": tensor("0", (0,), (1,)),
    "dimensions that do not match": tensor("0", (2, 2), (1,)),
    "too many dimensions": tensor("0", (1,) * 9, (1,) * 9),
    "sizes that are no numbers": tensor("0", ("2",), (1,)),
    "integers": tensor("0", (2,), (1,), kind="LongStorage"),
    "a storage that is not there": tensor("1", (2,), (1,)),
    "a path for a key": tensor("../data.pkl", (2,), (1,)),
    "no tensor": "text",
}


@pytest.mark.parametrize("bad", BAD_TENSORS.values(), ids=BAD_TENSORS)
def test_a_tensor_of_impossible_shape_is_refused(bad, tmp_path):
    path = write_th(tmp_path / "x.th", pickled(package({"w": bad})), {"0": DATA})

    with pytest.raises(Refused):
        weight_files.read(path)


CODE = {
    "os.system": Named("os", "system", "touch ran"),
    "posix.system": Named("posix", "system", "touch ran"),
    "eval": Named("builtins", "eval", "open('ran', 'w')"),
    "exec by an old name": Named("__builtin__", "exec", "open('ran', 'w')"),
    "getattr": Named("builtins", "getattr", "a", "upper"),
    "numpy's own loader": Named("numpy", "load", "ran"),
    "another rebuild": Named("torch._utils", "_rebuild_parameter", 1, 2),
    "a network that is not ours": Named("demucs.htdemucs", "os.system", "touch ran"),
    "a fraction of nonsense": Named("fractions", "Fraction", "1" * 10**4),
    "an ordered dictionary of things": Named("collections", "OrderedDict", [("a", 1)]),
    "a called network": Named("demucs.htdemucs", "HTDemucs", "x"),
    "a called storage": Named("torch", "FloatStorage", 10**12),
}


@pytest.mark.parametrize("bad", CODE.values(), ids=CODE)
@pytest.mark.parametrize("place", ["klass", "state", "kwargs", "all"])
def test_a_pickle_that_calls_is_refused_and_nothing_runs(bad, place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    state = {"w": tensor("0", (2, 3), (3, 1))}
    value = {
        "klass": package(state, klass=bad),
        "state": package({"w": bad}),
        "kwargs": package(state, kwargs={"depth": bad}),
        "all": bad,
    }[place]
    path = write_th(tmp_path / "x.th", pickled(value), {"0": DATA})

    with pytest.raises(Refused):
        weight_files.read(path)

    assert list(tmp_path.iterdir()) == [path]


PICKLES = {
    "empty": b"",
    "text": b"hello",
    "stack global": b"\x80\x04\x8c\x02os\x8c\x06system\x93.",
    "new object": b"\x80\x02cdemucs.htdemucs\nHTDemucs\n)\x81.",
    "build": b"\x80\x02cdemucs.htdemucs\nHTDemucs\n}X\x04\x00\x00\x00nameX\x01\x00\x00\x00xsb.",
    "memo of 32 GB": b"\x80\x02]r\xff\xff\xff\xff.",
    "extension": b"\x80\x02\x82\x01.",
    "deep": b"\x80\x02" + b"(" * 100_000 + b"t" * 100_000 + b".",
    "no package": pickle.dumps([1], 2),
    "no state": pickle.dumps({"klass": 1}, 2),
    "quantised": pickled(package({"__quantized": True, "w": 1})),
    "numbers for names": pickled(package({1: tensor("0", (2, 3), (3, 1))})),
    "nothing in it": pickled(package({})),
}


@pytest.mark.parametrize("content", PICKLES.values(), ids=PICKLES)
def test_a_pickle_that_is_no_package_is_refused(content, tmp_path):
    path = write_th(tmp_path / "x.th", content, {"0": DATA})

    with pytest.raises(Refused):
        weight_files.read(path)


def test_a_zip_file_that_is_none_of_torchs_is_refused(tmp_path):
    good = pickled(package({"w": tensor("0", (2, 3), (3, 1))}))
    bomb = write_th(tmp_path / "bomb", good, {"0": bytes(10**6)}, zipfile.ZIP_DEFLATED)
    big = write_th(tmp_path / "big-endian", good, {"0": DATA}, byteorder=b"big")
    two = write_th(tmp_path / "two", good, {"0": DATA}, **{"more/data.pkl": good})
    for path in (bomb, big, two):
        with pytest.raises(Refused):
            weight_files.read(path)


def header(**entry):
    entry = {"dtype": "F16", "shape": [2], "data_offsets": [0, 4], **entry}
    return json.dumps({"__metadata__": ABOUT, "w": entry}).encode()


FILES = {
    "empty": b"",
    "a web page": b"<!doctype html><title>Sign in</title>",
    "noise": np.random.default_rng(0).bytes(1000),
    "a header that is too long": struct.pack("<Q", 1 << 40) + b"{}",
    "no JSON": struct.pack("<Q", 4) + b"abcd",
    "no network": struct.pack("<Q", 2) + b"{}",
    "a list": struct.pack("<Q", 2) + b"[]",
    "quantised": struct.pack("<Q", 39) + b'{"__metadata__": {"structure": "x"}   } ',
}
HEADERS = {
    "cut short": header(data_offsets=[0, 8], shape=[4]),
    "backwards": header(data_offsets=[4, 0]),
    "negative": header(data_offsets=[-4, 0]),
    "negative shape": header(shape=[-2]),
    "fractions": header(shape=[2.0]),
    "another size": header(shape=[3]),
    "integers": header(dtype="I64"),
    "unknown type": header(dtype="../x"),
    "truth for a number": header(shape=[True, 2]),
    "many dimensions": header(shape=[1] * 60 + [2]),
    "another network": header().replace(b"htdemucs.HTDemucs", b"hdemucs.HTDemucs"),
    "a class of Python's": header().replace(b"demucs.htdemucs.HTDemucs", b"os.system"),
}


@pytest.mark.parametrize("content", FILES.values(), ids=FILES)
def test_what_is_no_weight_file_is_refused(content, tmp_path):
    path = tmp_path / "x.th"
    path.write_bytes(content)

    with pytest.raises(Refused):
        weight_files.read(path)


@pytest.mark.parametrize("content", HEADERS.values(), ids=HEADERS)
def test_a_header_that_lies_is_refused(content, tmp_path):
    path = tmp_path / "x.safetensors"
    path.write_bytes(struct.pack("<Q", len(content)) + content + bytes(4))

    with pytest.raises(Refused):
        weight_files.read(path)


def test_every_cut_of_a_file_is_refused(tmp_path):
    whole = write_safetensors(tmp_path / "whole", ARRAYS, ABOUT).read_bytes()
    cut = tmp_path / "cut"
    for length in range(0, len(whole), 7):
        cut.write_bytes(whole[:length])
        with pytest.raises(Refused):
            weight_files.read(cut)
