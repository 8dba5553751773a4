"""ADTS: AAC packets with a 7-byte header each (ISO/IEC 13818-7, 6.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from soundforge.engines.formats import mp4

if TYPE_CHECKING:
    from pathlib import Path

_HEADER_BYTES: Final = 7
_TAG_V1_BYTES: Final = 128


class AdtsError(ValueError):
    """The stream does not follow the format."""


class CutShort(AdtsError):
    """The last packet is not whole."""


def wrap(config: mp4.AacConfig, packet: bytes) -> bytes:
    """Return the header for one packet.

    Raises:
        AdtsError: The packet is longer than the 13 bits of its length field can say.
    """
    length = len(packet) + _HEADER_BYTES
    if length >= 1 << 13:
        raise AdtsError("a packet is too long")
    head = 0xFFF1 << 40
    head |= (config.object_type - 1) << 38 | config.rate_index << 34 | config.channel_config << 30
    head |= length << 13 | 0x7FF << 2
    return head.to_bytes(_HEADER_BYTES)


def read_track(path: Path) -> mp4.Track:
    """Return the stream as if it lay in an MP4 file: its config and its bare packets.

    Raises:
        CutShort: The file ends inside a packet.
        AdtsError: A packet does not start where the one before it ends, or changes the format.
    """
    size = path.stat().st_size
    packets: list[tuple[int, int]] = []
    config: mp4.AacConfig | None = None
    with path.open("rb") as file:
        position = _after_tags(file.read(10))
        while position + _HEADER_BYTES <= size:
            file.seek(position)
            head = file.read(9)
            if head[:3] == b"TAG" and position + _TAG_V1_BYTES == size:
                return _track(config, packets)
            this, header, length = _parse(head)
            if config not in (None, this):
                raise AdtsError("the format changes within the file")
            config = this
            if position + length > size:
                raise CutShort("the last packet is not whole")
            packets.append((position + header, length - header))
            position += length
    if position != size:
        raise CutShort("the last header is not whole")
    return _track(config, packets)


def _track(config: mp4.AacConfig | None, packets: list[tuple[int, int]]) -> mp4.Track:
    if config is None:
        raise AdtsError("there is no packet")
    bits = config.object_type << 11 | config.rate_index << 7 | config.channel_config << 3
    return mp4.Track("mp4a", bits.to_bytes(2), config.sample_rate_hz, packets=packets)


def _after_tags(head: bytes) -> int:
    if head[:3] != b"ID3":
        return 0
    return 10 + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9])


def _parse(head: bytes) -> tuple[mp4.AacConfig, int, int]:
    """Return description, header size and packet size (header included)."""
    if head[0] != 0xFF or head[1] & 0xF6 != 0xF0:
        raise AdtsError("a packet does not start with the sync word")
    bits = int.from_bytes(head[:_HEADER_BYTES])
    config = mp4.AacConfig(
        object_type=(bits >> 38 & 3) + 1,
        rate_index=bits >> 34 & 15,
        channel_config=bits >> 30 & 7,
        is_plain=True,
    )
    header = _HEADER_BYTES if head[1] & 1 else _HEADER_BYTES + 2
    length = bits >> 13 & 0x1FFF
    if length <= header or not config.sample_rate_hz or bits & 3:
        raise AdtsError("a packet has an impossible header")
    return config, header, length
