"""A ZIP made while it is sent: whole for whoever unpacks it, whatever the files hold."""

from __future__ import annotations

import io
import zipfile

import pytest

from soundforge.web import archive


def unpacked(files):
    content = b"".join(archive.zipped(files))
    with zipfile.ZipFile(io.BytesIO(content)) as found:
        assert found.testzip() is None
        return {name: found.read(name) for name in found.namelist()}


def test_every_file_comes_out_as_it_went_in(tmp_path):
    contents = {"empty": b"", "small": b"x", "large": bytes(range(256)) * 12_000}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)

    assert unpacked([(f"Été - {name}.flac", tmp_path / name) for name in contents]) == {
        f"Été - {name}.flac": content for name, content in contents.items()
    }


def test_no_files_are_an_archive_too():
    assert unpacked([]) == {}


def test_pieces_are_small_and_come_while_the_file_is_read(tmp_path):
    (tmp_path / "large").write_bytes(b"\0" * (5 << 20))

    sizes = [len(piece) for piece in archive.zipped([("large", tmp_path / "large")])]

    assert len(sizes) == 6
    assert max(sizes) < (1 << 20) + 1000


def test_a_file_that_is_gone_ends_it(tmp_path):
    with pytest.raises(FileNotFoundError):
        list(archive.zipped([("gone", tmp_path / "gone")]))
