import asyncio
import os
import sys
import time

import psutil
import pytest

from soundforge.audio import process_group

DEADLINE_S = 15
IGNORES_TERM = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True)"


async def start(code, **options):
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        code,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
        **options,
    )


async def wait_until(is_so, what):
    deadline = time.monotonic() + DEADLINE_S
    while not is_so():
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.02)


def is_gone(pid):
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


async def test_a_process_that_listens_ends_at_once():
    process = await start("import time; print('up', flush=True); time.sleep(60)")
    await process.stdout.readline()

    began = time.monotonic()
    await process_group.end(process)

    assert process.returncode == -15
    assert time.monotonic() - began < process_group.TERM_GRACE_S


async def test_a_process_that_does_not_listen_is_killed():
    process = await start(IGNORES_TERM + "; time.sleep(60)")
    await process.stdout.readline()

    await process_group.end(process)

    assert process.returncode == -9


async def test_a_process_that_ended_by_itself_keeps_its_status():
    process = await start("raise SystemExit(3)")
    await process.wait()

    await process_group.end(process)

    assert process.returncode == 3


async def test_a_child_that_outlived_its_leader_is_ended():
    # Without the pipe: whoever waits for a process waits for all that hold its output.
    process = await start(
        "from subprocess import DEVNULL, Popen\n"
        "print(Popen(['sleep', '60'], stdout=DEVNULL).pid, flush=True)"
    )
    child_pid = int(await process.stdout.readline())
    await process.wait()
    assert not is_gone(child_pid)

    await process_group.end(process)

    await wait_until(lambda: is_gone(child_pid), f"process {child_pid} lives on")


async def test_the_pipe_closes_for_the_child_when_its_context_is_left():
    with process_group.owner_pipe() as owner_fd:
        process = await start(
            f"import os; print('up', flush=True); os.read({owner_fd}, 1)", pass_fds=(owner_fd,)
        )
        await process.stdout.readline()
        assert process.returncode is None

    assert await asyncio.wait_for(process.wait(), DEADLINE_S) == 0


def test_the_pipe_leaves_no_descriptor_open():
    with process_group.owner_pipe() as owner_fd:
        os.fstat(owner_fd)

    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(owner_fd)
