"""Arrays are used where they lie in the file, and leave memory when nobody needs them."""

from __future__ import annotations

import contextlib
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest

from soundforge.engines.mapped_arrays import MappedArrays, Writer

ARRAYS = {
    "a/weight": np.arange(24, dtype=np.float32).reshape(2, 3, 4),
    "a/scale": np.float32(3),
    "b/odd": np.arange(5, dtype=np.uint8),
    "b/turned": np.arange(6, dtype=np.float32).reshape(2, 3).T,
    "b/none": np.zeros((0, 4), np.float32),
    "b/last": np.ones(7, np.float16),
}


@pytest.fixture
def path(tmp_path):
    with (tmp_path / "arrays.npz").open("wb") as file, contextlib.closing(Writer(file)) as writer:
        for network in "ab":
            writer.add({name: a for name, a in ARRAYS.items() if name.startswith(network)})
    return tmp_path / "arrays.npz"


def test_what_was_written_is_what_any_reader_of_npz_reads(path):
    with np.load(path, allow_pickle=False) as found:
        assert set(found) == ARRAYS.keys()
        for name, array in ARRAYS.items():
            assert found[name].dtype == np.asarray(array).dtype
            np.testing.assert_array_equal(found[name], array, strict=True)


def test_the_arrays_are_views_of_the_file_at_multiples_of_64(path):
    arrays = MappedArrays(path).arrays

    assert arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(arrays[name], array, strict=True)
        assert not arrays[name].flags.owndata
        assert arrays[name].ctypes.data % 64 == 0 or not arrays[name].size


def test_only_those_of_a_prefix_come_without_it(path):
    assert MappedArrays(path, "a/").arrays.keys() == {"weight", "scale"}


def test_files_of_numpy_are_read_too(tmp_path):
    np.savez(tmp_path / "plain.npz", **ARRAYS)
    np.savez_compressed(tmp_path / "small.npz", **ARRAYS)

    for file in ("plain.npz", "small.npz"):
        for name, array in MappedArrays(tmp_path / file).arrays.items():
            np.testing.assert_array_equal(array, ARRAYS[name], strict=True)


def test_objects_are_refused(tmp_path):
    np.savez(tmp_path / "objects.npz", a=np.array([{}], object))

    with pytest.raises(ValueError, match="allow_pickle"):
        MappedArrays(tmp_path / "objects.npz")


def test_arrays_that_were_let_go_take_no_memory_and_come_again(tmp_path):
    large = np.arange(1 << 22, dtype=np.float32)
    with (tmp_path / "large.npz").open("wb") as file, contextlib.closing(Writer(file)) as writer:
        writer.add({"a": large})
    mapped = MappedArrays(tmp_path / "large.npz")
    array = mapped.arrays["a"]
    assert array.sum() == large.sum()
    assert resident_kb(tmp_path / "large.npz") >= large.nbytes // 1024

    mapped.let_go()

    assert resident_kb(tmp_path / "large.npz") == 0
    np.testing.assert_array_equal(array, large)


def resident_kb(path):
    """Return how much of a mapped file is in this process's memory."""
    (entry,) = re.findall(
        rf"{path}\n(?:\w+: .*\n)*?Rss: +(\d+) kB", Path("/proc/self/smaps").read_text()
    )
    return int(entry)


def test_the_file_stays_as_it_is(path):
    before = path.read_bytes()

    MappedArrays(path).arrays["a/weight"][:] = 7

    assert path.read_bytes() == before


def test_a_flipped_bit_is_noticed_where_it_is_read(path):
    content = bytearray(path.read_bytes())
    content[content.index(np.ones(7, np.float16).tobytes())] ^= 1
    path.write_bytes(content)

    with pytest.raises(zipfile.BadZipFile, match="last"):
        MappedArrays(path)

    assert MappedArrays(path, "a/").arrays["scale"] == 3
