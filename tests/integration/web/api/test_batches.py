"""Several tracks in one go, over HTTP: begun, followed, cancelled, tried again."""

from __future__ import annotations

import uuid

import pytest
import pytest_asyncio
from sqlalchemy import text

from soundforge import errors
from soundforge.library import jobs, tracks
from soundforge.web.services import LOCAL_USER
from soundforge.web.user_studio import UserStudio
from tests.fakes import spotify as fake
from tests.plugins.app import services_of

BATCHES = "/api/v1/batches"
NOBODYS = str(uuid.uuid4())


@pytest.fixture
def add(node):
    """Add a track; it has a recording unless told otherwise. Return its id."""

    async def added(owner_id=LOCAL_USER, *, has_recording=True, **more):
        path = f"downloads/{uuid.uuid4()}/audio.flac" if has_recording else None
        fields = {"title": "Song", "source": "upload", "duration_ms": 180_000, **more}
        async with node.database.transaction() as session:
            track = await tracks.add(session, owner_id, recording_path=path, **fields)
        return str(track.id)

    return added


@pytest_asyncio.fixture(loop_scope="session")
async def three(add):
    """Return the ids of three tracks of one album, with recordings."""
    return [await add(title=f"Song {n}", album="Bench Tests") for n in range(3)]


async def begun(api, **body):
    answer = await api.post(BATCHES, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["data"]


@pytest.fixture
def end(node):
    """Let a job of the API's end: None for completed, or why it failed."""

    async def ended(job, error=None):
        job_id = uuid.UUID(job["id"])
        async with node.database.transaction() as session:
            queue_job_id = (await jobs.find(session, job_id)).queue_job_id
            await jobs.begin(session, job_id, queue_job_id=queue_job_id, node="here", max_runs=3)
            if error:
                await jobs.fail(session, job_id, 1, error)
            else:
                await jobs.complete(session, await jobs.take_to_complete(session, job_id, 1))

    return ended


def counts(batch):
    return {state: n for state, n in batch["counts"].items() if n}


async def test_several_tracks_wait_behind_what_people_wait_for(api, node, three):
    batch = await begun(api, track_ids=three, model="instant")

    assert (batch["total"], counts(batch), batch["percent"]) == (3, {"waiting": 3}, 0)
    assert (batch["title"], batch["kind"]) == ("Bench Tests", "selection")
    assert batch["model"] == "spleeter_2stems"
    assert {job["stage"] for job in batch["jobs"]} == {"separate"}
    async with node.database.transaction() as session:
        found = await session.execute(text("SELECT DISTINCT priority FROM procrastinate_jobs"))
        assert list(found.scalars()) == [0]


async def test_only_some_stems_at_the_recordings_rate_are_made_of_all_of_them(api, node, three):
    asked = {"stems": ["vocals"], "sample_rate": "source"}

    batch = await begun(api, track_ids=three, model="spleeter_2stems", **asked)

    async with node.database.transaction() as session:
        found = [await jobs.find(session, uuid.UUID(job["id"])) for job in batch["jobs"]]
    assert [job.options for job in found] == [asked] * 3


async def test_stages_go_side_by_side_and_a_track_counts_once(api, three):
    batch = await begun(api, track_ids=three, stages=["separate", "analyze"], title=" Mine ")

    assert (batch["total"], len(batch["jobs"]), batch["title"]) == (3, 6, "Mine")


async def test_a_track_without_recording_is_fetched_first(api, node, add):
    link = f"https://open.spotify.com/track/{fake.TRACK}"
    track = await add(has_recording=False, spotify_url=link)

    (job,) = (await begun(api, track_ids=[track]))["jobs"]

    assert job["stage"] == "download"
    async with node.database.transaction() as session:
        found = await jobs.find(session, uuid.UUID(job["id"]))
        assert [plan["stage"] for plan in found.then] == ["separate"]


async def test_what_cannot_be_started_is_left_out_and_said(api, add, three):
    stray, mine = await add(owner_id=uuid.uuid4()), await add(has_recording=False)
    await begun(api, track_ids=three[:1])

    batch = await begun(api, track_ids=[*three, NOBODYS, stray, mine, three[1]])

    assert batch["total"] == 2
    assert {one["track_id"]: one["code"] for one in batch["skipped"]} == {
        three[0]: "stage_running",
        NOBODYS: "track_not_found",
        stray: "track_not_found",
        mine: "no_recording",
    }


async def test_an_imported_album_is_a_batch_that_ends_with_some_failures(api, end):
    url = f"https://open.spotify.com/album/{fake.ALBUM}"
    imported = (await api.post("/api/v1/imports", json={"url": url})).json()["data"]
    address = f"{BATCHES}/{imported['batch_id']}"
    batch = (await api.get(address)).json()["data"]
    assert (batch["kind"], batch["title"], batch["total"]) == ("album", imported["title"], 12)

    gone = errors.Invalid("no_match", "Nothing was found.", "Choose a file.")
    await end(batch["jobs"][0], gone)
    cancelled = (await api.post(f"{address}/cancel")).json()["data"]

    assert counts(cancelled) == {"failed": 1, "cancelled": 11}
    assert (cancelled["percent"], cancelled["eta_s"]) == (100, None)
    assert cancelled["jobs"][0]["error"]["code"] == "no_match"

    again = (await api.post(f"{address}/retry")).json()["data"]
    assert counts(again) == {"waiting": 1, "cancelled": 11}
    assert (await api.post(f"{address}/retry")).json()["data"]["counts"] == again["counts"]

    anew = await begun(api, batch_id=imported["batch_id"], model="instant")
    assert (anew["total"], anew["skipped"][0]["code"]) == (11, "stage_running")


async def test_what_is_done_stays_done_when_the_rest_is_cancelled(api, end, three):
    batch = await begun(api, track_ids=three)
    await end(batch["jobs"][1])

    cancelled = (await api.post(f"{BATCHES}/{batch['id']}/cancel")).json()["data"]

    assert counts(cancelled) == {"done": 1, "cancelled": 2}


async def test_tracks_in_the_bin_do_not_count(api, three):
    batch = await begun(api, track_ids=three)
    await api.delete(f"/api/v1/tracks/{three[0]}")

    assert (await api.get(f"{BATCHES}/{batch['id']}")).json()["data"]["total"] == 2


async def test_batches_are_listed_newest_first_in_pages(api, three):
    made = [(await begun(api, track_ids=[track]))["id"] for track in three]

    first = (await api.get(BATCHES, params={"limit": 2})).json()
    rest = (await api.get(BATCHES, params={"limit": 50, "cursor": first["next_cursor"]})).json()

    ids = [one["id"] for one in (*first["data"], *rest["data"])]
    assert ids[:3] == made[::-1]
    assert "jobs" not in first["data"][0]


async def test_the_same_request_again_begins_no_second_batch(api, three):
    request = {"json": {"track_ids": three}, "headers": {"Idempotency-Key": str(uuid.uuid4())}}

    first, again = [await api.post(BATCHES, **request) for _ in range(2)]

    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json() == first.json()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "validation_failed"),
        ({"track_ids": []}, 422, "validation_failed"),
        ({"track_ids": None}, 422, "validation_failed"),
        ({"track_ids": "all"}, 422, "validation_failed"),
        ({"track_ids": ["1"]}, 422, "validation_failed"),
        ({"track_ids": [NOBODYS] * 1001}, 422, "validation_failed"),
        ({"track_ids": [NOBODYS], "batch_id": NOBODYS}, 422, "validation_failed"),
        ({"track_ids": [NOBODYS], "stages": []}, 422, "validation_failed"),
        ({"track_ids": [NOBODYS], "stages": ["download"]}, 422, "validation_failed"),
        ({"track_ids": [NOBODYS], "stages": ["separate"] * 3}, 422, "validation_failed"),
        ({"track_ids": [NOBODYS], "model": "no such"}, 422, "model_unknown"),
        ({"track_ids": [NOBODYS], "model": "a\x00b"}, 422, "validation_failed"),
        ({"track_ids": [NOBODYS], "stems": ["drums"]}, 422, "stem_unknown"),
        ({"track_ids": [NOBODYS], "stems": ["a"] * 17}, 422, "validation_failed"),
        ({"track_ids": [NOBODYS], "sample_rate": "mine"}, 422, "validation_failed"),
        ({"track_ids": [NOBODYS], "title": "x" * 201}, 422, "validation_failed"),
        ({"track_ids": [NOBODYS]}, 404, "track_not_found"),
        ({"batch_id": NOBODYS}, 404, "batch_not_found"),
        ({"batch_id": "x"}, 422, "validation_failed"),
    ],
)
async def test_a_request_that_makes_no_sense_begins_nothing(api, body, status, code):
    answer = await api.post(BATCHES, json=body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_tracks_that_are_all_busy_are_a_conflict(api, three):
    await begun(api, track_ids=three)

    answer = await api.post(BATCHES, json={"track_ids": three})

    assert (answer.status_code, answer.json()["code"]) == (409, "batch_empty")


@pytest.mark.parametrize("verb", ["", "/cancel", "/retry"])
async def test_somebody_elses_batch_is_not_found(api, node, three, verb):
    batch = await begun(api, track_ids=three)
    async with node.database.transaction() as session:
        statement = "UPDATE batches SET owner_id = gen_random_uuid() WHERE id = :id"
        await session.execute(text(statement), {"id": batch["id"]})

    ask = api.post if verb else api.get
    for batch_id in (batch["id"], NOBODYS):
        answer = await ask(f"{BATCHES}/{batch_id}{verb}")
        assert (answer.status_code, answer.json()["code"]) == (404, "batch_not_found")


async def test_pages_see_the_same_batch_until_it_is_put_away(api, node, end, three):
    studio = UserStudio(services_of(node), LOCAL_USER)
    await studio.separate_all([*three, "no id"], model="instant")
    shown = (await studio.batches())[0]
    batch = (await api.get(f"{BATCHES}/{shown.id}")).json()["data"]
    await end(batch["jobs"][0], errors.Invalid("no_room", "Nothing fits.", "Make room."))

    await studio.cancel_batch(shown.id)

    assert (await studio.batches())[0].counted == "0 of 3 done, 1 failed, 2 cancelled."
    assert len(await studio.some(three)) == 3
    await studio.retry_batch(shown.id)
    assert (await studio.batches())[0].counted.endswith("waiting for its turn.")
    await studio.close_batch(shown.id)
    assert shown.id not in {one.id for one in await studio.batches()}


async def test_batches_that_ended_well_push_none_off_the_page_that_needs_somebody(
    api, node, end, add
):
    studio = UserStudio(services_of(node), LOCAL_USER)
    failed = await begun(api, track_ids=[await add()])
    await end(failed["jobs"][0], errors.Invalid("no_room", "Nothing fits.", "Make room."))
    done = [await begun(api, track_ids=[await add()]) for _ in range(10)]
    for batch in done:
        await end(batch["jobs"][0])

    newest = done[-1]["id"]

    assert [one.id for one in await studio.batches()] == [failed["id"]]
    assert [one.id for one in await studio.batches({newest})] == [newest, failed["id"]]
    await studio.close_batch(newest)
    assert [one.id for one in await studio.batches({newest, "no id"})] == [failed["id"]]


async def test_a_batch_whose_failed_track_went_to_the_bin_needs_nobody(api, node, end, add):
    studio = UserStudio(services_of(node), LOCAL_USER)
    track = await add()
    batch = await begun(api, track_ids=[track])
    await end(batch["jobs"][0], errors.Invalid("no_room", "Nothing fits.", "Make room."))
    await api.delete(f"/api/v1/tracks/{track}")

    assert await studio.batches() == ()


async def test_pages_get_a_sentence_for_what_makes_no_sense(node):
    studio = UserStudio(services_of(node), LOCAL_USER)

    with pytest.raises(errors.Invalid, match="1001 tracks"):
        await studio.separate_all(["x"] * 1001)
    with pytest.raises(errors.NotFound):
        await studio.separate_all(["x", NOBODYS])
    for act in (studio.cancel_batch, studio.retry_batch, studio.close_batch):
        for batch_id in ("x", NOBODYS):
            with pytest.raises(errors.NotFound):
                await act(batch_id)


async def test_retry_leaves_alone_what_another_job_does_by_now(api, end, three):
    batch = await begun(api, track_ids=three[:2])
    for job in batch["jobs"]:
        await end(job, errors.Invalid("no_room", "Nothing fits.", "Make room."))
    await begun(api, track_ids=three[:1])

    again = (await api.post(f"{BATCHES}/{batch['id']}/retry")).json()["data"]

    assert counts(again) == {"failed": 1, "waiting": 1}
