"""The environment is really built, from packages made here instead of a package index."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import sys
import zipfile
from pathlib import Path

import pytest

from soundforge import errors
from soundforge.audio import spotdl_command
from soundforge.audio.spotdl_environment import SpotdlEnvironment

USED = " ".join(
    spotdl_command.command(
        Path("spotdl"), "https://open.spotify.com/track/" + "0" * 22, audio_format="opus"
    )
)
FFMPEG = """
def get_ffmpeg_exe():
    import pathlib
    path = pathlib.Path(__file__).with_name("ffmpeg_inside")
    path.write_text("#!/bin/sh\\necho ffmpeg version 0\\n")
    path.chmod(0o755)
    return str(path)
"""


def make_wheel(folder: Path, name: str, version: str, source: str, *, command: str = "") -> None:
    """Write the smallest wheel that pip installs; ``command`` becomes a program calling main."""
    module = name.replace("-", "_")
    meta = f"{module}-{version}.dist-info"
    files = {
        f"{module}.py": source,
        f"{meta}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{meta}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if command:
        files[f"{meta}/entry_points.txt"] = f"[console_scripts]\n{command} = {module}:main\n"
    record = "".join(
        f"{path},sha256={digest(text)},{len(text.encode())}\n" for path, text in files.items()
    )
    files[f"{meta}/RECORD"] = f"{record}{meta}/RECORD,,\n"
    with zipfile.ZipFile(folder / f"{module}-{version}-py3-none-any.whl", "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)


def digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of packages, and the network shut."""
    folder = tmp_path / "index"
    folder.mkdir()
    make_wheel(folder, "spotdl", "4.6.0", f"def main():\n    print({USED!r})\n", command="spotdl")
    make_wheel(folder, "imageio-ffmpeg", "0.6.0", FFMPEG)
    make_wheel(folder, "deno", "2.0.0", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return folder


async def test_it_is_built_once_for_all_who_ask_and_found_again_afterwards(
    tmp_path: Path, index: Path
):
    root = tmp_path / "root"
    reported: list[tuple[float, str]] = []
    here, elsewhere = SpotdlEnvironment(root), SpotdlEnvironment(root)

    programs = await asyncio.gather(
        here.ensure(lambda fraction, message: reported.append((fraction, message))),
        here.ensure(lambda *_: None),
        elsewhere.ensure(lambda *_: None),
    )

    assert set(programs) == {root / "spotdl-1" / "bin" / "spotdl"}
    assert (root / "spotdl-1" / "bin" / "ffmpeg").exists()
    found = SpotdlEnvironment(root).installed()
    assert found is not None
    assert found.versions == {"spotdl": "4.6.0", "imageio-ffmpeg": "0.6.0", "deno": "2.0.0"}
    fractions = [fraction for fraction, message in reported if "Waiting" not in message]
    assert fractions == sorted(fractions)
    assert await SpotdlEnvironment(root).ensure(lambda *_: None) == programs[0]


async def test_a_half_built_one_is_built_anew(tmp_path: Path, index: Path):
    root = tmp_path / "root"
    left = root / "spotdl-1" / "bin" / "spotdl"
    left.parent.mkdir(parents=True)
    left.write_text("from a build that was killed")

    assert SpotdlEnvironment(root).installed() is None
    program = await SpotdlEnvironment(root).ensure(lambda *_: None)

    assert program.read_text().startswith("#!")


async def test_a_release_that_does_not_know_our_flags_is_not_taken(tmp_path: Path, index: Path):
    older = f"def main():\n    print({USED.replace('--simple-tui', '')!r})\n"
    make_wheel(index, "spotdl", "4.9.0", older, command="spotdl")

    with pytest.raises(errors.Unavailable, match="--simple-tui") as failure:
        await SpotdlEnvironment(tmp_path / "root").ensure(lambda *_: None)

    assert failure.value.code == "spotdl_missing"
    assert SpotdlEnvironment(tmp_path / "root").installed() is None


async def test_without_a_network_the_user_is_told_what_to_do(tmp_path: Path, index: Path):
    for wheel in index.glob("spotdl*"):
        wheel.unlink()

    with pytest.raises(errors.Unavailable) as failure:
        await SpotdlEnvironment(tmp_path / "root").ensure(lambda *_: None)

    assert failure.value.code == "spotdl_missing"
    assert "SFA_DOWNLOAD__PROGRAM" in failure.value.next_step


@pytest.mark.parametrize(
    "marker", ["", "[]", "{}", '{"versions": 1}', '{"python": "other", "versions": {}}']
)
def test_a_marker_that_is_damaged_or_of_another_python_counts_for_nothing(
    tmp_path: Path, marker: str
):
    folder = tmp_path / "spotdl-1"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "spotdl").write_text(sys.version)
    (folder / "complete.json").write_text(marker)

    assert SpotdlEnvironment(tmp_path).installed() is None
