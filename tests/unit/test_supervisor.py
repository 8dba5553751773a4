"""When a failing child is restarted, and when not."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest

from soundforge import errors
from soundforge.supervisor import Child, ExitCode, Restarts, Supervisor


def test_pauses_double_up_to_five_seconds():
    restarts = Restarts(limit=20, window_s=60)

    assert [restarts.pause_s(0) for _ in range(8)] == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5]


def test_past_the_limit_it_gives_up():
    restarts = Restarts(limit=2, window_s=60)

    assert [restarts.pause_s(now_s) for now_s in (0, 1, 2)] == [0.1, 0.2, None]


def test_old_failures_are_forgiven():
    restarts = Restarts(limit=2, window_s=60)

    assert [restarts.pause_s(now_s) for now_s in (0, 1, 61)] == [0.1, 0.2, 0.1]


class Story:
    """Children that write down what happens to them."""

    def __init__(self):
        self.log = []
        self.supervisor = None

    def life(self, name, *, fail=None):
        @asynccontextmanager
        async def opened():
            self.log.append(f"+{name}")
            if fail:
                raise fail
            yield
            self.log.append(f"-{name}")

        return opened

    def run(self, *steps):
        """Return a coroutine function that takes one step each time it is started."""
        left = iter(steps)

        async def running():
            match next(left, None):
                case BaseException() as error:
                    raise error
                case "return":
                    return
                case "stop":
                    self.supervisor.stop()
            await asyncio.Event().wait()

        return running

    async def play(self, *children):
        self.supervisor = Supervisor(children)
        return await asyncio.wait_for(self.supervisor.run(), 20)


@pytest.fixture
def story():
    return Story()


async def test_children_start_in_order_and_stop_in_reverse(story):
    code = await story.play(
        Child("a", story.life("a")),
        Child("b", story.life("b")),
        Child("c", story.life("c"), run=story.run("stop")),
    )

    assert story.log == ["+a", "+b", "+c", "-c", "-b", "-a"]
    assert code == ExitCode.DRAINED


@pytest.mark.parametrize(
    "trouble",
    [
        ValueError("bug"),
        ExceptionGroup("group", [ValueError("bug")]),
        SystemExit(3),
        errors.Unavailable("database_unavailable", "The database does not answer."),
        "return",
    ],
    ids=repr,
)
async def test_a_child_that_fails_or_returns_is_restarted_alone(story, trouble):
    code = await story.play(
        Child("a", story.life("a")),
        Child("b", story.life("b"), run=story.run(trouble, "stop")),
    )

    assert story.log == ["+a", "+b", "-b", "-a"]
    assert code == ExitCode.DRAINED


async def test_a_child_that_fails_too_often_ends_the_program_in_order(story):
    hopeless = story.run(*[ValueError("bug")] * 9)

    code = await story.play(
        Child("a", story.life("a")), Child("b", story.life("b"), run=hopeless, max_restarts=2)
    )

    assert story.log == ["+a", "+b", "-b", "-a"]
    assert code == ExitCode.FAILED


@pytest.mark.parametrize(
    "error",
    [
        errors.Conflict("data_folder_in_use", "Another one.", "Stop it."),
        ExceptionGroup("group", [ValueError()]),
    ],
)
async def test_a_child_that_does_not_start_ends_the_program_in_order(story, error, caplog):
    code = await story.play(
        Child("a", story.life("a")), Child("b", story.life("b", fail=error)), Child("c")
    )

    assert story.log == ["+a", "+b", "-a"]
    assert code == ExitCode.FAILED


async def test_an_expected_failure_is_told_in_its_own_words(story, caplog):
    error = errors.Conflict("data_folder_in_use", "Another one runs.", "Stop it.")

    await story.play(Child("a", story.life("a", fail=error)))

    (record,) = (one for one in caplog.records if one.levelname == "ERROR")
    assert record.getMessage() == "child failed: Another one runs. Stop it."
    assert record.exc_info is None


async def test_drain_lets_a_run_finish_its_work(story):
    asked = asyncio.Event()

    async def serve():
        story.supervisor.stop()
        await asked.wait()
        story.log.append("finished")

    async def drain():
        asked.set()

    await story.play(Child("web", story.life("web"), run=serve, drain=drain))

    assert story.log == ["+web", "finished", "-web"]


async def test_a_run_that_ignores_the_drain_is_cancelled_after_its_grace(story):
    async def drain():
        raise RuntimeError("a broken drain")

    code = await story.play(
        Child("web", story.life("web"), run=story.run("stop"), drain=drain, grace_s=0.05)
    )

    assert story.log == ["+web", "-web"]
    assert code == ExitCode.DRAINED


async def test_a_child_that_will_not_close_does_not_keep_the_others_open(story):
    @asynccontextmanager
    async def stuck():
        yield
        await asyncio.Event().wait()

    await story.play(
        Child("a", story.life("a")), Child("b", stuck, run=story.run("stop"), grace_s=0.05)
    )

    assert story.log == ["+a", "-a"]


async def test_stopping_while_a_child_starts_cancels_its_start(story):
    @asynccontextmanager
    async def slow():
        story.supervisor.stop()
        await asyncio.Event().wait()
        yield

    code = await story.play(Child("a", story.life("a")), Child("b", slow), Child("c"))

    assert story.log == ["+a", "-a"]
    assert code == ExitCode.DRAINED
