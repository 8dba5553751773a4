"""The door to separation, as far as no engine is needed."""

from __future__ import annotations

import pytest

from soundforge import errors
from soundforge.audio import separator
from soundforge.audio.engine import Engine
from soundforge.audio.models import Models


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
