"""What a command leaves behind, and who finds it again."""

import contextlib
import os
import time

import pytest

from soundforge import errors
from soundforge.cli import unfinished

DEAD = errors.Unavailable("engine_crashed", "It was killed.", "Try again.")


@pytest.fixture
def song(tmp_path):
    path = tmp_path / "song.wav"
    path.write_bytes(b"audio")
    return path


@pytest.fixture
def out(tmp_path):
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def leave(out, song, **asked):
    """Work until the engine dies; return the folder that is left."""
    with contextlib.suppress(errors.Unavailable), unfinished.folder(out, song, **asked) as folder:
        (folder / "half").touch()
        raise DEAD
    return folder


def test_what_ends_well_leaves_nothing(out, song):
    with unfinished.folder(out, song) as folder:
        (folder / "stem").touch()

    assert list(out.iterdir()) == []


@pytest.mark.parametrize("ended_by", [KeyboardInterrupt, errors.Invalid("not_audio", "No.", "")])
def test_who_gives_up_leaves_nothing(out, song, ended_by):
    with pytest.raises(BaseException), unfinished.folder(out, song):  # noqa: B017, PT011 -- either
        raise ended_by

    assert list(out.iterdir()) == []


def test_the_same_work_finds_what_a_dead_engine_has_left(out, song):
    left = leave(out, song, model="a")

    with unfinished.folder(out, song, model="a") as folder:
        assert folder == left
        assert (folder / "half").exists()


def test_other_work_and_a_changed_file_begin_anew(out, song):
    left = leave(out, song, model="a")

    with unfinished.folder(out, song, model="b") as folder:
        assert folder != left
    song.write_bytes(b"other audio")
    with unfinished.folder(out, song, model="a") as folder:
        assert folder != left


def test_two_at_once_do_not_meet(out, song):
    with unfinished.folder(out, song) as one, unfinished.folder(out, song) as other:
        assert one != other

    assert list(out.iterdir()) == []


def test_what_nobody_came_back_for_is_removed_after_a_week(out, song):
    left, kept = leave(out, song, model="a"), leave(out, song, model="b")
    os.utime(left, (time.time() - 8 * 24 * 3600,) * 2)

    with unfinished.folder(out, song, model="c"):
        pass

    assert list(out.iterdir()) == [kept]
