"""An engine by hand looks for networks where the app keeps them."""

from __future__ import annotations

import pytest

from soundforge.engines import models_folder
from soundforge.engines.runtime import EngineError
from soundforge.settings import TOML_NAME, Settings


@pytest.fixture
def data_dir(tmp_path, monkeypatch):
    monkeypatch.setenv("SFA_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("SFA_MODELS_DIR", raising=False)
    return tmp_path


def test_it_is_beside_the_other_data(data_dir):
    assert models_folder.default() == data_dir / "models"


def test_the_settings_may_name_another(data_dir):
    (data_dir / TOML_NAME).write_text(f'port = 1\nmodels_dir = "{data_dir}/weights"\n')

    assert models_folder.default() == data_dir / "weights"


def test_the_environment_has_the_last_word(data_dir, monkeypatch):
    (data_dir / TOML_NAME).write_text('models_dir = "elsewhere"\n')
    monkeypatch.setenv("SFA_MODELS_DIR", str(data_dir / "mine"))

    assert models_folder.default() == data_dir / "mine"


@pytest.mark.parametrize("content", [b"models_dir = ", b"\xff"])
def test_settings_that_cannot_be_read_are_refused(data_dir, content):
    (data_dir / TOML_NAME).write_bytes(content)

    with pytest.raises(EngineError) as refused:
        models_folder.default()

    assert refused.value.code == "settings_invalid"


def test_it_is_the_folder_of_the_command_line(data_dir):
    assert models_folder.default() == Settings().weights_dir
