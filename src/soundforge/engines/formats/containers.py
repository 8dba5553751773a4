"""What kind of file is this, and is its end there? Read from headers, nothing is decoded.

A decoder that gets half a file often plays that half as if it were all. Where a container
says how many bytes it needs, we compare. Sources of the layouts: RIFF/WAVE and AIFF-C
specifications, RFC 3533 (Ogg), the Xing/LAME tag, ISO/IEC 14496-12 (MP4).
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, BinaryIO, Final, Literal, TypeAlias

from soundforge.engines.formats import mpeg_headers

if TYPE_CHECKING:
    from pathlib import Path

Container: TypeAlias = Literal["WAV", "AIFF", "FLAC", "OGG", "MP3", "M4A", "AAC"]

_MAGIC: Final[dict[bytes, Container]] = {
    rb"(RIFF|RF64|BW64)....WAVE": "WAV",
    rb"FORM....AIF[FC]": "AIFF",
    rb"fLaC": "FLAC",
    rb"OggS": "OGG",
    rb"....ftyp": "M4A",
    rb"\xff[\xf0\xf1\xf8\xf9]": "AAC",
}
_OGG_PAGE_MAX_BYTES: Final = 65307
# A writer that streams does not know the size yet and writes one of these.
_UNKNOWN_SIZES: Final = (0, 0x7FFFFFFF, 0xFFFFFFFF)
_MP3_SIDE_INFO: Final = {(True, False): 32, (True, True): 17, (False, False): 17, (False, True): 9}


def sniff(path: Path) -> Container | None:
    """Return the container by the file's first bytes, or None when it is none we read."""
    with path.open("rb") as file:
        start = _skip_id3(file)
        file.seek(start)
        head = file.read(16)
    for name, container in _MAGIC.items():
        if re.match(name, head, re.DOTALL):
            return container
    return "MP3" if _is_mpeg_audio(head) or _finds_mpeg_audio(path, start) else None


def is_cut_short(path: Path, container: Container) -> bool:
    """Tell whether the file lacks bytes that its container promises.

    False also when the container does not say. FLAC says in frames: its reader counts them.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        match container:
            case "WAV":
                return _is_chunked_cut(file, size, b"data", "<")
            case "AIFF":
                return _is_chunked_cut(file, size, b"SSND", ">")
            case "OGG":
                return _is_ogg_cut(file, size)
            case "MP3":
                return _is_mp3_cut(file, size)
            case "M4A":
                return _is_mp4_cut(file, size)
    return False


def _skip_id3(file: BinaryIO) -> int:
    """Return where the audio starts: after any ID3v2 tags."""
    start = 0
    while True:
        file.seek(start)
        size = mpeg_headers.id3_bytes(file.read(mpeg_headers.ID3_HEADER_BYTES))
        if not size:
            return start
        start += size


def _is_mpeg_audio(head: bytes) -> bool:
    return mpeg_headers.frame_bytes(head) is not None


def _finds_mpeg_audio(path: Path, start: int) -> bool:
    """Look past a little padding after the tag, which some taggers leave."""
    with path.open("rb") as file:
        file.seek(start)
        head = file.read(4096)
    padding = len(head) - len(head.lstrip(b"\0"))
    return padding > 0 and _is_mpeg_audio(head[padding:])


def _is_chunked_cut(file: BinaryIO, size: int, wanted: bytes, order: str) -> bool:
    position = 12
    while position + 8 <= size:
        file.seek(position)
        name, length = struct.unpack(f"{order}4sI", file.read(8))
        if name == wanted:
            return length not in _UNKNOWN_SIZES and position + 8 + length > size
        position += 8 + length + length % 2
    return True


def _is_ogg_cut(file: BinaryIO, size: int) -> bool:
    """Tell whether the last page lacks bytes."""
    begin = max(0, size - _OGG_PAGE_MAX_BYTES)
    file.seek(begin)
    tail = file.read()
    at = tail.rfind(b"OggS")
    if at < 0 or at + 27 > len(tail):
        return True
    segments = tail[at + 26]
    table = tail[at + 27 : at + 27 + segments]
    return len(table) < segments or at + 27 + segments + sum(table) > len(tail)


def _is_mp3_cut(file: BinaryIO, size: int) -> bool:
    """Compare the size with the Xing tag's; a file without the tag does not say."""
    start = _skip_id3(file)
    file.seek(start)
    frame = file.read(64)
    if not _is_mpeg_audio(frame):
        return False
    is_mpeg1, is_mono = frame[1] >> 3 & 3 == 3, frame[3] >> 6 == 3
    tag = frame[4 + _MP3_SIDE_INFO[is_mpeg1, is_mono] :][:16]
    if tag[:4] not in (b"Xing", b"Info") or len(tag) < 16:
        return False
    flags = tag[7]
    if not flags & 2:
        return False
    length = struct.unpack(">I", tag[12:16] if flags & 1 else tag[8:12])[0]
    # Some encoders leave one frame out of the count or in it: at most 1,441 bytes.
    return bool(start + length > size + 1441)


def _is_mp4_cut(file: BinaryIO, size: int) -> bool:
    position = 0
    while position + 8 <= size:
        file.seek(position)
        head = file.read(16)
        length = struct.unpack(">I", head[:4])[0]
        if length == 1 and len(head) == 16:
            length = struct.unpack(">Q", head[8:16])[0]
        if length == 0:  # up to the end of the file
            return False
        if length < 8:
            return True
        position += length
    return position > size
