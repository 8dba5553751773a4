"""What a page begins goes on without it, and ends with the server."""

import asyncio

import pytest

from soundforge.web.background import Background


class Work:
    """Work that ends when the test says so."""

    def __init__(self, result=None, error=None):
        self.go_on, self.ended = asyncio.Event(), asyncio.Event()
        self.result, self.error = result, error
        self.is_cancelled = False

    async def __call__(self):
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.is_cancelled = True
            raise
        self.ended.set()
        if self.error:
            raise self.error
        return self.result


@pytest.fixture
async def background():
    made = Background()
    yield made
    await made.aclose()


async def left(background, work):
    """Begin `work`, and leave."""
    waiting = asyncio.create_task(background.run(work()))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_who_waits_gets_what_came_of_it(background):
    good, bad = Work(result=7), Work(error=ValueError("no"))
    good.go_on.set()
    bad.go_on.set()

    assert await background.run(good()) == 7
    with pytest.raises(ValueError, match="no"):
        await background.run(bad())


async def test_it_goes_on_when_nobody_waits_any_longer(background):
    work = Work()
    await left(background, work)

    work.go_on.set()

    await asyncio.wait_for(work.ended.wait(), 2)
    assert not work.is_cancelled


async def test_what_fails_unheard_is_logged(background, caplog):
    work = Work(error=ValueError("unheard"))
    await left(background, work)

    work.go_on.set()
    await asyncio.wait_for(work.ended.wait(), 2)
    await asyncio.sleep(0)

    assert "unheard" in caplog.text


async def test_it_ends_with_the_server(background):
    work = Work()
    await left(background, work)

    await background.aclose()

    assert work.is_cancelled
