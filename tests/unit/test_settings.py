import os

import pytest
from pydantic import ValidationError

from soundforge.settings import TOML_NAME, Settings


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    """An empty data folder and no other setting in the environment."""
    for name in [name for name in os.environ if name.startswith("SFA_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SFA_DATA_DIR", str(tmp_path))
    return tmp_path


def test_nothing_set_gives_the_defaults(folder):
    settings = Settings()

    assert (settings.host, settings.port, settings.role) == ("127.0.0.1", 4000, "full")
    assert settings.data_dir == folder
    assert settings.queues.model_dump() == {"download": 3, "processing": 2, "analysis": 2}


def test_the_file_counts_less_than_the_environment_and_that_less_than_arguments(
    folder, monkeypatch
):
    (folder / TOML_NAME).write_text("port = 1001\n[queues]\nprocessing = 5\nanalysis = 6\n")
    assert (Settings().port, Settings().queues.processing) == (1001, 5)

    monkeypatch.setenv("SFA_PORT", "1002")
    monkeypatch.setenv("SFA_QUEUES__PROCESSING", "7")
    assert (Settings().port, Settings().queues.processing) == (1002, 7)
    assert Settings().queues.analysis == 6

    assert Settings(port=1003).port == 1003


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a.example", ("a.example",)),
        ("a.example, 127.0.0.1,[::1],", ("a.example", "127.0.0.1", "[::1]")),
        ("[::1]", ("[::1]",)),
        ('["a.example", "b.example"]', ("a.example", "b.example")),
    ],
)
def test_host_names_stand_between_commas_or_in_json(monkeypatch, text, names):
    monkeypatch.setenv("SFA_ALLOWED_HOSTS", text)

    assert Settings().allowed_hosts == names


def test_host_names_are_a_list_or_words_in_the_file(folder):
    (folder / TOML_NAME).write_text('allowed_hosts = ["a.example", "b.example"]')
    assert Settings().allowed_hosts == ("a.example", "b.example")

    (folder / TOML_NAME).write_text('allowed_hosts = "a.example, b.example"')
    assert Settings().allowed_hosts == ("a.example", "b.example")


def test_the_data_folder_may_begin_with_the_home_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SFA_DATA_DIR", "~/music")
    (tmp_path / "music").mkdir()
    (tmp_path / "music" / TOML_NAME).write_text("port = 1001\n")

    settings = Settings()

    assert (settings.data_dir, settings.port) == (tmp_path / "music", 1001)


@pytest.mark.parametrize(("named", "found"), [("", "models"), ("weights", "weights")])
def test_weights_lie_beside_the_data_or_where_the_setting_says(folder, monkeypatch, named, found):
    monkeypatch.setenv("SFA_MODELS_DIR", str(folder / named) if named else "")

    assert Settings().weights_dir == folder / found


def test_secrets_print_as_stars(monkeypatch):
    monkeypatch.setenv("SFA_SPOTIFY__CLIENT_SECRET", "hush")

    settings = Settings()

    assert "hush" not in f"{settings!r} {settings} {settings.model_dump_json()}"
    assert settings.spotify.client_secret.get_secret_value() == "hush"


@pytest.mark.parametrize("change", [("port", 1), ("queues", None)])
def test_it_is_frozen(change):
    with pytest.raises(ValidationError):
        setattr(Settings(), *change)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SFA_PORT", "65536"),
        ("SFA_PORT", "four"),
        ("SFA_ROLE", "boss"),
        ("SFA_ALLOWED_HOSTS", ""),
        ("SFA_ALLOWED_HOSTS", "a.example:4000"),
        ("SFA_ALLOWED_HOSTS", '["a.example"'),
        ("SFA_ALLOWED_HOSTS", "[1]"),
        ("SFA_QUEUES__DOWNLOAD", "-1"),
        ("SFA_SPOTIFY__MARKET", "usa"),
        ("SFA_LIMITS__UPLOAD_BYTES", "0"),
        ("SFA_JOBS__MAX_RUNS", "0"),
        ("SFA_DATABASE__NO_SUCH", "1"),
    ],
)
def test_a_value_that_cannot_work_is_refused_by_name(monkeypatch, name, value):
    monkeypatch.setenv(name, value)

    with pytest.raises(ValidationError) as refusal:
        Settings()

    assert name.removeprefix("SFA_").split("__")[-1].lower() in str(refusal.value)
