from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from soundforge.audio import formats
from soundforge.engines.formats import containers
from soundforge.storage import layout
from tests.fixtures import audio

ID3 = b"ID3\x04\0\0\0\0\0\x0a" + bytes(10)
MP3_FRAME = b"\xff\xfb\x90\x00" + bytes(413)
ADTS_FRAME = b"\xff\xf1\x50\x80\x02\x1f\xfc" + bytes(9)


def ogg(packet: bytes) -> bytes:
    return b"OggS\0\x02" + bytes(20) + b"\x01" + bytes([len(packet)]) + packet


def zipped() -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("song.wav", b"RIFF....WAVE")
    return buffer.getvalue()


KNOWN = {
    "mp3": (MP3_FRAME * 2, formats.MP3),
    "mp3 of one frame": (MP3_FRAME, formats.MP3),
    "mp3 with a tag": (ID3 + MP3_FRAME * 2, formats.MP3),
    "mp3 with two tags": (ID3 + ID3 + MP3_FRAME * 2, formats.MP3),
    "mp3 after padding": (ID3 + bytes(100) + MP3_FRAME * 2, formats.MP3),
    "mp3 with a picture beyond sight": (
        (b"ID3\x03\0\0\x02\0\0\0" + bytes(70_000))[: formats.HEAD_BYTES],
        formats.MP3,
    ),
    "mp3 before its last tag": (MP3_FRAME + b"TAG" + bytes(125), formats.MP3),
    "wav": (b"RIFF\x24\0\0\0WAVEfmt ", formats.WAV),
    "wav, size with newline": (b"RIFF\n\n\n\nWAVEfmt ", formats.WAV),
    "rf64": (b"RF64\xff\xff\xff\xffWAVEds64", formats.WAV),
    "flac": (b"fLaC\0\0\0\x22", formats.FLAC),
    "flac with a tag": (ID3 + b"fLaC\0\0\0\x22", formats.FLAC),
    "vorbis": (ogg(b"\x01vorbis\0\0\0\0"), formats.OGG),
    "opus": (ogg(b"OpusHead\x01\x02"), formats.OPUS),
    "ogg flac": (ogg(b"\x7fFLAC\x01\0"), formats.OGG_FLAC),
    "m4a": (b"\0\0\0\x20ftypM4A \0\0\0\0", formats.M4A),
    "mp4": (b"\0\0\0\x20ftypisom\0\0\0\0", formats.M4A),
    "adts": (ADTS_FRAME * 2, formats.AAC),
    "aiff": (b"FORM\0\0\0\x20AIFFCOMM", formats.AIFF),
    "aifc": (b"FORM\0\0\0\x20AIFCFVER", formats.AIFF),
}

REFUSED = {
    "empty": b"",
    "one byte": b"\xff",
    "text": b"This is not a song.\n" * 50,
    "text in UTF-16": "Ein Lied".encode("utf-16"),
    "text that starts like a tag": b"ID3 tags, a love story in three parts\n" * 3,
    "html": b"<!doctype html><title>404</title>",
    "json": b'{"error": "not found"}',
    "zip": zipped(),
    "pdf": b"%PDF-1.7\n",
    "elf": b"\x7fELF\x02\x01\x01",
    "exe": b"MZ\x90\0",
    "png": b"\x89PNG\r\n\x1a\n",
    "jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF",
    "heic": b"\0\0\0\x20ftypheic\0\0\0\0",
    "avif": b"\0\0\0\x20ftypavif\0\0\0\0",
    "avi": b"RIFF\x24\0\0\0AVI LIST",
    "webp": b"RIFF\x24\0\0\0WEBPVP8 ",
    "midi": b"MThd\0\0\0\x06",
    "theora": ogg(b"\x80theora\x03\x02"),
    "ogg cut in its first page": b"OggS\0\x02",
    "a tag and nothing": ID3,
    "a tag longer than the file": b"ID3\x03\0\0\x7f\x7f\x7f\x7f" + bytes(50),
    "a lone sync word": b"\xff\xfb\x90\x00" + b"no more frames" * 100,
    "zeros": bytes(5000),
    "ones": b"\xff" * 5000,
    "webm": b"\x1a\x45\xdf\xa3" + bytes(20),
}


@pytest.mark.parametrize("case", KNOWN)
def test_a_format_is_known_by_its_first_bytes(case: str):
    head, expected = KNOWN[case]

    assert formats.sniff(head) == expected


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_audio_is_refused(case: str):
    assert formats.sniff(REFUSED[case]) is None


@given(st.binary(max_size=2000))
@example(b"ID3" * 1000)
@example(b"\xff\xf1\x50\x80\0\xff\xfc")
def test_no_bytes_break_it(head: bytes):
    found = formats.sniff(head)

    assert found is None or found in formats.FORMATS


@pytest.mark.parametrize("kind", audio.FORMATS)
def test_real_files_are_known_here_and_by_the_engines_alike(kind: str, tmp_path: Path):
    path = audio.write(tmp_path / "song", audio.tone(0.5, rate_hz=48_000), kind, rate_hz=48_000)

    found = formats.sniff(path.read_bytes()[: formats.HEAD_BYTES])

    assert found is not None
    assert found.name == {"alac": "m4a"}.get(kind, kind)
    container = {"oga": "OGG", "opus": "OGG"}.get(found.name, found.name.upper())
    assert containers.sniff(path) == container


def test_every_extension_has_a_place_on_disk():
    assert {f.name for f in formats.FORMATS} == layout.RECORDING_EXTENSIONS
