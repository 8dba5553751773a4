"""The reader of torch's old checkpoints: named arrays come out, nothing else happens."""

from __future__ import annotations

import numpy as np
import pytest

from soundforge.engines import torch_legacy
from soundforge.engines.checkpoints import Refused

FORMAT = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03."
HEAD = b"\x80\x02"
ODICT = b"ccollections\nOrderedDict\n)R"
NUMBERS = np.arange(6, dtype="<f4")


def text(value):
    return b"X" + len(value).to_bytes(4, "little") + value.encode()


SIZES = HEAD + b"}" + text("little_endian") + b"q\x00\x88s."


def tensor(key="70010", offset=0, shape=(2, 3), strides=(3, 1), view=b"N"):
    kind = b"ctorch\nFloatStorage\n"
    storage = b"(" + text("storage") + kind + text(key) + text("cpu") + b"K\x06" + view + b"tQ"
    size, steps = (
        b"(" + b"".join(b"K" + bytes([n]) for n in each) + b"t" for each in (shape, strides)
    )
    made = b"(" + storage + b"K" + bytes([offset]) + size + steps + b"\x89" + ODICT + b"t"
    return b"ctorch._utils\n_rebuild_tensor_v2\n" + made + b"R"


def state(*, net=None, name="net"):
    net = tensor() if net is None else net
    optimiser = text("opt") + b"}" + text("betas") + b"]G?\xf0\0\0\0\0\0\0as"
    return HEAD + b"}(" + text(name) + ODICT + text("w") + net + b"s" + optimiser + b"u."


def saved(described=None, keys=("70010",), storages=(NUMBERS,), sizes=SIZES):
    listed = HEAD + b"]" + b"".join(text(key) + b"a" for key in keys) + b"."
    raw = b"".join(len(one).to_bytes(8, "little") + one.tobytes() for one in storages)
    return FORMAT + sizes + (state() if described is None else described) + listed + raw


def read(content):
    return torch_legacy.read(content, {"w": (2, 3)}, within="net")


def test_arrays_come_out_as_they_were_saved_and_the_optimiser_stays_behind():
    found = read(saved())

    assert list(found) == ["w"]
    np.testing.assert_array_equal(found["w"], NUMBERS.reshape(2, 3))


def test_storages_are_found_by_their_order():
    other = np.full(3, 9, "<f4")

    found = read(saved(keys=("1", "70010"), storages=(other, NUMBERS)))

    np.testing.assert_array_equal(found["w"], NUMBERS.reshape(2, 3))


HOSTILE = {
    "empty": b"",
    "a zip": b"PK\x03\x04" + bytes(100),
    "the beginning only": saved()[:60],
    "cut in the numbers": saved()[:-1],
    "no numbers": saved(storages=()),
    "another byte order": saved(sizes=SIZES.replace(b"\x88", b"\x89")),
    "another name": saved(state(name="other")),
    "another shape": saved(state(net=tensor(shape=(3, 2), strides=(2, 1)))),
    "beyond the storage": saved(state(net=tensor(offset=1))),
    "no such storage": saved(state(net=tensor("5"))),
    "a view of a storage": saved(state(net=tensor(view=b"K\x01"))),
    "a storage that says too much": saved().replace(
        (6).to_bytes(8, "little"), (2**62).to_bytes(8, "little")
    ),
    "keys that are numbers": saved().replace(b"]" + text("70010"), b"]K\x01"),
    "a call among the sizes": saved(sizes=HEAD + b"cos\nsystem\n" + text("touch ran") + b"\x85R."),
    "a call in what was saved": saved(HEAD + b"cos\nsystem\n" + text("touch ran") + b"\x85R."),
    "a list": saved(HEAD + b"]."),
    "a stack gone": saved(HEAD + b"u."),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_anything_else_is_refused_and_nothing_runs(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(Refused):
        read(HOSTILE[name])

    assert list(tmp_path.iterdir()) == []
