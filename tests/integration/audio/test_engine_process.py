"""One engine process: asked again and again, and found gone before anything was done."""

from __future__ import annotations

import os
import signal

import pytest

from soundforge import errors
from soundforge.audio.engine_process import EngineProcess, WasGoneError
from soundforge.engines import protocol


@pytest.fixture
async def process():
    started = await EngineProcess.start("_echo", {})
    yield started
    await started.end()


async def ask(process, *, is_last=False, **params):
    return await process.ask(
        protocol.Request("1", params), timeout_s=15, on_progress=lambda _: None, is_last=is_last
    )


async def test_it_answers_until_it_was_asked_for_the_last_time(process):
    answers = [await ask(process, number=number, is_last=number == 2) for number in range(3)]

    assert answers == [protocol.Result({"number": number}) for number in range(3)]
    assert process.asked == 3
    assert not process.is_alive


async def test_asked_again_after_its_end_it_says_that_nothing_was_done(process):
    await ask(process)
    os.kill(process.pid, signal.SIGKILL)
    await process.wait()

    with pytest.raises(WasGoneError):
        await ask(process)


async def test_one_that_dies_before_its_first_word_has_crashed(process):
    os.kill(process.pid, signal.SIGKILL)

    with pytest.raises(errors.Unavailable) as failure:
        await ask(process)

    assert failure.value.code == "engine_crashed"
