"""The reader of torch's checkpoints: named arrays come out, nothing else happens."""

from __future__ import annotations

import io
import pickle
import zipfile

import numpy as np
import pytest

from soundforge.engines import torch_checkpoints
from soundforge.engines.checkpoints import Refused

HEAD = b"\x80\x02"
ODICT = b"ccollections\nOrderedDict\n)R"


def text(value: str) -> bytes:
    return b"X" + len(value).to_bytes(4, "little") + value.encode()


def ints(*values: int) -> bytes:
    return b"(" + b"".join(b"J" + v.to_bytes(4, "little", signed=True) for v in values) + b"t"


def tensor(key="0", offset=0, shape=(2, 3), strides=(3, 1), kind=b"ctorch\nFloatStorage\n", size=6):
    storage = (
        b"("
        + text("storage")
        + kind
        + text(key)
        + text("cpu")
        + b"J"
        + size.to_bytes(4, "little")
        + b"tQ"
    )
    where = b"J" + offset.to_bytes(4, "little", signed=True)
    return (
        b"ctorch._utils\n_rebuild_tensor_v2\n("
        + storage
        + where
        + ints(*shape)
        + ints(*strides)
        + b"\x89"
        + ODICT
        + b"tR"
    )


def state(*items: bytes) -> bytes:
    body = b"".join(text(f"w{number}") + item for number, item in enumerate(items))
    metadata = b"}" + text("_metadata") + ODICT + b"sb"
    return HEAD + ODICT + b"(" + body + b"u" + metadata + b"."


def saved(pickled: bytes, **storages: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("archive/data.pkl", pickled)
        for key, content in storages.items():
            archive.writestr(f"archive/data/{key.strip('_')}", content)
    return buffer.getvalue()


NUMBERS = np.arange(12, dtype="<f4")


def test_arrays_come_out_as_they_were_saved():
    found = torch_checkpoints.read(
        saved(state(tensor(), tensor("1", 6)), _0=NUMBERS[:6].tobytes(), _1=NUMBERS.tobytes()),
        {"w0": (2, 3), "w1": (2, 3)},
    )

    np.testing.assert_array_equal(found["w0"], NUMBERS[:6].reshape(2, 3))
    np.testing.assert_array_equal(found["w1"], NUMBERS[6:].reshape(2, 3))


HOSTILE = {
    "not a zip": b"PK\x03\x04 nothing",
    "empty": b"",
    "no pickle": saved(b"").replace(b"data.pkl", b"data.txt"),
    "another shape": saved(state(tensor(shape=(3, 2), strides=(2, 1))), _0=NUMBERS.tobytes()),
    "no such storage": saved(state(tensor("7")), _0=NUMBERS.tobytes()),
    "a path for a key": saved(state(tensor("../0")), _0=NUMBERS.tobytes()),
    "too short a storage": saved(state(tensor()), _0=NUMBERS[:5].tobytes()),
    "beyond the storage": saved(state(tensor(offset=9)), _0=NUMBERS.tobytes()),
    "a negative offset": saved(state(tensor(offset=-1)), _0=NUMBERS.tobytes()),
    "transposed": saved(state(tensor(strides=(1, 2))), _0=NUMBERS.tobytes()),
    "other numbers": saved(state(tensor(kind=b"ctorch\nDoubleStorage\n")), _0=NUMBERS.tobytes()),
    "a number for a kind": saved(state(tensor(kind=b"K\x01")), _0=NUMBERS.tobytes()),
    "a call of the kind": saved(state(tensor(kind=b"ctorch\nFloatStorage\n)R")), _0=b""),
    "no tensor": saved(state(b"K\x01")),
    "a list": saved(HEAD + b"]."),
    "a call": saved(HEAD + b"cos\nsystem\n" + text("touch ran") + b"\x85R."),
    "a stack gone": saved(HEAD + b"u."),
    "a dictionary from items": saved(HEAD + b"ccollections\nOrderedDict\n" + b"}\x85R."),
    "a newer pickle": saved(pickle.dumps({"w0": 1}, 5)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_anything_else_is_refused_and_nothing_runs(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(Refused):
        torch_checkpoints.read(HOSTILE[name], {"w0": (2, 3)})

    assert list(tmp_path.iterdir()) == []
