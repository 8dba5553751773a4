"""Arrays in a file that are used where they lie: an ``.npz`` whose arrays begin at multiples of 64.

Read by mapping, they take no memory that the system cannot have back at any time, and whoever has
made something else of them can say so at once (`MappedArrays.let_go`). Any reader of ``.npz`` reads
these files, too; files that others have written are read as well, in the usual way.
"""

from __future__ import annotations

import contextlib
import math
import mmap
import os
import zipfile
import zlib
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import BinaryIO

    from numpy.typing import NDArray

_ALIGNMENT: Final = 64
_LOCAL_HEADER: Final = (
    30  # bytes, before the name; the lengths of name and extra field are its last
)
_EXTRA_HEADER: Final = 4
_PADDING: Final = b"\x35\xd9"  # the extra field that Android's zipalign fills up with


class Writer:
    """Writes arrays one after the other.

    Args:
        file: An empty file.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._archive = zipfile.ZipFile(file, "w", zipfile.ZIP_STORED)

    def add(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Write arrays under their names."""
        for name, array in arrays.items():
            array = np.asarray(array, order="C")
            info = zipfile.ZipInfo(f"{name}.npy")
            info.file_size = array.nbytes
            info.extra = self._padding(_LOCAL_HEADER + len(info.filename.encode()))
            header = np.lib.format.header_data_from_array_1_0(array)
            with self._archive.open(info, "w") as member:
                np.lib.format.write_array_header_1_0(member, header)  # a multiple of 64 bytes
                member.write(array.reshape(-1).view(np.uint8).data)

    def close(self) -> None:
        """Write what says where the arrays are."""
        self._archive.close()

    def _padding(self, header_bytes: int) -> bytes:
        missing = -(self._file.tell() + header_bytes) % _ALIGNMENT
        if 0 < missing < _EXTRA_HEADER:
            missing += _ALIGNMENT
        if not missing:
            return b""
        size = missing - _EXTRA_HEADER
        return _PADDING + size.to_bytes(2, "little") + bytes(size)


class MappedArrays:
    """The arrays of a file whose names begin alike.

    Args:
        path: The file; nobody may make it shorter.
        prefix: What their names begin with; it is taken off.

    Raises:
        zipfile.BadZipFile: The file is damaged: all is read once, in under 0.2 s a gigabyte.

    Attributes:
        arrays: By name. They hold the mapping. The file never changes with them, but OpenVINO takes
            only what could be written to; what is written is lost when they are let go.
    """

    def __init__(self, path: Path, prefix: str = "") -> None:
        self.arrays: dict[str, NDArray[Any]] = {}
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            members = [info for info in archive.infolist() if info.filename.startswith(prefix)]
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
            for info in members:
                name = info.filename.removeprefix(prefix).removesuffix(".npy")
                self.arrays[name] = self._array(archive, info, file)

    def let_go(self) -> None:
        """Take the arrays out of memory; they come again when they are read."""
        with contextlib.suppress(AttributeError):  # where there is no such advice
            self._map.madvise(mmap.MADV_DONTNEED)

    def _check(self, info: zipfile.ZipInfo, start: int) -> None:
        with memoryview(self._map) as content:
            if zlib.crc32(content[start : start + info.file_size]) != info.CRC:
                raise zipfile.BadZipFile(f"{info.filename} is damaged")

    def _array(
        self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, file: BinaryIO
    ) -> NDArray[Any]:
        """Return an array as a view of the file where that is possible, else read it."""
        if info.compress_type == zipfile.ZIP_STORED:
            file.seek(info.header_offset + _LOCAL_HEADER - 4)
            lengths = file.read(4)
            more = sum(int.from_bytes(part, "little") for part in (lengths[:2], lengths[2:]))
            start = file.seek(more, os.SEEK_CUR)
            self._check(info, start)
            if np.lib.format.read_magic(file) == (1, 0):
                shape, is_fortran, dtype = np.lib.format.read_array_header_1_0(file)
                begin, is_plain = file.tell(), not (is_fortran or dtype.hasobject)
                if is_plain and begin % dtype.alignment == 0:
                    count = math.prod(shape)
                    return np.frombuffer(self._map, dtype, count, begin).reshape(shape)
        with archive.open(info) as member:
            return np.lib.format.read_array(member, allow_pickle=False)
