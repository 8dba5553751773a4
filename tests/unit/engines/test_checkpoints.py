"""The checkpoint reader: float32 arrays come out, nothing else happens."""

from __future__ import annotations

import io
import os
import pickle
import pickletools
import subprocess
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from soundforge.engines import checkpoints

float32_arrays = hnp.arrays(
    np.float32, hnp.array_shapes(max_dims=4, max_side=5), elements=st.floats(-1, 1, width=32)
)


def old_pickle(value) -> bytes:
    """Pickle as the checkpoints were: protocol 2, numpy's old module name."""
    return pickle.dumps(value, 2).replace(b"numpy._core.multiarray", b"numpy.core.multiarray")


def zipped(content: bytes, name: str = "net/data.pkl") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


@given(st.dictionaries(st.text(max_size=10), float32_arrays, max_size=4))
def test_named_arrays_come_out_as_they_went_in(arrays):
    found = checkpoints.read(zipped(old_pickle(arrays)))

    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)


def test_fortran_order_is_kept():
    array = np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3))

    found = checkpoints.read_pickle(old_pickle({"w": array}))

    np.testing.assert_array_equal(found["w"], array)


class Calls:
    """Pickles as a call of whatever it is given."""

    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize(
    "call",
    [
        Calls(os.system, "touch ran"),
        Calls(os.mkdir, "ran"),
        Calls(eval, "open('ran', 'w')"),
        Calls(subprocess.check_call, ["touch", "ran"]),
        Calls(getattr, os, "system"),
        Calls(__import__, "os"),
        Calls(np.load, "ran"),
        Calls(np.fromfile, "ran"),
    ],
    ids=lambda call: str(call.call[0].__name__),
)
def test_a_pickle_that_calls_something_is_refused_and_nothing_runs(call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    for hidden in (call, {"w": call}, {"w": [call]}):
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            try:
                content = pickle.dumps(hidden, protocol)
            except (pickle.PicklingError, TypeError):  # a module cannot be pickled
                continue
            with pytest.raises(checkpoints.Refused):
                checkpoints.read_pickle(content)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "value",
    [
        {"w": np.zeros(3, np.float64)},
        {"w": np.array([object()], object)},
        {"w": np.zeros(3, ">f4")},
        {"w": [1.0]},
        {1: np.zeros(3, np.float32)},
        [np.zeros(3, np.float32)],
        None,
    ],
    ids=["double", "objects", "big-endian", "list", "number as name", "no names", "nothing"],
)
def test_anything_but_named_float32_arrays_is_refused(value):
    with pytest.raises(checkpoints.Refused):
        checkpoints.read_pickle(old_pickle(value))


def hand_made(body: bytes) -> bytes:
    return b"\x80\x02" + body + b"."


@pytest.mark.parametrize(
    "body",
    [
        b"cnumpy\nndarray\n)R",  # calling the class
        b"cnumpy\nndarray\n)\x81",  # making one with __new__
        b"cnumpy\nndarray\n}b",  # changing the class
        b"cnumpy\nndarray\nN}U\x05_makeNs\x86b",  # changing a slot of it
        b"cnumpy.core.multiarray\n_reconstruct\n}U\x01aNsb",
        b"c_codecs\nencode\nU\x01aU\x03zip\x86R",
        b"c_codecs\nencode\nNU\x06latin1\x86R",
        b"cnumpy\nndarray.__init__\n",
        b"cos\nsystem\n",
        b"U\x01aQ",  # something outside
        b"\x82\x01",  # a name by number
        b"Nr\xff\xff\xff\x7f",  # a memo of 16 GB
        b"",
    ],
)
def test_hand_made_pickles_are_refused(body):
    with pytest.raises(checkpoints.Refused):
        checkpoints.read_pickle(hand_made(body))


def test_an_array_that_claims_more_than_it_brings_is_refused():
    honest = old_pickle({"w": np.zeros((2, 3), np.float32)})
    lying = honest.replace(b"K\x02K\x03", b"K\xffK\xff")
    assert lying != honest

    with pytest.raises(checkpoints.Refused, match="as large as"):
        checkpoints.read_pickle(lying)


@given(st.binary(max_size=200))
@settings(max_examples=300)
def test_noise_is_refused_and_never_crashes(noise):
    with pytest.raises(checkpoints.Refused):
        checkpoints.read_pickle(noise)
    with pytest.raises(checkpoints.Refused):
        checkpoints.read(noise)


_HONEST = old_pickle({"w": np.arange(6, dtype=np.float32)})
_OPCODES = [code.code.encode("latin-1") for code in pickletools.opcodes]


@given(st.integers(0, len(_HONEST) - 1), st.sampled_from(_OPCODES))
@settings(max_examples=300)
def test_a_changed_byte_gives_arrays_or_a_refusal(position, opcode):
    changed = _HONEST[:position] + opcode + _HONEST[position + 1 :]

    try:
        found = checkpoints.read_pickle(changed)
    except checkpoints.Refused:
        return
    assert all(array.dtype == np.float32 for array in found.values())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>not found</html>",
        zipped(b"x", "other.txt"),
        zipped(old_pickle({}), "data.pkl")[:-30],
    ],
    ids=["nothing", "page", "other zip", "cut short"],
)
def test_what_is_not_a_checkpoint_is_refused(content):
    with pytest.raises(checkpoints.Refused):
        checkpoints.read(content)
