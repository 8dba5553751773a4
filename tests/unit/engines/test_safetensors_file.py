"""Safetensors come out as they were written; what the header cannot mean is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest

from soundforge.engines import safetensors_file
from soundforge.engines.checkpoints import Refused
from tests.fixtures.demucs_weights import write_safetensors

ARRAYS = {"a": np.arange(6, dtype=np.float16).reshape(2, 3), "b": np.ones(4, np.float32)}


def test_arrays_and_what_the_file_says_come_out(tmp_path):
    arrays, about = safetensors_file.read(write_safetensors(tmp_path / "x", ARRAYS, {"k": "v"}))

    assert about == {"k": "v"}
    assert arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(arrays[name], array)


ENTRIES = {
    "integers": {"dtype": "I64", "shape": [1], "data_offsets": [0, 8]},
    "beyond the end": {"dtype": "F32", "shape": [8], "data_offsets": [0, 32]},
    "another size": {"dtype": "F32", "shape": [3], "data_offsets": [0, 8]},
    "backwards": {"dtype": "F32", "shape": [2], "data_offsets": [8, 0]},
    "negative": {"dtype": "F32", "shape": [-2], "data_offsets": [0, 8]},
    "too many dimensions": {"dtype": "F32", "shape": [1] * 9, "data_offsets": [0, 4]},
}


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES.keys())
def test_a_header_that_cannot_be_is_refused(entry, tmp_path):
    header = json.dumps({"a": entry}).encode()
    (tmp_path / "x").write_bytes(len(header).to_bytes(8, "little") + header + bytes(16))

    with pytest.raises(Refused):
        safetensors_file.read(tmp_path / "x")
