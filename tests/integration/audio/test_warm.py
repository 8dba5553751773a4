"""Engines that wait: used again, never by two, gone when nobody needs them or their owner ends."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time

import psutil
import pytest

from soundforge import errors
from soundforge.audio.engine import Engine
from soundforge.audio.warm import WarmEngines

DEADLINE_S = 15
KIND = ("_echo", "model")


@pytest.fixture
async def make_engine():
    made = []

    def make(*, idle_s=60.0, max_runs=100):
        made.append(WarmEngines(idle_s=idle_s, max_runs=max_runs))
        return Engine(warm=made[-1])

    yield make
    for warm in made:
        await warm.close()


@pytest.fixture
def engine(make_engine):
    return make_engine()


async def run(engine, tmp_path, *, kept_as="model", timeout_s=DEADLINE_S, **params):
    """Run an echo and return the id of the process that answered."""
    pid_file = tmp_path / f"{time.monotonic_ns()}.pid"
    pid_file.touch()
    try:
        await engine.run(
            "_echo",
            {"pid_file": str(pid_file), **params},
            job="1",
            timeout_s=timeout_s,
            kept_as=kept_as,
        )
    finally:
        pid = int(pid_file.read_text() or 0)
    return pid


def is_gone(pid):
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


async def until(is_so, what):
    deadline = time.monotonic() + DEADLINE_S
    while not is_so():
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.01)


async def pid_in(folder):
    def read():
        return [int(text) for path in folder.glob("*.pid") if (text := path.read_text())]

    await until(read, "no engine began")
    return read()[-1]


async def test_the_next_work_of_a_kind_finds_the_process_of_the_last(engine, tmp_path):
    pids = {await run(engine, tmp_path) for _ in range(3)}

    assert len(pids) == 1


async def test_each_request_is_answered_with_its_own_result(engine):
    async def ask(number):
        return await engine.run(
            "_echo", {"number": number}, job="1", timeout_s=DEADLINE_S, kept_as="model"
        )

    assert [await ask(number) for number in range(3)] == [{"number": n} for n in range(3)]


async def test_another_kind_gets_a_process_of_its_own(engine, tmp_path):
    assert await run(engine, tmp_path) != await run(engine, tmp_path, kept_as="other model")


@pytest.mark.parametrize("options", [{"idle_s": 0}, {"max_runs": 1}])
async def test_where_none_shall_wait_each_work_has_its_own_process(make_engine, tmp_path, options):
    engine = make_engine(**options)

    first, second = await run(engine, tmp_path), await run(engine, tmp_path)

    assert first != second
    assert is_gone(first)
    assert is_gone(second)


async def test_work_that_is_not_kept_ends_with_its_process(engine, tmp_path):
    assert is_gone(await run(engine, tmp_path, kept_as=""))


async def test_two_works_at_once_never_share_a_process_and_one_stays(engine, tmp_path):
    pids = await asyncio.gather(*(run(engine, tmp_path) for _ in range(2)))

    assert len(set(pids)) == 2
    await until(lambda: sum(map(is_gone, pids)) == 1, "two of a kind wait")
    assert await run(engine, tmp_path) in pids


async def test_a_process_ends_after_as_much_work_as_it_may_do(make_engine, tmp_path):
    engine = make_engine(max_runs=2)

    pids = [await run(engine, tmp_path) for _ in range(4)]

    assert pids[0] == pids[1] != pids[2] == pids[3]
    assert is_gone(pids[0])


async def test_a_process_that_nobody_needs_ends_and_its_memory_is_the_systems(
    make_engine, tmp_path
):
    engine = make_engine(idle_s=0.2)

    pid = await run(engine, tmp_path)

    await until(lambda: is_gone(pid), "it waits for ever")
    assert engine.warm.held_bytes(KIND) == 0


async def test_what_a_process_holds_while_it_waits_is_known(engine, tmp_path):
    await run(engine, tmp_path)

    assert 1_000_000 < engine.warm.held_bytes(KIND) < 100_000_000


async def test_what_a_process_holds_while_it_works_is_known():
    engine, seen = Engine(), []

    def look(_):
        seen.append(engine.held_bytes("_echo", "", "one"))

    # It works on for a while, so that it is still there when it is looked at.
    slow = {"do": "hang", "seconds": 0.5}
    await engine.run("_echo", slow, job="one", timeout_s=30, on_progress=look)

    assert 1_000_000 < seen[0] < 100_000_000
    assert engine.held_bytes("_echo", "", "one") == 0


async def test_a_process_killed_between_two_works_costs_nothing_but_a_start(engine, tmp_path):
    killed = await run(engine, tmp_path)
    os.kill(killed, signal.SIGKILL)

    assert await run(engine, tmp_path) != killed


async def test_a_process_that_dies_unheard_between_two_works_costs_nothing_either(engine, tmp_path):
    killed = await run(engine, tmp_path)
    psutil.Process(killed).kill()
    while not is_gone(killed):  # no await: we have not heard of its end yet
        time.sleep(0.001)

    assert await run(engine, tmp_path) != killed


async def test_a_process_killed_in_its_second_work_is_a_crash_and_the_next_is_fresh(
    engine, tmp_path
):
    killed = await run(engine, tmp_path)

    with pytest.raises(errors.Unavailable, match="memory ran out"):
        await run(engine, tmp_path, do="die", signal=int(signal.SIGKILL))

    assert await run(engine, tmp_path) != killed


@pytest.mark.parametrize("do", ["refuse", "again", "fail", "garbage", "crash"])
async def test_after_a_failure_of_any_kind_a_process_is_not_used_again(engine, tmp_path, do):
    failed = await run(engine, tmp_path)

    with pytest.raises(errors.SoundForgeError):
        await run(engine, tmp_path, do=do)

    assert is_gone(failed)
    assert await run(engine, tmp_path) != failed


async def test_after_its_time_limit_a_process_is_not_used_again(engine, tmp_path):
    slow = await run(engine, tmp_path)

    with pytest.raises(errors.Unavailable, match="gave no answer"):
        await run(engine, tmp_path, do="hang", timeout_s=0.2)

    assert is_gone(slow)


async def test_cancel_ends_a_process_that_had_waited(engine, tmp_path):
    waited = await run(engine, tmp_path)
    running = asyncio.create_task(run(engine, tmp_path / "second", do="hang"))
    (tmp_path / "second").mkdir()
    assert await pid_in(tmp_path / "second") == waited

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert is_gone(waited)


async def test_processes_that_wait_are_let_go_when_memory_is_needed(engine, tmp_path):
    one, other = await run(engine, tmp_path), await run(engine, tmp_path, kept_as="other model")

    assert await engine.warm.let_go(but=KIND)

    assert is_gone(other)
    assert not is_gone(one)
    assert not await engine.warm.let_go(but=KIND)


async def test_after_the_close_none_waits_any_more(engine, tmp_path):
    waited = await run(engine, tmp_path)

    await engine.warm.close()

    assert is_gone(waited)
    assert is_gone(await run(engine, tmp_path))


OWNER = """
    import asyncio, pathlib, sys
    from soundforge.audio.engine import Engine
    from soundforge.audio.warm import WarmEngines

    async def main():
        engine = Engine(warm=WarmEngines(idle_s=60, max_runs=9))
        params = {"pid_file": sys.argv[1]}
        await engine.run("_echo", params, job="1", timeout_s=60, kept_as="model")
        pathlib.Path(sys.argv[2]).touch()
        await asyncio.sleep(60)

    asyncio.run(main())
"""


@pytest.mark.parametrize("signal_number", [signal.SIGKILL, signal.SIGTERM])
async def test_a_waiting_process_is_gone_when_its_owner_is(tmp_path, signal_number):
    pid_file, waits = tmp_path / "engine.pid", tmp_path / "waits"
    owner = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(OWNER), str(pid_file), str(waits)]
    )
    await until(waits.exists, "no engine ran")
    pid = int(pid_file.read_text())
    assert not is_gone(pid)

    owner.send_signal(signal_number)
    owner.wait(DEADLINE_S)

    await until(lambda: is_gone(pid), "it outlives its owner")
