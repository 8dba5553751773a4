import os
from collections.abc import Iterator

import pytest
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from soundforge.settings import TOML_NAME, Settings


@pytest.fixture(autouse=True)
def _only_what_a_test_sets(monkeypatch, tmp_path):
    for name in [name for name in os.environ if name.startswith("SFA_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SFA_DATA_DIR", str(tmp_path))


def fields(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from fields(field.annotation)
        else:
            yield f"{model.__name__}.{name}", field


def test_every_setting_has_its_sentence():
    assert [name for name, field in fields(Settings) if not field.description] == []


def test_without_any_setting_the_server_listens_on_this_computer_only():
    settings = Settings()

    assert (settings.host, settings.port, settings.database.url) == ("127.0.0.1", 4000, "")


def test_a_group_is_reached_by_two_underscores(monkeypatch):
    monkeypatch.setenv("SFA_QUEUES__DOWNLOAD", "5")

    assert Settings().queues.download == 5


def test_the_file_in_the_data_folder_is_read(tmp_path):
    (tmp_path / TOML_NAME).write_text('port = 4001\n[spotify]\nmarket = "DE"\n')

    settings = Settings()

    assert (settings.port, settings.spotify.market) == (4001, "DE")


def test_the_environment_wins_over_the_file_and_the_command_line_over_both(monkeypatch, tmp_path):
    (tmp_path / TOML_NAME).write_text("port = 4001\n")

    monkeypatch.setenv("SFA_PORT", "4002")

    assert Settings().port == 4002
    assert Settings(port=4003).port == 4003


def test_one_variable_of_a_group_leaves_the_rest_of_the_file_alone(monkeypatch, tmp_path):
    (tmp_path / TOML_NAME).write_text('[spotify]\nmarket = "DE"\nclient_id = "from the file"\n')

    monkeypatch.setenv("SFA_SPOTIFY__CLIENT_ID", "from outside")

    spotify = Settings().spotify
    assert (spotify.market, spotify.client_id) == ("DE", "from outside")


def test_a_secret_is_never_printed(monkeypatch):
    monkeypatch.setenv("SFA_SPOTIFY__CLIENT_SECRET", "hidden")

    settings = Settings()

    assert "hidden" not in repr(settings)
    assert settings.spotify.client_secret.get_secret_value() == "hidden"


def test_settings_do_not_change():
    with pytest.raises(ValidationError, match="frozen"):
        Settings().port = 1


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SFA_PORT", "70000"),
        ("SFA_PORT", "http"),
        ("SFA_ROLE", "master"),
        ("SFA_SPOTIFY__MARKET", "germany"),
        ("SFA_QUEUES__PROCESSING", "-1"),
        ("SFA_LIMITS__DURATION_S", "0"),
        ("SFA_JOBS__MAX_RUNS", "0"),
        ("SFA_SPOTIFY__CLIENT_NAME", "no such setting"),
    ],
)
def test_what_cannot_be_is_refused(monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)

    with pytest.raises(ValidationError):
        Settings()
