"""One job through one stage: it ends once, and says why when it did not end well."""

import asyncio

import pytest
from sqlalchemy import text

from soundforge import errors
from soundforge.jobs import Done, Failed, Retry, Run
from soundforge.library import jobs, tracks
from soundforge.pipeline import actions, stage
from soundforge.storage import layout
from tests.plugins.pipeline import add_job, ended, eventually, queue_row, read_job


def raises(error, *, times=99):
    """Return a stage's work that fails so many times, and counts its runs in ``.runs``."""

    async def work(*_):
        work.runs += 1
        if work.runs <= times:
            raise error

    work.runs = 0
    return work


def down(**more):
    return errors.Unavailable("engine_crashed", "The program ended.", "Retry.", **more)


@pytest.fixture
def left(tools):
    """Return which attempts of a job have left something on disk."""

    def look(job):
        places = {n: layout.attempt_dir(job.stage, job.id, n) for n in range(1, 6)}
        return {n for n, place in places.items() if tools.storage.path(place).exists()}

    return look


@pytest.fixture
def run(tools):
    """Run a job's stage here and now, as a worker would; return what the queue is told."""

    async def run(one, job, **more):
        queue_run = Run(job.queue_job_id, one.name, {"job_id": str(job.id)})
        return await stage.run(one, queue_run, tools, **more)

    return run


async def test_work_that_is_done_is_saved_with_the_end_of_the_job(tools, owner_id, make_stage, run):
    async def work(_, __, track, report):
        report(0.5, "half way")
        return track.title

    async def save(_, job, made):
        job.results = {"title": made}

    job = await add_job(tools, owner_id)

    assert await run(make_stage(work=work, save=save), job) == Done()
    done = await read_job(tools, job.id)
    assert (done.status, done.progress, done.results) == ("completed", 100, {"title": "Song"})
    assert (done.attempt, done.runs) == (1, 1)
    assert done.started_at <= done.finished_at


async def test_work_begins_in_an_empty_folder_that_is_gone_when_it_has_ended(
    tools, owner_id, make_stage, run, left
):
    job = await add_job(tools, owner_id)
    stale = await tools.storage.empty_dir(layout.attempt_dir(job.stage, job.id, 1))
    stale.joinpath("stale").touch()

    async def work(_, job, *__):
        folder = stage.folder_of(tools, job)
        assert (folder, list(folder.iterdir())) == (stale, [])
        folder.joinpath("made").touch()

    assert await run(make_stage(work=work), job) == Done()
    assert left(job) == set()


async def test_a_failure_that_may_pass_is_run_again_later_each_time(
    tools, owner_id, make_stage, run, left
):
    work = raises(down())
    one = make_stage(work=work)
    job = await add_job(tools, owner_id)

    outcomes = [await run(one, job) for _ in range(3)]

    assert outcomes == [
        Retry("engine_crashed", 5.0),
        Retry("engine_crashed", 20.0),
        Failed("engine_crashed"),
    ]
    failed = await read_job(tools, job.id)
    assert (failed.status, failed.attempt, failed.runs) == ("failed", 3, 3)
    assert (failed.error_code, failed.error_next_step) == ("engine_crashed", "Retry.")
    assert left(job) == set()
    assert await run(one, job) == Done()
    assert work.runs == 3


async def test_between_two_runs_the_job_waits_and_says_why(tools, owner_id, make_stage, run):
    job = await add_job(tools, owner_id)

    await run(make_stage(work=raises(down())), job)

    waiting = await read_job(tools, job.id)
    assert (waiting.status, waiting.attempt, waiting.error_code) == (
        "queued",
        2,
        "engine_crashed",
    )
    assert 3 < (waiting.not_before - waiting.updated_at).total_seconds() < 6


async def test_a_limit_is_waited_for_and_one_that_is_too_long_fails_at_once(
    tools, owner_id, make_stage, run
):
    soon = errors.Limited("rate_limited", "Wait.", retry_after_s=60)
    tomorrow = errors.Limited("rate_limited", "Wait.", retry_after_s=86_400)

    first, second = await add_job(tools, owner_id), await add_job(tools, owner_id)

    assert await run(make_stage(work=raises(soon)), first) == Retry("rate_limited", 60)
    assert await run(make_stage(work=raises(tomorrow)), second) == Failed("rate_limited")


async def test_what_attempts_left_stays_for_the_next_one_until_the_job_has_ended(
    tools, owner_id, make_stage, run, left
):
    one = make_stage(work=raises(down(), times=2), goes_on=True)
    job = await add_job(tools, owner_id)

    for attempts in ({1}, {1, 2}):
        assert isinstance(await run(one, job), Retry)
        assert left(job) == attempts
    assert await run(one, job) == Done()

    assert left(job) == set()


async def test_what_attempts_left_is_removed_when_the_job_fails(
    tools, owner_id, make_stage, run, left
):
    one = make_stage(work=raises(down()), goes_on=True)
    job = await add_job(tools, owner_id)

    outcomes = [await run(one, job) for _ in range(3)]

    assert isinstance(outcomes[-1], Failed)
    assert left(job) == set()


@pytest.mark.parametrize("kind", [errors.Invalid, errors.Conflict, errors.NotFound, errors.Denied])
async def test_what_can_never_succeed_is_not_tried_again(tools, owner_id, make_stage, run, kind):
    job = await add_job(tools, owner_id)

    assert await run(make_stage(work=raises(kind("no", "No.", "Do."))), job) == Failed("no")
    assert (await read_job(tools, job.id)).runs == 1


async def test_a_bug_is_told_without_its_traceback_and_tried_again(
    tools, owner_id, make_stage, run, caplog
):
    job = await add_job(tools, owner_id)

    assert await run(make_stage(work=raises(ZeroDivisionError("secret"))), job) == Retry(
        "internal_error", 5.0
    )
    assert "secret" not in (await read_job(tools, job.id)).error_message
    assert "secret" in caplog.text


async def test_a_save_that_fails_saves_nothing(tools, owner_id, make_stage, run):
    async def save(session, job, _):
        job.output_path = "stems/x"
        await session.flush()
        raise errors.Conflict("no", "No.")

    job = await add_job(tools, owner_id)

    assert await run(make_stage(save=save), job) == Failed("no")
    assert (await read_job(tools, job.id)).output_path is None


async def test_an_attempt_that_was_given_away_saves_nothing(tools, owner_id, make_stage, run, left):
    """As in a worker that was frozen: the job is begun again, then the first one wakes up."""
    frozen, thaw = asyncio.Event(), asyncio.Event()
    saved = []

    async def work(_, job, *__):
        if job.attempt == 1:
            frozen.set()
            await thaw.wait()
        return job.attempt

    async def save(_, __, made):
        saved.append(made)

    one = make_stage(work=work, save=save)
    job = await add_job(tools, owner_id)
    first = asyncio.create_task(run(one, job))
    await frozen.wait()

    second = await run(one, job)
    thaw.set()

    assert (await first, second) == (Done(), Done())
    assert saved == [2]
    assert left(job) == set()
    done = await read_job(tools, job.id)
    assert (done.status, done.attempt, done.runs) == ("completed", 2, 2)


async def test_files_of_an_attempt_that_was_given_away_do_not_take_their_place(
    tools, owner_id, make_stage, run
):
    async def work(_, job, __, report):
        async with tools.database.transaction() as session:
            await session.execute(
                text("UPDATE jobs SET attempt = 7 WHERE id = :id"), {"id": job.id}
            )
        with pytest.raises(jobs.StaleAttemptError):
            await report.confirm()
        raise jobs.StaleAttemptError

    job = await add_job(tools, owner_id)

    assert await run(make_stage(work=work), job) == Done()


@pytest.mark.parametrize("name", ["separate", "analyze"])
async def test_what_was_made_of_a_recording_that_was_replaced_is_made_again(
    tools, owner_id, make_stage, run, name
):
    of = []

    async def work(_, job, track, __):
        of.append(track.recording_sha256)
        if job.attempt == 1:
            async with tools.database.transaction() as session:
                await tracks.set_recording(session, track.id, recording_sha256="new")

    async def save(_, job, __):
        job.output_path = of[-1]

    job = await add_job(tools, owner_id, name)
    one = make_stage(name, work=work, save=save)

    assert await run(one, job) == Retry("recording_replaced", 5.0)
    waiting = await read_job(tools, job.id)
    assert (waiting.status, waiting.output_path) == ("queued", None)
    assert await run(one, job) == Done()
    assert of == [None, "new"]
    assert (await read_job(tools, job.id)).output_path == "new"


async def test_another_queue_job_than_the_jobs_own_does_nothing(tools, owner_id, make_stage, run):
    job = await add_job(tools, owner_id)
    await actions.cancel(tools, owner_id, job.id)
    again = await actions.retry(tools, owner_id, job.id)
    work = raises(down())
    one = make_stage(work=work)

    assert await run(one, job) == Done()
    assert work.runs == 0
    assert again.queue_job_id != job.queue_job_id
    assert (await read_job(tools, job.id)).status == "queued"


async def test_a_job_that_keeps_killing_its_worker_fails(tools, owner_id, make_stage, run):
    work = raises(down())
    one = make_stage(work=work)
    job = await add_job(tools, owner_id)
    for _ in range(tools.max_runs):
        async with tools.database.transaction() as session:
            found = await jobs.begin(
                session,
                job.id,
                queue_job_id=job.queue_job_id,
                node="dead",
                max_runs=tools.max_runs,
            )
            assert found is not None

    assert await run(one, job) == Done()
    assert work.runs == 0
    failed = await read_job(tools, job.id)
    assert (failed.status, failed.error_code) == ("failed", "worker_died")
    assert failed.error_next_step


async def test_progress_only_grows_and_ends_before_100(tools, owner_id, make_stage, run):
    seen = []

    async def work(_, job, __, report):
        for fraction in (0.3, 0.1, 2.0):
            report(fraction, "working")
            await asyncio.sleep(0.3)
            seen.append((await read_job(tools, job.id)).progress)

    job = await add_job(tools, owner_id)
    await run(make_stage(work=work), job)

    assert seen == [30, 30, 99]


async def test_a_stop_of_the_workers_gives_the_run_back(make_node, make_stage, owner_id):
    begun = asyncio.Event()

    async def work(*_):
        begun.set()
        await asyncio.Event().wait()

    node = await make_node(make_stage(work=work))
    job = await add_job(node.tools, owner_id)
    async with node.working():
        await asyncio.wait_for(begun.wait(), 10)

    waiting = await read_job(node.tools, job.id)
    assert (waiting.status, waiting.attempt, waiting.runs) == ("queued", 2, 0)
    assert (await queue_row(node.tools, job.queue_job_id))["status"] == "todo"


async def test_a_retry_comes_from_the_queue_by_itself(make_node, make_stage, owner_id):
    work = raises(errors.Limited("wait", "Wait.", retry_after_s=0), times=1)
    node = await make_node(make_stage(work=work))
    job = await add_job(node.tools, owner_id)

    async def is_told():
        return (await queue_row(node.tools, job.queue_job_id))["status"] == "succeeded"

    async with node.working():
        done = await ended(node.tools, job.id, timeout_s=20)
        await eventually(is_told)  # workers that are stopped tell nobody any more

    assert (done.status, done.attempt, done.runs, work.runs) == ("completed", 2, 2, 2)
    assert done.error_code is None
