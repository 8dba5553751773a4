"""Going on where an attempt ended: what is kept, what is taken, what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from soundforge.engines import stem_checkpoint
from soundforge.engines.stem_checkpoint import StemCheckpoint
from soundforge.engines.stem_writer import StemWriter

RATE_HZ = 1000
STEMS = {
    name: np.random.default_rng(seed).uniform(-0.9, 0.9, (26_000, 2)).astype(np.float32)
    for seed, name in enumerate(("drums", "vocals"))
}
KEY = {"audio": "1"}


def begin(folder, chunk_s=4, **settings):
    folder.mkdir(exist_ok=True)
    writer = StemWriter(folder, list(STEMS), RATE_HZ, chunk_s=chunk_s)
    return writer, StemCheckpoint(folder, writer, {"weights": "a", **settings})


def write(writer, start, stop):
    for at in range(start, stop, 500):
        block = slice(at, min(at + 500, stop))
        writer.write({name: samples[block] for name, samples in STEMS.items()})


def stopped(folder, at=12_345, beyond=16_900, chunk_s=4):
    """Write until ``at``, keep that, write on, and stop as if killed."""
    writer, checkpoint = begin(folder, chunk_s)
    checkpoint.take_up(KEY)
    write(writer, 0, at)
    checkpoint.put({"index": np.array(7)})
    write(writer, at, beyond)
    writer.flush()
    writer.close()


def chunks(folder, stem):
    return [soundfile.read(path)[0] for path in sorted((folder / stem).iterdir())]


def contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("chunk_s_before", [4, 10, 3])
def test_all_files_are_those_of_a_run_without_a_stop(tmp_path, chunk_s_before):
    writer, _ = begin(tmp_path / "whole")
    write(writer, 0, 26_000)
    writer.finish()
    stopped(tmp_path / "first", chunk_s=chunk_s_before)
    (tmp_path / "second").mkdir()

    stem_checkpoint.take_over([tmp_path / "first"], tmp_path / "second")
    writer, checkpoint = begin(tmp_path / "second")
    kept = checkpoint.take_up(KEY)
    assert kept["index"] == 7
    assert writer.frames == 12_345
    assert sum(len(read) for read in chunks(tmp_path / "second", "drums")) == 12_000
    write(writer, 12_345, 26_000)
    writer.finish()
    checkpoint.discard()

    assert contents(tmp_path / "second") == contents(tmp_path / "whole")


def spoil(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut_stem(folder):
    with (folder / ".drums.f32").open("r+b") as file:
        file.truncate(1000)


DAMAGE = {
    "a bit": lambda folder: spoil(folder / stem_checkpoint.FILE_NAME),
    "cut short": lambda folder: (folder / stem_checkpoint.FILE_NAME).write_bytes(b"abc"),
    "empty": lambda folder: (folder / stem_checkpoint.FILE_NAME).write_bytes(b""),
    "gone": lambda folder: (folder / stem_checkpoint.FILE_NAME).unlink(),
    "a stem that lost its end": cut_stem,
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_what_is_damaged_starts_over(damage, tmp_path):
    folder = tmp_path / "x"
    stopped(folder)
    damage(folder)

    writer, checkpoint = begin(folder)

    assert checkpoint.take_up(KEY) is None
    writer.close()
    assert writer.frames == 0
    assert [path.stat().st_size for path in folder.glob(".*.f32")] == [0, 0]


@pytest.mark.parametrize(("settings", "key"), [({"weights": "b"}, KEY), ({}, {"audio": "2"})])
def test_another_work_starts_over(settings, key, tmp_path):
    stopped(tmp_path / "x")

    writer, checkpoint = begin(tmp_path / "x", **settings)

    assert checkpoint.take_up(key) is None
    writer.close()


def test_a_folder_in_use_is_left_alone(tmp_path):
    stopped(tmp_path / "old")
    stopped(tmp_path / "in use")
    (tmp_path / "new").mkdir()
    with stem_checkpoint.locked(tmp_path / "in use") as is_ours:
        assert is_ours

        folders = [tmp_path / "gone", tmp_path / "old", tmp_path / "in use"]
        stem_checkpoint.take_over(folders, tmp_path / "new")

    assert (tmp_path / "in use" / stem_checkpoint.FILE_NAME).is_file()
    assert not (tmp_path / "old" / stem_checkpoint.FILE_NAME).exists()
    assert (tmp_path / "new" / stem_checkpoint.FILE_NAME).is_file()
