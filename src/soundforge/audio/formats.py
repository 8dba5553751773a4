"""Which audio format a file has, by its first bytes.

Pure, so that the server may look at an upload before any engine does: what is plainly no
audio is refused at once. That a file *is* audio is shown only by decoding it, in an engine.

Sources: RIFF/WAVE and AIFF-C specifications, RFC 9639 (FLAC), RFC 3533 and 7845 (Ogg, Opus),
ISO/IEC 13818-7 (ADTS), 14496-12 (the ``ftyp`` box).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from soundforge.engines.formats import mpeg_headers

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
    while size := mpeg_headers.id3_bytes(head[start : start + mpeg_headers.ID3_HEADER_BYTES]):
        start += size
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
    size = mpeg_headers.frame_bytes(head)
    if size is None:
        return False
    following = head[size : size + 4]
    # Also the end of the song: a tag, or padding.
    return (
        len(following) < 4
        or mpeg_headers.frame_bytes(following) is not None
        or following[:3] in (b"TAG", b"APE", b"\0\0\0")
    )
