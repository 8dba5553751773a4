"""The supervisor and the operating system: real processes, real signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

PROGRAM = """
import asyncio, contextlib, sys
from soundforge.supervisor import Child, Supervisor

@contextlib.asynccontextmanager
async def life(name):
    print("+" + name, flush=True)
    yield
    print("-" + name, flush=True)

async def forever():
    print("ready", flush=True)
    await asyncio.Event().wait()

async def hanging():
    while True:
        with contextlib.suppress(asyncio.CancelledError):
            await forever()

async def slow():
    await asyncio.sleep(60)

async def main():
    runs = {"good": dict(run=forever), "hanging": dict(run=hanging),
            "slow": dict(run=forever, drain=slow, grace_s=60)}
    return await Supervisor([
        Child("database", lambda: life("database")),
        Child("web", lambda: life("web"), **runs[sys.argv[1]]),
    ]).run()

sys.exit(asyncio.run(main()))
"""


def _hear_signals():
    """Undo what nohup and shells do to programs in the background: they ignore signals."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def said(process):
    """Return what was printed until the end, in a time that is not for ever, and the errors."""
    out, err = process.communicate(timeout=20)
    return out.split(), err


@pytest.fixture
def start():
    started = []

    def go(kind, **options):
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, kind],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            **{"preexec_fn": _hear_signals, **options},
        )
        started.append(process)
        while "ready" not in process.stdout.readline():
            pass
        return process

    yield go
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_drains_in_reverse_order_and_exits_with_zero(start, number):
    process = start("good")

    process.send_signal(number)

    assert said(process) == (["-web", "-database"], "")
    assert process.returncode == 0


def test_a_second_signal_stops_at_once_and_still_closes_what_is_open(start):
    process = start("slow")
    began_s = time.monotonic()

    process.send_signal(signal.SIGTERM)
    time.sleep(0.3)  # two signals at the same moment are one
    process.send_signal(signal.SIGTERM)

    assert said(process)[0] == ["-web", "-database"]
    assert process.returncode == 130
    assert time.monotonic() - began_s < 8


def test_a_third_signal_ends_a_program_that_hangs(start):
    process = start("hanging")

    for _ in range(3):
        process.send_signal(signal.SIGTERM)
        time.sleep(0.3)

    assert process.wait(5) == -signal.SIGTERM


def test_a_program_started_by_nohup_survives_its_terminal(start):
    process = start("good", preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))

    process.send_signal(signal.SIGHUP)

    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.5)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
