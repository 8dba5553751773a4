"""Stems as float WAV over HTTP: as loud as they were made, made when asked for, and gone."""

from __future__ import annotations

import io
import uuid
import zipfile
from urllib.parse import unquote

import numpy as np
import pytest
import pytest_asyncio
import soundfile

from soundforge.library import jobs, stems, tracks
from soundforge.storage import layout
from soundforge.web.services import LOCAL_USER
from tests.fixtures import audio, songs

GAIN_DB = -6.0


@pytest_asyncio.fixture(loop_scope="session")
async def made(node):
    """Return the stems of a separation whose masters were made 6 dB quieter, and their masters."""
    noise = np.random.default_rng(3).uniform(-0.9, 0.9, (2, audio.RATE_HZ, 2))
    masters = dict(zip(("vocals", "other"), noise, strict=True))
    track_id = await songs.ready(node.tools, LOCAL_USER, masters)
    async with node.database.transaction() as session:
        track = await tracks.get(session, LOCAL_USER, track_id)
        job = await jobs.find(session, tracks.newest_stems(track)[0].job_id)
        job.results = {"gain_db": GAIN_DB}
        return {stem.stem_type: stem for stem in await stems.of_job(session, job.id)}, masters


def check(content, master):
    """Hold a file to a master with its gain undone, which goes beyond full scale."""
    about = soundfile.info(io.BytesIO(content))
    assert (about.format, about.subtype, about.samplerate) == ("WAV", "FLOAT", audio.RATE_HZ)
    found, _ = soundfile.read(io.BytesIO(content))
    assert np.abs(found).max() > 1.5
    np.testing.assert_allclose(found, master * 10 ** (-GAIN_DB / 20), atol=3e-7)


def scratch(node):
    return list(node.tools.storage.path(layout.scratch("x")).parent.iterdir())


async def test_a_stem_is_as_loud_as_it_was_made(api, node, made):
    rows, masters = made

    answer = await api.get(f"/api/v1/stems/{rows['other'].id}/file?format=wav")

    assert answer.status_code == 200, answer.text
    check(answer.content, masters["other"])
    assert answer.headers["content-type"] == "audio/wav"
    assert answer.headers["cache-control"] == "no-store"
    assert "Somebody - Song_One - other.wav" in unquote(answer.headers["content-disposition"])
    assert scratch(node) == []


async def test_all_stems_come_in_one_archive(api, node, made):
    rows, masters = made

    answer = await api.get(f"/api/v1/jobs/{rows['other'].job_id}/stems.zip?format=wav")

    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        names = {name: f"Somebody - Song_One - {name}.wav" for name in masters}
        assert set(archive.namelist()) == set(names.values())
        for name, master in masters.items():
            check(archive.read(names[name]), master)
    assert scratch(node) == []


async def test_as_flac_a_stem_is_the_file_that_is_kept(api, node, made):
    rows, _ = made
    kept = node.tools.storage.path(rows["vocals"].file_path).read_bytes()

    asked = [f"/api/v1/stems/{rows['vocals'].id}/file{query}" for query in ("", "?format=flac")]

    assert [(await api.get(address)).content for address in asked] == [kept, kept]


async def test_a_stem_whose_file_is_gone_is_not_found_and_leaves_nothing(api, node, made):
    rows, _ = made
    node.tools.storage.path(rows["vocals"].file_path).unlink()

    answer = await api.get(f"/api/v1/stems/{rows['vocals'].id}/file?format=wav")

    assert (answer.status_code, answer.json()["code"]) == (404, "file_gone")
    assert scratch(node) == []


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [("wav", 404, "stem_not_found"), ("mp3", 422, "validation_failed")],
)
async def test_what_cannot_be_had_is_refused(api, query, status, code):
    answer = await api.get(f"/api/v1/stems/{uuid.uuid4()}/file?format={query}")

    assert (answer.status_code, answer.json()["code"]) == (status, code)
