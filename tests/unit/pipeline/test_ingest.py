import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundforge.pipeline.ingest import title_of


@pytest.mark.parametrize(
    ("file_name", "title"),
    [
        ("song.mp3", "song"),
        ("My_song (final).mp3", "My song (final)"),
        ("C:\\Music\\Ünïcödé.flac", "Ünïcödé"),
        ("/etc/passwd", "passwd"),
        ("../../a.wav", "a"),
        ("a.b.c.wav", "a.b.c"),
        ("line\nbreak\x00.mp3", "line break"),
        (".mp3", ".mp3"),
        ("", "Untitled"),
        ("..", ".."),
        ("___.wav", "Untitled"),
        ("曲.m4a", "曲"),
    ],
)
def test_a_file_name_becomes_a_title(file_name, title):
    assert title_of(file_name) == title


@given(st.text(max_size=2000))
def test_any_name_becomes_a_short_printable_title(file_name):
    title = title_of(file_name)

    assert 1 <= len(title) <= 300
    assert title.isprintable()
    assert title == " ".join(title.split())
