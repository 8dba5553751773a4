"""Who may import whom, and what a server process may load."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = {
    *("torch", "numpy", "scipy", "openvino", "librosa", "soundfile", "soxr", "sphn"),
    *("mido", "python_stretch"),
}


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120
    )


def test_every_import_contract_is_kept():
    lint_imports = Path(sys.executable).with_name("lint-imports")

    done = python(str(lint_imports), "--no-logo", "--no-cache")

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("module", ["soundforge.app", "soundforge.cli"])
def test_the_server_loads_no_library_of_the_engines(module):
    done = python("-c", f"import {module}, sys; print(*sys.modules)")

    assert done.returncode == 0, done.stderr
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & HEAVY
