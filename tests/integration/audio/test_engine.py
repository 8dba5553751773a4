"""Engines as real processes: every way one can end is one clear outcome."""

import asyncio
import logging
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
from soundforge.engines import protocol

DEADLINE_S = 15


async def run_echo(timeout_s=DEADLINE_S, engine=None, on_progress=None, **params):
    return await (engine or Engine()).run(
        "_echo", params, job="1", timeout_s=timeout_s, on_progress=on_progress
    )


def wait_until(is_so, what):
    deadline = time.monotonic() + DEADLINE_S
    while not is_so():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def is_gone(pid):
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def read_pid(path):
    wait_until(lambda: path.exists() and path.read_text(), f"{path.name} was never written")
    return int(path.read_text())


def assert_gone(*paths):
    for path in paths:
        pid = read_pid(path)
        wait_until(lambda pid=pid: is_gone(pid), f"{path.name}: process {pid} lives on")


async def test_the_result_is_returned_and_progress_is_told():
    told = []

    value = await run_echo(path="/ä ö.wav", on_progress=told.append)

    assert value == {"path": "/ä ö.wav"}
    assert [(p.fraction, p.message, p.detail) for p in told] == [
        (0.5, "half way", {"segment": 1, "segments": 2})
    ]


async def test_a_request_larger_than_a_pipe_arrives_whole():
    text = "x" * 500_000

    assert await run_echo(text=text) == {"text": text}


async def test_what_an_engine_prints_is_in_the_log_and_harms_nothing(caplog):
    caplog.set_level(logging.INFO)

    await run_echo()

    assert "_echo: a native library says hello" in caplog.text


async def test_an_engine_that_prints_without_end_is_read_but_not_all_logged(caplog):
    caplog.set_level(logging.INFO)

    await run_echo(do="chatter")

    assert len(caplog.text) < 2_000_000
    assert "engine printed too much" in caplog.text


async def test_a_refusal_is_invalid_so_the_job_fails_with_its_sentence():
    with pytest.raises(errors.Invalid, match=r"There is no audio in this file\.") as caught:
        await run_echo(do="refuse")

    assert (caught.value.code, caught.value.next_step) == ("no_audio", "Send a song.")


@pytest.mark.parametrize(
    ("params", "code", "sentence"),
    [
        ({"do": "again"}, "busy", "Not now."),
        ({"do": "memory"}, "out_of_memory", "ran out of memory"),
        ({"do": "fail"}, "engine_failed", "did not foresee"),
        ({"do": "not_finite"}, "engine_failed", "did not foresee"),
        ({"do": "crash"}, "engine_crashed", r"exit status 9"),
        ({"do": "crash", "status": 0}, "engine_crashed", r"exit status 0"),
        ({"do": "segfault"}, "engine_crashed", r"crashed \(SIGSEGV\)"),
        ({"do": "die", "signal": int(signal.SIGABRT)}, "engine_crashed", r"\(SIGABRT\)"),
        ({"do": "die", "signal": int(signal.SIGKILL)}, "engine_crashed", "memory ran out"),
        ({"do": "garbage"}, "engine_garbage", "do not understand"),
        ({"do": "flood"}, "engine_garbage", "do not understand"),
    ],
)
async def test_what_may_go_better_next_time_is_unavailable_so_the_job_is_retried(
    params, code, sentence
):
    with pytest.raises(errors.Unavailable, match=sentence) as caught:
        await run_echo(**params)

    assert caught.value.code == code


async def test_the_trace_of_a_crash_is_in_the_log(caplog):
    caplog.set_level(logging.INFO)

    with pytest.raises(errors.Unavailable):
        await run_echo(do="segfault")

    assert "Segmentation fault" in caplog.text


async def test_an_engine_that_does_not_exist_is_a_crash_not_a_bug():
    with pytest.raises(errors.Unavailable, match="exit status 1"):
        await Engine().run("_no_such_engine", {}, job="1", timeout_s=DEADLINE_S)


async def test_a_hang_ends_at_its_time_limit_with_everything_it_started(tmp_path):
    pid_file, child_pid_file = tmp_path / "engine.pid", tmp_path / "child.pid"

    with pytest.raises(errors.Unavailable, match="no answer in 2 s") as caught:
        await run_echo(
            timeout_s=2,
            do="hang_with_child",
            pid_file=str(pid_file),
            child_pid_file=str(child_pid_file),
        )

    assert caught.value.code == "engine_timeout"
    assert_gone(pid_file, child_pid_file)


async def test_cancel_ends_the_engine_and_everything_it_started(tmp_path):
    pid_file, child_pid_file = tmp_path / "engine.pid", tmp_path / "child.pid"
    running = asyncio.create_task(
        run_echo(do="hang_with_child", pid_file=str(pid_file), child_pid_file=str(child_pid_file))
    )
    await asyncio.to_thread(read_pid, child_pid_file)

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert_gone(pid_file, child_pid_file)


async def test_an_error_of_the_listener_ends_the_engine(tmp_path):
    pid_file = tmp_path / "engine.pid"

    def refuse(_):
        raise errors.Conflict("stale", "Somebody else works on this.")

    with pytest.raises(errors.Conflict):
        await run_echo(do="hang", pid_file=str(pid_file), on_progress=refuse)

    assert_gone(pid_file)


OWNER = """
    import asyncio, sys
    from soundforge.audio.engine import Engine

    params = {"do": "hang_with_child", "pid_file": sys.argv[1], "child_pid_file": sys.argv[2]}
    asyncio.run(Engine().run("_echo", params, job="1", timeout_s=60))
"""


@pytest.mark.parametrize("signal_number", [signal.SIGKILL, signal.SIGTERM])
def test_an_engine_and_its_children_are_gone_when_their_owner_is(tmp_path, signal_number):
    pid_file, child_pid_file = tmp_path / "engine.pid", tmp_path / "child.pid"
    owner = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(OWNER), str(pid_file), str(child_pid_file)]
    )
    read_pid(child_pid_file)

    owner.send_signal(signal_number)
    owner.wait(DEADLINE_S)

    assert_gone(pid_file, child_pid_file)


def test_an_engine_in_its_callers_group_never_takes_the_caller_with_it(tmp_path):
    read_fd, write_fd = os.pipe()
    pid_file = tmp_path / "engine.pid"
    engine = subprocess.Popen(
        [sys.executable, "-m", "soundforge.engines._echo"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(read_fd,),
        env={**os.environ, "SFA_OWNER_FD": str(read_fd)},
    )
    request = protocol.Request("1", {"do": "hang", "pid_file": str(pid_file)})
    engine.stdin.write(protocol.encode(request))
    engine.stdin.close()  # the engine needs it no longer
    read_pid(pid_file)

    os.close(read_fd)
    os.close(write_fd)

    assert engine.wait(DEADLINE_S) == -signal.SIGKILL


async def test_an_engine_sees_no_secret_of_the_server_and_what_it_was_given(monkeypatch, tmp_path):
    monkeypatch.setenv("SFA_SPOTIFY__CLIENT_SECRET", "hidden")
    pid_file = tmp_path / "engine.pid"
    running = asyncio.create_task(
        run_echo(
            engine=Engine({"OMP_NUM_THREADS": "1"}), do="hang", seconds=60, pid_file=str(pid_file)
        )
    )
    pid = await asyncio.to_thread(read_pid, pid_file)

    environment = psutil.Process(pid).environ()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert environment["OMP_NUM_THREADS"] == "1"
    assert "SFA_SPOTIFY__CLIENT_SECRET" not in environment


async def test_engines_run_side_by_side_without_mixing_their_answers():
    values = await asyncio.gather(*(run_echo(number=number) for number in range(4)))

    assert values == [{"number": number} for number in range(4)]


async def test_engines_at_work_have_cores_of_their_own_and_alone_all_of_them(tmp_path):
    engine = Engine()
    if engine.cores.count < 2 or not hasattr(os, "sched_getaffinity"):
        pytest.skip("there is nothing to share out")
    every, pids, running = os.sched_getaffinity(0), [], []
    for name in ("first.pid", "second.pid"):
        params = {"do": "hang", "pid_file": str(tmp_path / name)}
        work = engine.run("_echo", params, job="1", timeout_s=60, most_cores=engine.cores.count)
        running.append(asyncio.create_task(work))
        pids.append(await asyncio.to_thread(read_pid, tmp_path / name))

    def cores():
        return [os.sched_getaffinity(pid) for pid in pids]

    async with asyncio.timeout(DEADLINE_S):
        while set.intersection(*cores()):
            await asyncio.sleep(0.02)
    shared = cores()
    running[1].cancel()
    await asyncio.gather(running[1], return_exceptions=True)
    alone = os.sched_getaffinity(pids[0])
    running[0].cancel()
    await asyncio.gather(running[0], return_exceptions=True)

    assert set.union(*shared) == every
    assert alone == every
