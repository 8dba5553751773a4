"""Find the audio packets inside an MP4 / M4A file, plain or fragmented.

Enough of ISO/IEC 14496-12 (boxes), 14496-1 (descriptors) and 14496-3 (AudioSpecificConfig)
to hand AAC and ALAC packets to a decoder, and of the edit list to know which decoded frames
are the song: encoders put about 2,048 frames of priming before it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_AAC_RATES_HZ: Final = (
    96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
)  # fmt: skip
_MAX_HEADER_BYTES: Final = 64 * 1024 * 1024
_MAX_DEPTH: Final = 16


class Mp4Error(ValueError):
    """The file does not follow the format."""


@dataclass(slots=True)
class Track:
    """The first audio track of a file.

    Attributes:
        codec: Four characters: ``mp4a``, ``alac``.
        config: The decoder's own description (AudioSpecificConfig or ALACSpecificConfig).
        timescale_hz: Units of the track's time, per second.
        packets: Where each packet lies: offset and size in bytes.
        start: First unit of media time that belongs to the song.
        length: How many units belong to it; None for all.
    """

    codec: str = ""
    config: bytes = b""
    timescale_hz: int = 0
    track_id: int = 0
    packets: list[tuple[int, int]] = field(default_factory=list)
    start: int = 0
    length: int | None = None


@dataclass(frozen=True, slots=True)
class AacConfig:
    """What an AudioSpecificConfig says."""

    object_type: int
    rate_index: int
    channel_config: int
    is_plain: bool

    @property
    def sample_rate_hz(self) -> int:
        """The rate of the core coder, in hertz; 0 when it is not in the table."""
        return _AAC_RATES_HZ[self.rate_index] if self.rate_index < len(_AAC_RATES_HZ) else 0


def read_track(path: Path) -> Track:
    """Return the first audio track of the file.

    Raises:
        Mp4Error: There is none, or a box is broken.
    """
    track: Track | None = None
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            position = 0
            while position + 8 <= size:
                file.seek(position)
                name, header, length = _box_head(file.read(16), size - position)
                if name in (b"moov", b"moof"):
                    if length > _MAX_HEADER_BYTES:
                        raise Mp4Error("a header box is too large")
                    file.seek(position + header)
                    body = file.read(length - header)
                    if name == b"moov":
                        track = _read_moov(body)
                    elif track is not None:
                        _read_moof(body, track, position)
                position += length
    except (struct.error, IndexError) as error:
        raise Mp4Error("a box ends too early") from error
    if track is None:
        raise Mp4Error("there is no audio track")
    return track


def parse_aac_config(config: bytes) -> AacConfig:
    """Return what an AudioSpecificConfig says (ISO/IEC 14496-3, 1.6.2.1).

    ``is_plain`` is true for AAC-LC with frames of 1,024, without the extensions of HE-AAC.
    """
    bits = int.from_bytes(config[:16].ljust(16, b"\0"))

    def take(at: int, count: int) -> int:
        return bits >> (128 - at - count) & ((1 << count) - 1)

    object_type, rate_index, channel_config = take(0, 5), take(5, 4), take(9, 4)
    # After the 16 bits of a plain config an encoder may announce SBR: 0x2B7, type 5, present.
    has_sbr = take(16, 11) == 0x2B7 and take(27, 5) == 5 and take(32, 1) == 1
    is_plain = object_type == 2 and rate_index < 13 and take(13, 1) == 0 and not has_sbr
    return AacConfig(object_type, rate_index, channel_config, is_plain)


def _box_head(head: bytes, left: int) -> tuple[bytes, int, int]:
    """Return a box's name, the size of its header and its whole size."""
    length, name = struct.unpack(">I4s", head[:8])
    header = 8
    if length == 1:
        length, header = struct.unpack(">Q", head[8:16])[0], 16
    elif length == 0:
        length = left
    if length < header or length > left:
        raise Mp4Error(f"the size of box {name!r} is wrong")
    return name, header, length


def _boxes(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = 0
    while position + 8 <= len(body):
        name, header, length = _box_head(body[position : position + 16], len(body) - position)
        yield name, body[position + header : position + length]
        position += length


def _find(body: bytes, *names: bytes) -> bytes:
    """Return the content of the first box along a path of names; empty when there is none."""
    for wanted in names:
        body = next((content for name, content in _boxes(body) if name == wanted), b"")
    return body


def _read_moov(moov: bytes) -> Track:
    movie_timescale_hz = _timescale(_find(moov, b"mvhd"))
    for name, trak in _boxes(moov):
        if name == b"trak" and _find(trak, b"mdia", b"hdlr")[8:12] == b"soun":
            track = Track(timescale_hz=_timescale(_find(trak, b"mdia", b"mdhd")))
            tkhd = _find(trak, b"tkhd")
            track.track_id = struct.unpack_from(">I", tkhd, 20 if tkhd[0] else 12)[0]
            stbl = _find(trak, b"mdia", b"minf", b"stbl")
            _read_description(_find(stbl, b"stsd"), track)
            track.packets = _read_packets(stbl)
            _read_edits(_find(trak, b"edts", b"elst"), track, movie_timescale_hz)
            return track
    raise Mp4Error("there is no audio track")


def _timescale(box: bytes) -> int:
    return int(struct.unpack_from(">I", box, 20 if box[:1] == b"\1" else 12)[0])


def _read_description(stsd: bytes, track: Track) -> None:
    name, entry = next(_boxes(stsd[8:]), (b"", b""))
    track.codec = name.decode("latin-1")
    # QuickTime's version 1 and 2 of the sound description have longer heads.
    head = {0: 28, 1: 44, 2: 64}.get(struct.unpack_from(">H", entry, 8)[0], 28)
    inner = entry[head:]
    if name == b"mp4a":
        esds = _find(inner, b"esds") or _find(inner, b"wave", b"esds")
        track.config = _decoder_config(esds[4:])
    elif name == b"alac":
        track.config = (_find(inner, b"alac") or _find(inner, b"wave", b"alac"))[4:]


def _decoder_config(descriptors: bytes) -> bytes:
    """Return the DecoderSpecificInfo (tag 5) in an ES descriptor (3 > 4 > 5)."""
    position, skip = 0, {3: 3, 4: 13}
    for _ in range(_MAX_DEPTH):
        tag, length = descriptors[position], 0
        position += 1
        while True:
            byte = descriptors[position]
            position += 1
            length = length << 7 | byte & 0x7F
            if not byte & 0x80:
                break
        if tag == 5:
            return descriptors[position : position + length]
        if tag not in skip:
            break
        position += skip[tag]
    return b""


def _read_packets(stbl: bytes) -> list[tuple[int, int]]:
    sizes = _sizes(_find(stbl, b"stsz"))
    wide = _find(stbl, b"co64")
    offsets = _table(wide, "Q") if wide else _table(_find(stbl, b"stco"), "I")
    runs = _table(_find(stbl, b"stsc"), "III")
    packets: list[tuple[int, int]] = []
    for index, (first_chunk, per_chunk, _) in enumerate(runs):
        last_chunk = runs[index + 1][0] - 1 if index + 1 < len(runs) else len(offsets)
        for chunk in range(max(1, first_chunk), min(last_chunk, len(offsets)) + 1):
            position = offsets[chunk - 1][0]
            for size in sizes[len(packets) : len(packets) + per_chunk]:
                packets.append((position, size))
                position += size
    return packets


def _sizes(stsz: bytes) -> list[int]:
    if not stsz:
        return []
    same, count = struct.unpack_from(">II", stsz, 4)
    if same:
        # The count is not backed by bytes: a hostile one must not fill the memory.
        return [same] * min(count, 1 << 22)
    if 12 + 4 * count > len(stsz):
        raise Mp4Error("the table of sizes ends too early")
    return list(struct.unpack_from(f">{count}I", stsz, 12))


def _table(box: bytes, row: str) -> list[tuple[int, ...]]:
    """Return the rows of a full box: version and flags, count, rows."""
    if not box:
        return []
    row = ">" + row
    count = struct.unpack_from(">I", box, 4)[0]
    end = 8 + count * struct.calcsize(row)
    if end > len(box):
        raise Mp4Error("a table ends too early")
    return list(struct.iter_unpack(row, box[8:end]))


def _read_edits(elst: bytes, track: Track, movie_timescale_hz: int) -> None:
    """Take the first edit that plays something: where the song starts and how long it is."""
    rows = _table(elst, "QqI" if elst[:1] == b"\1" else "IiI")
    played = [(length, start) for length, start, _ in rows if start >= 0]
    if len(played) == 1 and movie_timescale_hz:
        length, track.start = played[0]
        if length:
            track.length = round(length * track.timescale_hz / movie_timescale_hz)


def _read_moof(moof: bytes, track: Track, moof_position: int) -> None:
    for name, traf in _boxes(moof):
        tfhd = _find(traf, b"tfhd") if name == b"traf" else b""
        if not tfhd or struct.unpack_from(">I", tfhd, 4)[0] != track.track_id:
            continue
        flags = int.from_bytes(tfhd[1:4])
        base, at = moof_position, 8
        if flags & 0x1:
            base, at = struct.unpack_from(">Q", tfhd, at)[0], at + 8
        at += 4 * bool(flags & 0x2) + 4 * bool(flags & 0x8)
        default_size = struct.unpack_from(">I", tfhd, at)[0] if flags & 0x10 else 0
        position = base
        for inner, trun in _boxes(traf):
            if inner == b"trun":
                position = _read_trun(trun, track, base, position, default_size)


def _read_trun(trun: bytes, track: Track, base: int, position: int, default_size: int) -> int:
    flags, count = int.from_bytes(trun[1:4]), struct.unpack_from(">I", trun, 4)[0]
    at = 8
    if flags & 0x1:
        position, at = base + struct.unpack_from(">i", trun, at)[0], at + 4
    at += 4 * bool(flags & 0x4)
    before = 4 * bool(flags & 0x100)
    step = before + 4 * sum(bool(flags & bit) for bit in (0x200, 0x400, 0x800))
    if count > 1 << 22:
        raise Mp4Error("a fragment has too many packets")
    for index in range(count):
        size = default_size
        if flags & 0x200:
            size = struct.unpack_from(">I", trun, at + index * step + before)[0]
        track.packets.append((position, size))
        position += size
    return position
