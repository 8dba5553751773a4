"""Several files as one ZIP, made while it is sent: nothing is written to disk, memory stays flat."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_PIECE_BYTES: Final = 1 << 20


def zipped(files: Iterable[tuple[str, Path]]) -> Iterator[bytes]:
    """Yield a ZIP of ``files``, each under its name; they are stored as they are.

    Sound files are compressed already. A file that is gone meanwhile ends it early, so that
    whoever unpacks it is told that it is damaged.
    """
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for name, path in files:
            about = zipfile.ZipInfo.from_file(path, name)
            with path.open("rb") as source, archive.open(about, "w", force_zip64=True) as target:
                while piece := source.read(_PIECE_BYTES):
                    target.write(piece)
                    yield sink.take()
    yield sink.take()


class _Sink:
    """Takes what the archive writes; it cannot be rewound, so sizes follow each file."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, part: bytes, /) -> int:
        self._parts.append(bytes(part))
        return len(part)

    def flush(self) -> None:
        """Keep what there is until it is taken."""

    def close(self) -> None:
        """Nothing is open."""

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken
