"""The small program between us and the server."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from soundforge.db import _launch

WHO = ["/bin/sh", "-c", "echo $(id -u) $(id -g) $(id -G)"]


def launch(*command, uid=None, gid=None, owner_pid=None, owner_fd=-1):
    numbers = (
        os.geteuid() if uid is None else uid,
        os.getegid() if gid is None else gid,
        owner_pid or os.getpid(),
        owner_fd,
    )
    return subprocess.run(
        [sys.executable, "-I", "-S", Path(_launch.__file__), *map(str, numbers), "--", *command],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        pass_fds=(owner_fd,) if owner_fd >= 0 else (),
    )


def test_it_becomes_the_program():
    assert launch("/bin/sh", "-c", "echo hello; exit 3").returncode == 3


@pytest.mark.skipif(sys.platform != "linux", reason="the signal is Linux's")
def test_it_starts_nothing_when_the_owner_is_gone_already():
    ran = launch("/bin/echo", "hello", owner_pid=1)

    assert (ran.returncode, ran.stdout) == (1, "")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_as_root_it_gives_up_every_right():
    assert launch(*WHO, uid=54_321, gid=54_322).stdout.split() == ["54321", "54322", "54322"]


def test_a_watcher_told_that_the_server_ended_leaves():
    ours, theirs = os.pipe()
    os.write(theirs, b".")

    ran = launch("/bin/echo", "hello", owner_fd=ours)  # returns when nobody holds its output

    os.close(ours)
    os.close(theirs)
    assert (ran.returncode, ran.stdout) == (0, "hello\n")


def test_a_watcher_ends_the_server_when_the_pipe_closes():
    ours, theirs = os.pipe()
    os.close(theirs)

    ran = launch("/bin/sleep", "20", owner_fd=ours)

    os.close(ours)
    assert ran.returncode == -2
