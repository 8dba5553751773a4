"""MP4 and ADTS, byte by byte: what is read, and that nothing crashes the reader."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundforge.engines.formats import adts, mp4
from soundforge.engines.formats.mp4 import AacConfig


def box(name, *content):
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), name) + body


def full(name, *content, version=0):
    return box(name, bytes([version, 0, 0, 0]), *content)


def u32(*numbers):
    return struct.pack(f">{len(numbers)}I", *numbers)


CONFIG = b"\x12\x10"  # AAC-LC, 44.1 kHz, stereo
DESCRIPTOR = b"\x03\x19\0\0\0\x04\x11" + b"\0" * 13 + b"\x05\x80\x80\x02" + CONFIG


def movie(*, sizes=(10, 20, 30), edit=None, handler=b"soun", entry=None):
    """Return an M4A file with three packets, two of them in the first chunk."""
    esds = full(b"esds", DESCRIPTOR)
    entry = entry or box(b"mp4a", b"\0" * 28, esds)
    stbl = box(
        b"stbl",
        full(b"stsd", u32(1), entry),
        full(b"stsz", u32(0, len(sizes), *sizes)),
        full(b"stsc", u32(2, 1, 2, 1, 2, 1, 1)),
        full(b"stco", u32(2, 1000, 2000)),
    )
    mdia = box(
        b"mdia",
        full(b"mdhd", u32(0, 0, 44100, 3072), b"\0" * 4),
        full(b"hdlr", u32(0), handler, b"\0" * 13),
        box(b"minf", stbl),
    )
    edts = box(b"edts", full(b"elst", u32(1), edit)) if edit else b""
    trak = box(b"trak", full(b"tkhd", u32(0, 0, 1, 0)), edts, mdia)
    moov = box(b"moov", full(b"mvhd", u32(0, 0, 1000, 0)), trak)
    return box(b"ftyp", b"M4A \0\0\0\0") + moov


@pytest.fixture
def read(tmp_path):
    def read(content):
        path = tmp_path / "song.m4a"
        path.write_bytes(content)
        return mp4.read_track(path)

    return read


def test_packets_are_found_through_the_chunks(read):
    track = read(movie())

    assert track.packets == [(1000, 10), (1010, 20), (2000, 30)]
    assert (track.codec, track.config, track.timescale_hz) == ("mp4a", CONFIG, 44100)


def test_the_edit_list_says_where_the_song_starts_and_how_long_it_is(read):
    track = read(movie(edit=struct.pack(">IiI", 500, 2112, 0x10000)))

    assert (track.start, track.length) == (2112, 22050)


def test_without_an_edit_list_all_belongs_to_the_song(read):
    track = read(movie())

    assert (track.start, track.length) == (0, None)


def test_an_empty_edit_before_the_song_is_no_start(read):
    edits = u32(2) + struct.pack(">IiIIiI", 40, -1, 0, 1000, 1024, 0)
    content = movie(edit=b"\0" * 12)
    old = box(b"edts", full(b"elst", u32(1), b"\0" * 12))
    new = box(b"edts", full(b"elst", edits))
    grown = len(new) - len(old)
    content = content.replace(old, new)
    for name in (b"moov", b"trak"):
        at = content.index(name) - 4
        size = struct.unpack_from(">I", content, at)[0]
        content = content[:at] + u32(size + grown) + content[at + 4 :]

    assert read(content).start == 1024


@pytest.mark.parametrize(
    "content",
    [
        b"",
        box(b"ftyp", b"M4A "),
        box(b"ftyp", b"M4A ") + box(b"moov"),
        movie(handler=b"vide"),
        movie()[:-1],
        movie(entry=b"\0\0\0\x08mp4a"),
        movie().replace(b"stsz", b"xxxx")[:-40],
        box(b"ftyp") + struct.pack(">I4s", 7, b"moov"),
        box(b"ftyp") + struct.pack(">I4s", 0xFFFFFFFF, b"moov"),
        box(b"ftyp") + struct.pack(">I4sQ", 1, b"moov", 1 << 63),
    ],
)
def test_a_broken_file_is_refused(content, read):
    with pytest.raises(mp4.Mp4Error):
        read(content)


def test_a_table_that_claims_more_than_it_has_is_refused(read):
    content = bytearray(movie())
    at = content.index(b"stsz") + 12
    content[at : at + 4] = b"\x7f\xff\xff\xff"

    with pytest.raises(mp4.Mp4Error):
        read(bytes(content))


@given(at=st.integers(8, len(movie()) - 1), noise=st.binary(min_size=1, max_size=8))
@settings(max_examples=400, deadline=None)
def test_changed_bytes_give_a_track_or_a_refusal(at, noise, tmp_path_factory):
    path = tmp_path_factory.mktemp("mp4") / "song.m4a"
    content = movie(edit=struct.pack(">IiI", 500, 2112, 0x10000))
    path.write_bytes(content[:at] + noise + content[at + len(noise) :])

    try:
        track = mp4.read_track(path)
    except mp4.Mp4Error:
        return
    mp4.parse_aac_config(track.config)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ("1210", AacConfig(2, 4, 2, is_plain=True)),
        ("1190", AacConfig(2, 3, 2, is_plain=True)),
        ("1214", AacConfig(2, 4, 2, is_plain=False)),  # frames of 960
        ("2b920800", AacConfig(5, 7, 2, is_plain=False)),  # HE-AAC
        ("eb8a0800", AacConfig(29, 7, 1, is_plain=False)),  # HE-AAC v2
        ("139056e5a0", AacConfig(2, 7, 2, is_plain=False)),  # HE-AAC announced at the end
        ("", AacConfig(0, 0, 0, is_plain=False)),
    ],
)
def test_the_config_says_whether_it_is_plain_aac(config, expected):
    assert mp4.parse_aac_config(bytes.fromhex(config)) == expected


@given(
    packets=st.lists(st.binary(min_size=1, max_size=100), min_size=1, max_size=5),
    rate_index=st.integers(0, 12),
    channels=st.integers(1, 7),
)
def test_wrapped_packets_are_found_again(packets, rate_index, channels, tmp_path_factory):
    config = AacConfig(2, rate_index, channels, is_plain=True)
    path = tmp_path_factory.mktemp("adts") / "song.aac"
    path.write_bytes(b"".join(adts.wrap(config, packet) + packet for packet in packets))

    track = adts.read_track(path)

    content = path.read_bytes()
    assert [content[at : at + size] for at, size in track.packets] == packets
    assert mp4.parse_aac_config(track.config) == config


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", adts.AdtsError),
        (b"\xff", adts.CutShort),
        (b"\xff\xf1" + b"\0" * 20, adts.AdtsError),
        (b"RIFF" + b"\0" * 20, adts.AdtsError),
    ],
)
def test_a_broken_stream_is_refused(content, kind, tmp_path):
    path = tmp_path / "song.aac"
    path.write_bytes(content)

    with pytest.raises(kind):
        adts.read_track(path)


def test_a_packet_that_does_not_fit_its_header_is_refused():
    with pytest.raises(adts.AdtsError):
        adts.wrap(AacConfig(2, 4, 2, is_plain=True), b"\0" * 8192)
