"""Tags and frames, by their first bytes."""

from __future__ import annotations

import pytest

from soundforge.engines.formats import mpeg_headers


@pytest.mark.parametrize(
    ("head", "size"),
    [
        (b"ID3\x04\0\0\0\0\x01\x00", 10 + 128),  # seven bits a byte
        (b"ID3\x04\0\x10\0\0\0\x05", 10 + 5 + 10),  # a footer, too
        (b"ID3\x04\0\0\0\0\0", 0),
        (b"ID3\xff\0\0\0\0\0\x05", 0),
        (b"ID3\x04\0\0\x80\0\0\x05", 0),
        (b"fLaC\0\0\0\x22\0\0", 0),
        (b"", 0),
    ],
)
def test_a_tag_says_how_long_it_is(head, size):
    assert mpeg_headers.id3_bytes(head) == size


@pytest.mark.parametrize(
    ("head", "size"),
    [
        (b"\xff\xfb\x90\x00", 417),  # MPEG 1, 128 kbit/s, 44.1 kHz
        (b"\xff\xfb\x92\x00", 418),  # the same, padded
        (b"\xff\xf3\x80\x00", 208),  # MPEG 2, 64 kbit/s, 22.05 kHz
        (b"\xff\xe3\x80\x00", 417),  # MPEG 2.5, 64 kbit/s, 11.025 kHz
        (b"\xff\xfd\x90\x00", None),  # layer II
        (b"\xff\xfb\xf0\x00", None),  # no such rate of bits
        (b"\xff\xfb\x9c\x00", None),  # no such rate of samples
        (b"\xff\xeb\x90\x00", None),  # no such version
        (b"\xff\xfb", None),
    ],
)
def test_a_frame_of_layer_three_says_how_long_it_is(head, size):
    assert mpeg_headers.frame_bytes(head) == size
