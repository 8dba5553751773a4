"""The pickles of tensors: what may be in one, and that the rest is refused."""

from __future__ import annotations

import collections
import pickle

import numpy as np
import pytest

from soundforge.engines import torch_pickle
from soundforge.engines.checkpoints import Name, Refused
from soundforge.engines.torch_pickle import PACKAGE_OPCODES, Storage, Tensor

NOTES = {"args": (2, [0.5, None, True, "adam"]), "seed": 2**40, "empty": [], "nested": {"a": -1}}
FRACTION = b"\x80\x02cfractions\nFraction\nK\x01K\x02\x86R."
NUMBERS = np.arange(6, dtype="<f2")


def half(**more):
    return Tensor(**{"storage": Storage("0", "<f2"), "offset": 0, "shape": (2, 3), **more})


def test_what_was_noted_beside_the_weights_is_plain_values():
    content = pickle.dumps(NOTES, 2)

    assert torch_pickle.load(content, PACKAGE_OPCODES) == NOTES
    with pytest.raises(Refused, match="not a plain dictionary"):
        torch_pickle.load(content)


@pytest.mark.parametrize("protocol", [0, 1, 3, 4, 5])
def test_a_pickle_of_another_protocol_is_refused(protocol):
    with pytest.raises(Refused):
        torch_pickle.load(pickle.dumps(collections.OrderedDict(a=b"1"), protocol), PACKAGE_OPCODES)


def test_a_name_is_known_only_to_those_who_ask_for_it():
    inert = {("fractions", "Fraction"): Name(lambda *parts: parts)}

    assert torch_pickle.load(FRACTION, more_globals=inert) == (1, 2)
    with pytest.raises(Refused, match="names fractions"):
        torch_pickle.load(FRACTION)


def test_a_tensor_may_lie_across_its_storage():
    across = half(shape=(3, 2), strides=(1, 3))

    np.testing.assert_array_equal(across.array(NUMBERS.tobytes()), NUMBERS.reshape(2, 3).T)
    assert not across.is_contiguous
    assert half(strides=(3, 1)).is_contiguous


def test_an_array_can_be_read_and_not_written():
    found = half(strides=(3, 1)).array(NUMBERS.tobytes())

    with pytest.raises(ValueError, match="read-only"):
        found[0, 0] = 1


@pytest.mark.parametrize("lacking", [1, 2, 12])
def test_a_storage_that_is_cut_short_is_refused(lacking):
    with pytest.raises(Refused):
        half(strides=(3, 1)).array(NUMBERS.tobytes()[:-lacking])


@pytest.mark.parametrize(
    "tensor",
    [half(strides=(3, 1)), half(storage=Storage("0", "<f4"), strides=(1, 2))],
    ids=["half precision", "across"],
)
def test_a_state_is_of_contiguous_float32_only(tensor):
    with pytest.raises(Refused, match="not contiguous, or not float32"):
        torch_pickle.named({"w": tensor}, {"w": (2, 3)})
