"""A library is its owner's alone; filters, counts and cards say the same of every track."""

import asyncio
import itertools
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from soundforge import errors
from soundforge.db.base import utc_now
from soundforge.library import Status, jobs, stems, tracks
from soundforge.library.states import FILTERS
from soundforge.pipeline import actions
from soundforge.pipeline.start import Plan
from soundforge.web.views import track_view
from tests.plugins.pipeline import add_track, begin, eventually

SONG = "4iV5W9uYEdYUVa79Axb7Rh"


@pytest.fixture
async def session(database):
    async with database.transaction() as opened:
        yield opened


class TestStates:
    async def test_filters_and_counts_agree_with_the_cards(self, session, owner_id):
        """Every mix of statuses of three stages, a stage without a job included."""
        mixes = list(itertools.product([None, *Status], repeat=3))
        added = await tracks.add_many(
            session, owner_id, [{"title": str(mix), "source": "upload"} for mix in mixes]
        )
        for track, mix in zip(added, mixes, strict=True):
            await self.add_jobs(session, track.id, mix)
        whole = await tracks.get_many(session, owner_id, [track.id for track in added])
        cards = {track.id: track_view(track, {}).state for track in whole}

        counts = await tracks.counts(session, owner_id)
        found = {
            name: {
                track.id
                for track in (await tracks.page(session, owner_id, state=name, limit=1000)).tracks
            }
            for name in FILTERS
        }

        for name, shown in FILTERS.items():
            assert found[name] == {one for one, state in cards.items() if state in shown}
            assert counts[name] == len(found[name])
        assert counts["all"] == len(mixes)

    async def test_only_the_newest_job_of_a_stage_counts(self, session, owner_id):
        (track,) = await tracks.add_many(session, owner_id, [{"title": "A", "source": "upload"}])
        await self.add_jobs(session, track.id, [Status.FAILED])
        await self.add_jobs(session, track.id, [Status.COMPLETED])

        assert await tracks.counts(session, owner_id) == {
            "all": 1,
            "ready": 1,
            "working": 0,
            "attention": 0,
        }

    @pytest.mark.parametrize("status", Status)
    async def test_what_is_made_by_request_does_not_change_what_the_track_is(
        self, session, owner_id, status
    ):
        (track,) = await tracks.add_many(session, owner_id, [{"title": "A", "source": "upload"}])
        await self.add_jobs(session, track.id, [Status.COMPLETED] * 3)
        options = {"rate": 0.5, "semitones": 0.0}
        rows = [
            {"track_id": track.id, "stage": stage, "options": options}
            for stage in ("transcribe", "warp")
        ]
        for job in await jobs.add_many(session, rows):
            job.status = status
        await session.flush()
        whole = await tracks.get(session, owner_id, track.id)

        assert (await tracks.counts(session, owner_id))["ready"] == 1
        assert track_view(whole, {}).state == "ready"

    async def add_jobs(self, session, track_id, mix):
        stages = zip(("download", "separate", "analyze"), mix, strict=False)
        wanted = [(stage, status) for stage, status in stages if status]
        rows = [{"track_id": track_id, "stage": stage} for stage, _ in wanted]
        for job, (_, status) in zip(await jobs.add_many(session, rows), wanted, strict=True):
            job.status = status
        await session.flush()


class TestPage:
    async def test_pages_follow_one_another_without_gap_or_repeat(self, session, owner_id):
        rows = [{"title": f"Song {n}", "source": "upload"} for n in range(25)]
        await tracks.add_many(session, owner_id, rows)

        titles, after = [], None
        while True:
            page = await tracks.page(session, owner_id, limit=10, after=after)
            titles += [track.title for track in page.tracks]
            if (after := page.next_after) is None:
                break

        assert titles == [f"Song {n}" for n in reversed(range(25))]

    @pytest.mark.parametrize(
        ("search", "found"),
        [
            ("ground", {"Ground Loop"}),
            ("LOOP loopbacks", {"Ground Loop"}),
            ("émile", {"Été"}),
            ("100%", {"100%_real"}),
            ("%", {"100%_real"}),
            ("_", {"100%_real"}),
            ("\\", set()),
            ("'; DROP TABLE tracks; --", set()),
            ("", {"Ground Loop", "Été", "100%_real"}),
        ],
    )
    async def test_words_are_looked_for_in_title_artist_and_album(
        self, session, owner_id, search, found
    ):
        rows = [
            {"title": "Ground Loop", "artist": "The Loopbacks", "source": "upload"},
            {"title": "Été", "album": "ÉMILE", "source": "upload"},
            {"title": "100%_real", "source": "upload"},
        ]
        added = await tracks.add_many(session, owner_id, rows)

        page = await tracks.page(session, owner_id, search=search)
        some = await tracks.get_many(session, owner_id, [one.id for one in added], search=search)

        assert {track.title for track in page.tracks} == found
        assert {track.title for track in some} == found


class TestOwner:
    async def test_a_strangers_track_job_and_stem_are_not_found(self, tools, owner_id):
        stranger = uuid.uuid4()
        track = await add_track(tools, owner_id, spotify_id=SONG)
        (job,) = await begin(tools, track.id, "separate")
        async with tools.database.transaction() as session:
            row = {"stem_type": "vocals", "file_path": "x", "file_size": 1}
            await stems.record(session, job, [{**row, "sample_rate_hz": 1, "duration_s": 1.0}])
            (stem,) = await stems.of_job(session, job.id)

        async with tools.database.transaction() as session:
            for code, look in {
                "track_not_found": tracks.get(session, stranger, track.id),
                "job_not_found": jobs.get(session, stranger, job.id),
                "stem_not_found": stems.get(session, stranger, stem.id),
            }.items():
                with pytest.raises(errors.NotFound) as refusal:
                    await look
                assert refusal.value.code == code
            assert await tracks.find_spotify(session, stranger, [SONG]) == {}
            assert not await tracks.get_many(session, stranger, [track.id])
            assert not (await tracks.page(session, stranger)).tracks
            assert (await tracks.counts(session, stranger))["all"] == 0

    @pytest.mark.parametrize(
        "action",
        [
            lambda tools, who, track, job: actions.cancel(tools, who, job.id),
            lambda tools, who, track, job: actions.retry(tools, who, job.id),
            lambda tools, who, track, job: actions.run_stage(tools, who, track.id, Plan("analyze")),
            lambda tools, who, track, job: actions.delete(tools, who, track.id),
            lambda tools, who, track, job: actions.restore(tools, who, track.id),
        ],
    )
    async def test_a_stranger_can_do_nothing(self, tools, owner_id, action):
        track = await add_track(tools, owner_id)
        (job,) = await begin(tools, track.id, "separate")

        with pytest.raises(errors.NotFound):
            await action(tools, uuid.uuid4(), track, job)

    async def test_two_people_may_keep_the_same_song_and_one_keeps_it_once(self, tools):
        one, other = uuid.uuid4(), uuid.uuid4()
        await add_track(tools, one, spotify_id=SONG)
        await add_track(tools, other, spotify_id=SONG)

        with pytest.raises(IntegrityError):
            await add_track(tools, one, spotify_id=SONG)


class TestBin:
    async def test_a_deleted_track_is_hidden_and_comes_back_whole(self, tools, owner_id):
        track = await add_track(tools, owner_id, spotify_id=SONG)
        (job,) = await begin(tools, track.id, "separate")

        await actions.delete(tools, owner_id, track.id)

        async with tools.database.transaction() as session:
            assert not (await tracks.page(session, owner_id)).tracks
            with pytest.raises(errors.NotFound):
                await jobs.get(session, owner_id, job.id)
        await actions.restore(tools, owner_id, track.id)
        async with tools.database.transaction() as session:
            found = await tracks.get(session, owner_id, track.id)
        assert [one.status for one in found.jobs] == ["cancelled"]

    async def test_a_song_imported_again_meanwhile_cannot_be_there_twice(self, tools, owner_id):
        track = await add_track(tools, owner_id, spotify_id=SONG)
        await actions.delete(tools, owner_id, track.id)
        await add_track(tools, owner_id, spotify_id=SONG)

        with pytest.raises(errors.Conflict) as refusal:
            await actions.restore(tools, owner_id, track.id)

        assert refusal.value.code == "track_exists"

    async def test_a_song_that_is_being_imported_again_cannot_be_there_twice(self, tools, owner_id):
        track = await add_track(tools, owner_id, spotify_id=SONG)
        await actions.delete(tools, owner_id, track.id)

        async def is_waiting():
            async with tools.database.transaction() as session:
                return await session.scalar(text("SELECT true FROM pg_locks WHERE NOT granted"))

        async with tools.database.transaction() as session:
            await tracks.lock_library(session, owner_id)
            await tracks.add(session, owner_id, title="Song", source="spotify", spotify_id=SONG)
            restoring = asyncio.create_task(actions.restore(tools, owner_id, track.id))
            await eventually(is_waiting)

        with pytest.raises(errors.Conflict) as refusal:
            await restoring
        assert refusal.value.code == "track_exists"

    async def test_only_what_was_long_in_the_bin_is_purged_with_all_its_rows(self, tools, owner_id):
        kept, fresh, old = [await add_track(tools, owner_id) for _ in range(3)]
        await begin(tools, old.id, "separate")
        for track in (fresh, old):
            await actions.delete(tools, owner_id, track.id)
        async with tools.database.transaction() as session:
            await session.execute(
                text("UPDATE tracks SET deleted_at = :at WHERE id = :id"),
                {"at": utc_now() - timedelta(days=31), "id": old.id},
            )

        async with tools.database.transaction() as session:
            assert await tracks.purge(session, older_than_days=30) == 1

        async with tools.database.transaction() as session:
            left = set(await session.scalars(text("SELECT id FROM tracks")))
            assert left == {kept.id, fresh.id}
            assert await session.scalar(text("SELECT count(*) FROM jobs")) == 0
