"""Files as answers: ranges, names, caching."""

from __future__ import annotations

import uuid

import pytest
import pytest_asyncio

from soundforge.library import tracks
from soundforge.web.services import LOCAL_USER

CONTENT = bytes(range(256)) * 8  # 2048 bytes


async def keep(node, title="Song", artist=None):
    """Put a file in a track's place; return where it is served."""
    track_id = uuid.uuid4()
    relative = f"downloads/{track_id}/audio.flac"
    path = node.data_dir / relative
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    async with node.database.transaction() as session:
        await tracks.add(
            session,
            LOCAL_USER,
            id=track_id,
            title=title,
            artist=artist,
            source="upload",
            recording_path=relative,
        )
    return f"/api/v1/tracks/{track_id}/recording"


@pytest_asyncio.fixture(loop_scope="session")
async def url(node):
    return await keep(node)


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-9", 0, 10),
        ("bytes=10-", 10, 2048),
        ("bytes=-500", 1548, 2048),
        ("bytes=-99999", 0, 2048),
        ("bytes=2000-99999", 2000, 2048),
        ("bytes=2047-2047", 2047, 2048),
        ("BYTES = 0 - 0", 0, 1),
    ],
)
async def test_a_range_is_served(api, url, asked, start, end):
    answer = await api.get(url, headers={"Range": asked})

    assert answer.status_code == 206
    assert answer.content == CONTENT[start:end]
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/2048"
    assert answer.headers["content-length"] == str(end - start)


@pytest.mark.parametrize("asked", ["bytes=2048-", "bytes=9999-10000", "bytes=-0"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_range_beyond_the_end_is_a_problem_with_the_size(api, url, method, asked):
    answer = await api.request(method, url, headers={"Range": asked})

    assert answer.status_code == 416
    assert answer.headers["content-range"] == "bytes */2048"
    assert answer.headers["content-type"] == "application/problem+json"
    assert method == "HEAD" or answer.json()["code"] == "range_not_satisfiable"


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=9-0",
        "bytes=a-b",
        "bytes=",
        "bytes=-",
        "lines=0-9",
        "0-9",
        "bytes=0-1,5-6",
        "bytes=" + ",".join(f"{n}-{n}" for n in range(5000)),
        "bytes=0-" + "9" * 5000,
        "bytes=--5",
        "bytes=0x1-0x5",
        "bytes=\u0661-\u0662".encode(),
    ],
)
async def test_a_range_that_makes_no_sense_gets_the_whole_file(api, url, asked):
    answer = await api.get(url, headers={"Range": asked})

    assert (answer.status_code, answer.content) == (200, CONTENT)


async def test_a_head_of_a_file_says_its_size_and_sends_nothing(api, url):
    answer = await api.head(url)

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == "2048"
    assert answer.headers["accept-ranges"] == "bytes"


async def test_a_file_that_is_known_is_not_sent_again(api, url):
    etag = (await api.get(url)).headers["etag"]

    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        answer = await api.get(url, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == etag
    assert (await api.get(url, headers={"If-None-Match": '"other"'})).status_code == 200


@pytest.mark.parametrize(("asked", "status"), [("bytes=0-9", 206), ("bytes=9999-", 416)])
async def test_a_range_counts_only_while_the_file_is_the_one_that_was_meant(
    api, url, asked, status
):
    etag = (await api.head(url)).headers["etag"]

    same = await api.get(url, headers={"Range": asked, "If-Range": etag})
    other = await api.get(url, headers={"Range": asked, "If-Range": '"other"'})

    assert (same.status_code, other.status_code) == (status, 200)


@pytest.mark.parametrize(
    ("artist", "title", "disposition"),
    [
        (None, "Song", 'attachment; filename="Song.flac"'),
        ("Ann", "Song", "attachment; filename*=utf-8''Ann%20-%20Song.flac"),
        (None, 'Say "Hi"', "attachment; filename*=utf-8''Say%20_Hi_.flac"),
        (None, "a\r\nSet-Cookie: x=1", "attachment; filename*=utf-8''a_Set-Cookie_%20x%3D1.flac"),
        (None, "../../etc/passwd", 'attachment; filename="_.._etc_passwd.flac"'),
        (None, "\u97f3", "attachment; filename*=utf-8''%E9%9F%B3.flac"),
        (None, "a;b", "attachment; filename*=utf-8''a%3Bb.flac"),
        (None, "...", 'attachment; filename="file.flac"'),
        (None, "n" * 300, f'attachment; filename="{"n" * 150}.flac"'),
        (None, "\U0001f3b5" * 200, None),
    ],
)
async def test_a_file_is_named_for_people_whatever_the_title(api, node, artist, title, disposition):
    answer = await api.get(await keep(node, title, artist))

    assert answer.status_code == 200
    found = answer.headers["content-disposition"]
    assert disposition is None or found == disposition
    assert "set-cookie" not in answer.headers
    assert len(found) < 2048


async def test_a_private_file_is_kept_by_no_cache_on_the_way(api, url):
    assert (await api.get(url)).headers["cache-control"].startswith("private")
