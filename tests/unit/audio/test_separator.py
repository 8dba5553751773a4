"""The door to separation, as far as no engine is needed."""

from __future__ import annotations

import pytest

from soundforge import errors
from soundforge.audio import separator
from soundforge.audio.engine import Engine
from soundforge.audio.models import Models
from soundforge.engines import weights


@pytest.mark.parametrize(
    ("duration_s", "expected_s"), [(0, 300), (1, 300), (30, 300), (31, 310), (3600, 36000)]
)
def test_the_time_out_follows_the_length_and_is_never_below_five_minutes(duration_s, expected_s):
    assert separator.timeout_s(duration_s) == expected_s


@pytest.mark.parametrize(
    ("model", "kind", "code"),
    [
        ("nothing", errors.Invalid, "model_unknown"),
        ("spleeter_2stems", errors.Conflict, "model_not_installed"),
        ("htdemucs", errors.Conflict, "model_not_installed"),
    ],
)
async def test_a_model_that_cannot_run_is_refused_before_a_process_starts(
    model, kind, code, tmp_path
):
    engine = Engine()

    with pytest.raises(kind) as refusal:
        await separator.separate(
            engine,
            Models(tmp_path, engine),
            source=tmp_path / "song.flac",
            out_dir=tmp_path,
            model=model,
            job="1",
            duration_s=1,
            report=lambda *_: None,
        )

    assert refusal.value.code == code


@pytest.mark.parametrize(("model", "expected_s"), [("htdemucs", 1000), ("mel_roformer_kim", 3000)])
async def test_a_slow_model_is_given_more_time(model, expected_s, tmp_path):
    waits_s = []

    class NeverStarted(Engine):
        async def run(self, *_, timeout_s, **__):
            waits_s.append(timeout_s)
            raise errors.Unavailable("engine_crashed", "It was never started.")

    folder, engine = tmp_path / model, NeverStarted()
    folder.mkdir()
    (folder / weights.WEIGHTS_FILE).write_bytes(b"weights")
    manifest = weights.Manifest(model, "hash", "0", 7, "test", "0", "2026-01-01")
    weights.write_manifest(folder, manifest)

    with pytest.raises(errors.Unavailable):
        await separator.separate(
            engine,
            Models(tmp_path, engine),
            source=tmp_path / "song.flac",
            out_dir=tmp_path,
            model=model,
            job="1",
            duration_s=100,
            report=lambda *_: None,
        )

    assert waits_s == [expected_s]
