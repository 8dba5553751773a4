"""What files say of themselves, through the real engine process."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

import pytest

from soundforge.audio import media
from tests.fixtures import audio
from tests.fixtures.probing import check


def tagged(tmp_path: Path, *arguments: str, kind: str = "mp3") -> Path:
    plain = audio.write(tmp_path / "plain.wav", audio.tone(1.0))
    path = tmp_path / f"tagged.{kind}"
    subprocess.run(
        [audio.require_ffmpeg(), "-v", "error", "-y", "-i", str(plain), *arguments, str(path)],
        check=True,
    )
    return path


def cover(tmp_path: Path) -> Path:
    picture = tmp_path / "picture.jpg"
    subprocess.run(
        [audio.require_ffmpeg(), "-v", "error", "-y", "-f", "lavfi", "-i", "color=red:s=64x64",
         "-frames:v", "1", str(picture)],
        check=True,
    )  # fmt: skip
    return picture


async def test_tags_and_cover_are_read(tmp_path: Path):
    picture = cover(tmp_path)
    path = tagged(
        tmp_path, "-i", str(picture), "-map", "0:a", "-map", "1:v", "-c:v", "copy",
        "-disposition:v", "attached_pic",
        "-metadata", "title=Señorita \u202eevil\x07 song", "-metadata", "artist=Sigur Rós",
        "-metadata", "album=( )", "-metadata", "track=3/9", "-metadata", "date=2002-10-28",
        "-metadata", "TSRC=gb-ayE-02-00001",
    )  # fmt: skip

    recording = await check(path, cover_path=tmp_path / "cover")

    assert recording.tags == media.Tags(
        title="Señorita evil song", artist="Sigur Rós", album="( )", track=3, year=2002,
        isrc="GBAYE0200001",
    )  # fmt: skip
    assert recording.cover_mime == "image/jpeg"
    assert (tmp_path / "cover").read_bytes() == picture.read_bytes()


@pytest.mark.parametrize("kind", ["flac", "ogg", "opus", "m4a", "aiff"])
async def test_titles_are_read_from_every_kind_of_file(kind: str, tmp_path: Path):
    more = ["-write_id3v2", "1"] if kind == "aiff" else []
    path = tagged(tmp_path, "-metadata", "title=Ágætis byrjun", *more, kind=kind)

    recording = await check(path)

    assert recording.tags.title == "Ágætis byrjun"


async def test_a_file_without_tags_has_none(tmp_path: Path):
    recording = await check(audio.write(tmp_path / "a.wav", audio.tone()))

    assert recording.tags == media.Tags()
    assert recording.cover_mime is None


def id3_frame(name: bytes, body: bytes) -> bytes:
    return name + struct.pack(">I", len(body)) + b"\0\0" + body


async def test_long_and_hostile_text_is_cut_and_cleaned(tmp_path: Path):
    path = audio.write(tmp_path / "a.mp3", audio.tone())
    title = id3_frame(b"TIT2", b"\x00" + b"<script>alert(1)</script>\r\n" * 10_000)
    artist = id3_frame(b"TPE1", b"\x01\xff\xfe" + b"\x00\xd8A\x00")  # a lone surrogate
    path.write_bytes(audio.id3(title, artist) + path.read_bytes())

    tags = (await check(path)).tags

    assert tags.title is not None
    assert len(tags.title) <= 300
    assert tags.title.isprintable()
    assert tags.artist is None or tags.artist.encode()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"<svg onload=alert(1)>", "is not a JPEG"), (b"\xff\xd8\xff" + bytes(10**7), "larger than")],
)
async def test_a_bad_cover_is_left_out_with_a_warning(
    content: bytes, sentence: str, tmp_path: Path
):
    path = audio.write(tmp_path / "a.mp3", audio.tone())
    picture = id3_frame(b"APIC", b"\0image/jpeg\0\x03\0" + content)
    path.write_bytes(audio.id3(picture) + path.read_bytes())

    recording = await check(path, cover_path=tmp_path / "cover")

    assert [warning.code for warning in recording.warnings] == ["cover_ignored"]
    assert sentence in recording.warnings[0].message
    assert recording.cover_mime is None
    assert not (tmp_path / "cover").exists()
