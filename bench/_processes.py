"""Programs that are timed: their output, CPU seconds and peak memory."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass


@dataclass(frozen=True)
class Used:
    """What a program used."""

    cpu_s: float
    peak_mb: float


def timed(command: list[str], text: str) -> tuple[str, Used]:
    """Run a program with ``text`` as its input; return its output and what it used.

    Raises:
        SystemExit: It failed.
    """
    environment = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE", "PYTHONWARNINGS": "ignore"}
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(text)
        process.stdin.close()
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[:3]} failed")
    return output, Used(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000)
