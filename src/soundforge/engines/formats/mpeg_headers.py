"""The two headers that songs in MP3 begin with: an ID3v2 tag, and a layer III frame. Pure.

Sources: id3.org (ID3v2), ISO/IEC 11172-3 and 13818-3 (MPEG audio).
"""

from __future__ import annotations

from typing import Final

ID3_HEADER_BYTES: Final = 10

# kbit/s of MPEG layer III by the four bits of the header, for MPEG 1 and for MPEG 2 and 2.5.
_MPEG1_KBPS: Final = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0)
_MPEG2_KBPS: Final = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0)
_MPEG1_RATES_HZ: Final = (44100, 48000, 32000, 0)
_MPEG1, _MPEG2 = 3, 2
_LAYER_3: Final = 1


def id3_bytes(head: bytes) -> int:
    """Return how long the ID3v2 tag is, its header included, that starts here; 0 when none does.

    Args:
        head: At least `ID3_HEADER_BYTES`, where there are so many.
    """
    # A size byte has seven bits, a version below 0xFF; text that starts with "ID3" has not.
    tag = head[:ID3_HEADER_BYTES]
    if len(tag) < ID3_HEADER_BYTES or tag[:3] != b"ID3" or 0xFF in tag[3:5]:
        return 0
    if any(byte & 0x80 for byte in tag[6:]):
        return 0
    size = tag[6] << 21 | tag[7] << 14 | tag[8] << 7 | tag[9]
    has_footer = bool(tag[5] & 0x10)
    return ID3_HEADER_BYTES + size + (ID3_HEADER_BYTES if has_footer else 0)


def frame_bytes(head: bytes) -> int | None:
    """Return the size of the layer III frame that starts here, or None when none does.

    Args:
        head: At least four bytes.
    """
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    kbps = (_MPEG1_KBPS if version == _MPEG1 else _MPEG2_KBPS)[head[2] >> 4]
    rate_hz = _MPEG1_RATES_HZ[head[2] >> 2 & 3] >> {_MPEG1: 0, _MPEG2: 1, 0: 2}.get(version, 16)
    if layer != _LAYER_3 or not kbps or not rate_hz:
        return None
    return (144 if version == _MPEG1 else 72) * kbps * 1000 // rate_hz + (head[2] >> 1 & 1)
