from __future__ import annotations

import asyncio
import errno
import os
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from soundforge import errors
from soundforge.storage import durable, layout
from soundforge.storage.local import Storage

ID = uuid.UUID("0f8fad5b-d9cb-469f-a165-70867728950e")
OTHER = uuid.UUID("7d444840-9dc0-11d1-b245-5ffdce74fad2")


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    storage = Storage(tmp_path / "data")
    storage.prepare()
    return storage


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def everything(storage: Storage) -> list[str]:
    return sorted(
        str(path.relative_to(storage.root)) for path in storage.root.rglob("*") if path.is_file()
    )


def test_preparing_twice_changes_nothing_and_the_folders_are_private(storage: Storage):
    storage.prepare()

    assert sorted(p.name for p in storage.root.iterdir()) == sorted(layout.FOLDERS)
    assert all(p.stat().st_mode & 0o077 == 0 for p in storage.root.iterdir())


@pytest.mark.parametrize("relative", ["../x", "/etc/passwd", "downloads/../../x", "", "x"])
def test_a_path_outside_is_refused(storage: Storage, relative: str):
    with pytest.raises(ValueError, match="not a place"):
        storage.path(relative)


def test_a_path_is_turned_back_into_its_place_only_inside(storage: Storage):
    place = layout.recording(ID, "wav")

    assert storage.relative(str(storage.path(place))) == place
    assert storage.relative(place) == place
    for outside in ("/etc/passwd", f"{storage.root}/downloads/../x", f"{storage.root}x/tmp/a", ""):
        assert storage.relative(outside) is None


async def test_a_received_stream_is_a_whole_file_in_tmp(storage: Storage):
    path = await storage.receive(chunks(b"ab", b"", b"cd"), max_bytes=4)

    assert path.read_bytes() == b"abcd"
    assert path.parent == storage.root / "tmp"


async def test_a_stream_over_the_limit_is_refused_and_leaves_nothing(storage: Storage):
    with pytest.raises(errors.Invalid, match="larger than 3 bytes") as caught:
        await storage.receive(chunks(b"ab", b"cd"), max_bytes=3)

    assert caught.value.code == "file_too_large"
    assert everything(storage) == []


async def test_reading_stops_as_soon_as_the_limit_is_passed(storage: Storage):
    asked = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal asked
        while True:
            asked += 1
            yield bytes(1000)

    with pytest.raises(errors.Invalid):
        await storage.receive(endless(), max_bytes=5_000)

    assert asked == 6


async def test_an_empty_stream_is_refused_and_leaves_nothing(storage: Storage):
    with pytest.raises(errors.Invalid) as caught:
        await storage.receive(chunks(b"", b""), max_bytes=10)

    assert caught.value.code == "file_empty"
    assert everything(storage) == []


async def test_a_sender_who_goes_away_leaves_nothing(storage: Storage):
    async def broken() -> AsyncIterator[bytes]:
        yield b"half a song"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await storage.receive(broken(), max_bytes=1000)

    assert everything(storage) == []


async def test_a_cancelled_upload_leaves_nothing(storage: Storage):
    began = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"half a song"
        began.set()
        await asyncio.Event().wait()

    upload = asyncio.create_task(storage.receive(slow(), max_bytes=1000))
    await asyncio.wait_for(began.wait(), 10)
    upload.cancel()
    with pytest.raises(asyncio.CancelledError):
        await upload

    assert everything(storage) == []


async def test_commit_puts_the_file_in_its_place_over_what_was_there(storage: Storage):
    for text in (b"old", b"new"):
        tmp = await storage.receive(chunks(text), max_bytes=10)
        await storage.commit(tmp, layout.recording(ID, "wav"))

    assert everything(storage) == [f"downloads/{ID}/recording.wav"]
    assert storage.path(layout.recording(ID, "wav")).read_bytes() == b"new"


async def test_commit_dir_replaces_the_whole_folder(storage: Storage):
    for attempt, name in ((1, "vocals.flac"), (2, "drums.flac")):
        partial = storage.path(layout.stems_partial(ID, attempt))
        (partial / "vocals").mkdir(parents=True)
        (partial / name).write_bytes(b"x")
        (partial / "vocals" / "00000.flac").write_bytes(b"y")
        await storage.commit_dir(partial, layout.stems_dir(ID))

    assert everything(storage) == [f"stems/{ID}/drums.flac", f"stems/{ID}/vocals/00000.flac"]


async def test_all_of_a_folder_is_on_disk_before_it_has_its_name(storage: Storage, monkeypatch):
    partial = storage.path(layout.stems_partial(ID, 1))
    (partial / "vocals").mkdir(parents=True)
    inside = [partial / "vocals" / f"{number:05}.flac" for number in range(20)]
    for path in inside:
        path.write_bytes(b"y")
    synced: list[Path] = []
    monkeypatch.setattr(durable, "fsync", synced.append)

    await storage.commit_dir(partial, layout.stems_dir(ID))

    # What lies inside first, then the folders with their names, then the name of the whole.
    assert sorted(synced[:20]) == inside
    assert synced[20:] == [partial, partial / "vocals", partial.parent]


async def test_a_disk_that_fails_while_a_folder_is_put_safe_leaves_the_old_one(
    storage: Storage, monkeypatch
):
    for attempt, content in ((1, b"old"), (2, b"new")):
        partial = storage.path(layout.stems_partial(ID, attempt))
        partial.mkdir()
        (partial / "vocals.flac").write_bytes(content)
        if attempt == 1:
            await storage.commit_dir(partial, layout.stems_dir(ID))

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(errors.Conflict, match="disk"):
        await storage.commit_dir(partial, layout.stems_dir(ID))

    assert (storage.path(layout.stems_dir(ID)) / "vocals.flac").read_bytes() == b"old"


async def test_an_empty_folder_takes_the_place_of_what_was_there(storage: Storage):
    place = layout.stems_partial(ID, 1)
    for _ in range(2):
        folder = await storage.empty_dir(place)
        assert (folder, list(folder.iterdir())) == (storage.path(place), [])
        (folder / "vocals.f32").write_bytes(b"of an earlier run")


async def test_remove_takes_files_and_folders_and_does_not_mind_their_absence(storage: Storage):
    tmp = await storage.receive(chunks(b"x"), max_bytes=10)
    await storage.commit(tmp, layout.recording(ID, "wav"))

    await storage.remove(layout.recording(ID, "wav"))
    await storage.remove(layout.recording_dir(ID))
    await storage.remove(layout.recording_dir(ID))

    assert not storage.path(layout.recording_dir(ID)).exists()
    assert list((storage.root / "tmp").iterdir()) == []


async def test_remove_does_not_follow_a_link(storage: Storage, tmp_path: Path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "song.wav").write_bytes(b"x")
    storage.path(layout.stems_dir(ID)).symlink_to(tmp_path / "mine")

    await storage.remove(layout.stems_dir(ID))

    assert (tmp_path / "mine" / "song.wav").exists()
    assert not storage.path(layout.stems_dir(ID)).is_symlink()


async def test_only_old_things_of_ours_are_listed_for_a_sweep(storage: Storage):
    old, young = layout.stems_dir(ID), layout.analysis_dir(OTHER)
    partial, leftover = layout.stems_partial(ID, 1), layout.scratch("leftover")
    foreign = "downloads/My own folder"
    for relative in (old, young, partial, leftover, foreign):
        folder = storage.root / relative
        folder.mkdir()
        (folder / "file").write_bytes(b"x")
        if relative != young:
            an_hour_ago_s = time.time() - 3600
            os.utime(folder / "file", (an_hour_ago_s, an_hour_ago_s))
            os.utime(folder, (an_hour_ago_s, an_hour_ago_s))

    found = await storage.entries(older_than_s=1800)

    assert sorted(found) == sorted([old, partial, leftover])


async def test_work_that_does_not_fit_on_the_disk_is_refused_with_both_figures(storage: Storage):
    await storage.require_free(1)

    with pytest.raises(errors.Conflict, match=r"needs 1000000000\.0 GB .*are left") as caught:
        await storage.require_free(10**18)

    assert caught.value.code == "disk_full"
    assert not caught.value.is_retryable


@pytest.fixture
def small_disk(tmp_path: Path):
    """A file system of 64 kB, where we may mount one."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a small disk needs root; the file size limit is tested instead")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


async def test_a_full_disk_is_a_clear_error_and_leaves_no_half_file(small_disk: Path):
    storage = Storage(small_disk)
    storage.prepare()

    with pytest.raises(errors.Conflict) as caught:
        await storage.receive(chunks(*[bytes(10_000)] * 100), max_bytes=10**9)

    assert caught.value.code == "disk_full"
    assert everything(storage) == []


async def test_a_folder_on_another_disk_works_and_a_full_one_leaves_no_half_file(
    storage: Storage, small_disk: Path
):
    (storage.root / "downloads").rmdir()
    (storage.root / "downloads").symlink_to(small_disk)
    fits = await storage.receive(chunks(bytes(10_000)), max_bytes=10**9)
    too_big = await storage.receive(chunks(bytes(1_000_000)), max_bytes=10**9)

    await storage.commit(fits, layout.recording(ID, "wav"))
    with pytest.raises(errors.Conflict) as caught:
        await storage.commit(too_big, layout.recording(OTHER, "wav"))
    await storage.remove(layout.recording_dir(ID))

    assert caught.value.code == "disk_full"
    assert [p for p in small_disk.rglob("*") if p.is_file()] == []


WITH_A_LIMIT = """
import asyncio, resource, sys
from pathlib import Path
from soundforge import errors
from soundforge.storage.local import Storage

async def main():
    async def song():
        for _ in range(100):
            yield bytes(100_000)
    storage = Storage(Path(sys.argv[1]))
    storage.prepare()
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
    try:
        await storage.receive(song(), max_bytes=10**9)
    except errors.Conflict as error:
        print(error.code, sum(1 for _ in storage.root.rglob("*") if _.is_file()))

asyncio.run(main())
"""


def test_a_write_that_fails_half_way_is_disk_full_and_leaves_nothing(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-c", WITH_A_LIMIT, str(tmp_path)],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip

    assert done.stdout.split() == ["disk_full", "0"], done.stderr
