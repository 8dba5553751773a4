"""Programs that are not ours, run for real."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from soundforge.audio import program


async def run(tmp_path: Path, code: str, **more: object) -> program.Ended:
    options = {"cwd": tmp_path, "environment": {"ONE": "1"}, "timeout_s": 60.0, **more}
    return await program.run([sys.executable, "-I", "-S", "-c", code], **options)  # type: ignore[arg-type]


async def test_lines_of_both_streams_come_in_their_order(tmp_path: Path):
    code = "import os; [os.write(fd, b'%d\\n' % fd) for fd in (1, 2, 1)]"
    lines: list[str] = []

    ended = await run(tmp_path, code, on_line=lines.append)

    assert lines == ["1", "2", "1"]
    assert ended == program.Ended(0, ("1", "2", "1"))


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("raise SystemExit(7)", 7),
        ("import os; os.kill(os.getpid(), 9)", 137),
        ("import os; os.kill(os.getpid(), 15)", 143),
    ],
)
async def test_the_exit_status_is_the_programs_own(tmp_path: Path, code: str, status: int):
    assert (await run(tmp_path, code)).exit_status == status


async def test_the_program_sees_no_variable_but_those_given(tmp_path: Path):
    ended = await run(tmp_path, "import os; print(sorted(os.environ), os.getcwd())")

    names = ended.lines[0]
    assert "ONE" in names
    assert "HOME" not in names
    assert str(tmp_path) in names


async def test_a_program_that_cannot_be_started_says_so(tmp_path: Path):
    ended = await program.run([tmp_path / "nothing"], cwd=tmp_path, environment={}, timeout_s=60.0)

    assert ended.exit_status == 127
    assert "cannot be started" in ended.lines[-1]


async def test_a_file_cannot_grow_beyond_the_limit(tmp_path: Path):
    code = "open('big', 'wb').write(b'x' * 5_000_000)"

    ended = await run(tmp_path, code, max_file_bytes=1_000_000)

    assert "File too large" in ended.lines[-1]
    assert (tmp_path / "big").stat().st_size <= 1_000_000


async def test_floods_without_an_end_of_line_are_cut(tmp_path: Path):
    ended = await run(tmp_path, "print('x' * 3_000_000); print('\\r'.join('ab' * 500))")

    assert max(map(len, ended.lines)) <= 4000
    assert len(ended.lines) == 400


async def test_a_program_that_ignores_being_asked_is_ended_all_the_same(tmp_path: Path):
    code = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"

    with pytest.raises(TimeoutError):
        await run(tmp_path, code, timeout_s=0.5)


async def test_an_error_out_of_the_follower_ends_the_program(tmp_path: Path):
    def stop(line: str) -> None:
        raise LookupError(line)

    with pytest.raises(LookupError, match="up"):
        await run(tmp_path, "print('up', flush=True); import time; time.sleep(60)", on_line=stop)
