"""Which audio format a file has, by its first bytes.

Pure, so that the server may look at an upload before any engine does: what is plainly no
audio is refused at once. That a file *is* audio is shown only by decoding it, in an engine.

Sources: RIFF/WAVE and AIFF-C specifications, RFC 9639 (FLAC), RFC 3533 and 7845 (Ogg, Opus),
ISO/IEC 11172-3 (MPEG audio), 13818-7 (ADTS), 14496-12 (the ``ftyp`` box), id3.org (ID3v2).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Name: TypeAlias = Literal["mp3", "wav", "flac", "ogg", "oga", "opus", "m4a", "aac", "aiff"]

HEAD_BYTES: Final = 64 * 1024
"""How much of a file's beginning `sniff` wants to see."""


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """A kind of audio file.

    Args:
        name: Short name, also the extension on disk, without the dot.
        mime: Media type to send it as.
        label: What a person calls it.
    """

    name: Name
    mime: str
    label: str


MP3: Final = AudioFormat("mp3", "audio/mpeg", "MP3")
WAV: Final = AudioFormat("wav", "audio/wav", "WAV")
FLAC: Final = AudioFormat("flac", "audio/flac", "FLAC")
OGG: Final = AudioFormat("ogg", "audio/ogg", "Ogg Vorbis")
OGG_FLAC: Final = AudioFormat("oga", "audio/ogg", "Ogg FLAC")
OPUS: Final = AudioFormat("opus", "audio/ogg", "Opus")
M4A: Final = AudioFormat("m4a", "audio/mp4", "M4A")
AAC: Final = AudioFormat("aac", "audio/aac", "AAC")
AIFF: Final = AudioFormat("aiff", "audio/aiff", "AIFF")

FORMATS: Final = (MP3, WAV, FLAC, OGG, OPUS, M4A, AAC, AIFF, OGG_FLAC)
ACCEPTED: Final = "MP3, WAV, FLAC, OGG, Opus, M4A, AAC or AIFF"
"""The formats in words, for sentences and for the page."""

_MAGIC: Final = (
    (re.compile(rb"(RIFF|RF64|BW64)....WAVE", re.DOTALL), WAV),
    (re.compile(rb"FORM....AIF[FC]", re.DOTALL), AIFF),
    (re.compile(rb"fLaC"), FLAC),
    # Brands of films and songs; the pictures that share the container (heic, avif) are not here.
    (re.compile(rb"....ftyp(M4[ABPV] |mp4[12]|isom|iso[2-9]|dash|qt  |MSNV|3g[p2].|f4[av] |avc1)",
                re.DOTALL), M4A),
)  # fmt: skip
_OGG_CODECS: Final = ((b"\x01vorbis", OGG), (b"OpusHead", OPUS), (b"\x7fFLAC", OGG_FLAC))

# kbit/s of MPEG layer III by the four bits of the header, for MPEG 1 and for MPEG 2 and 2.5.
_MPEG1_KBPS: Final = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0)
_MPEG2_KBPS: Final = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0)
_MPEG1_RATES_HZ: Final = (44100, 48000, 32000, 0)
_MPEG1, _MPEG2 = 3, 2
_LAYER_3: Final = 1


def sniff(head: bytes) -> AudioFormat | None:
    """Return the format of the file that starts with ``head``; None when it is none we read.

    Args:
        head: The first `HEAD_BYTES` of the file, or all of a shorter one.
    """
    start = _after_id3(head)
    if start is None:  # behind a tag longer than what we see there is nearly always an MP3
        return MP3 if len(head) >= HEAD_BYTES else None
    head = head[start:]
    for magic, audio_format in _MAGIC:
        if magic.match(head):
            return audio_format
    if head.startswith(b"OggS"):
        return _ogg_codec(head)
    if _is_adts(head):
        return AAC
    return MP3 if _is_mp3(head.lstrip(b"\0")) else None


def _after_id3(head: bytes) -> int | None:
    """Return where the ID3v2 tags end, or None when that is beyond ``head``."""
    start = 0
    while head[start : start + 3] == b"ID3":
        tag = head[start : start + 10]
        # A size byte has seven bits, a version below 0xFF; text that starts with "ID3" has not.
        if len(tag) < 10 or tag[3] == 0xFF or tag[4] == 0xFF or any(b & 0x80 for b in tag[6:]):
            return start
        size = tag[6] << 21 | tag[7] << 14 | tag[8] << 7 | tag[9]
        start += 10 + size + (10 if tag[5] & 0x10 else 0)
        if start > len(head):
            return None
    return start


def _ogg_codec(head: bytes) -> AudioFormat | None:
    """Return the format of the first packet of the first page (RFC 3533, 6)."""
    if len(head) < 27:
        return None
    packet = head[27 + head[26] :]
    return next((found for magic, found in _OGG_CODECS if packet.startswith(magic)), None)


def _is_adts(head: bytes) -> bool:
    """Tell whether two ADTS headers follow each other; one, when the second is out of sight."""
    size = _adts_frame_bytes(head)
    if size is None:
        return False
    following = head[size:]
    return len(following) < 7 or _adts_frame_bytes(following) is not None


def _adts_frame_bytes(head: bytes) -> int | None:
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0 or head[2] >> 2 & 15 > 12:
        return None
    size = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    return size if size > 7 else None


def _is_mp3(head: bytes) -> bool:
    """Tell whether two MPEG frames follow each other; one, when the second is out of sight."""
    size = _mp3_frame_bytes(head)
    if size is None:
        return False
    following = head[size : size + 4]
    # Also the end of the song: a tag, or padding.
    return (
        len(following) < 4
        or _mp3_frame_bytes(following) is not None
        or following[:3] in (b"TAG", b"APE", b"\0\0\0")
    )


def _mp3_frame_bytes(head: bytes) -> int | None:
    """Return the size of the layer III frame that starts here, or None when none does."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    kbps = (_MPEG1_KBPS if version == _MPEG1 else _MPEG2_KBPS)[head[2] >> 4]
    rate_hz = _MPEG1_RATES_HZ[head[2] >> 2 & 3] >> {_MPEG1: 0, _MPEG2: 1, 0: 2}.get(version, 16)
    if layer != _LAYER_3 or not kbps or not rate_hz:
        return None
    return (144 if version == _MPEG1 else 72) * kbps * 1000 // rate_hz + (head[2] >> 1 & 1)
