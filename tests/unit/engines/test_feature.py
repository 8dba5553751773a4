"""What a feature is given."""

from __future__ import annotations

import numpy as np

from soundforge.engines import analyze
from soundforge.engines.feature import Feature, Finding, Recording, summary
from soundforge.engines.level import Level


def test_a_column_is_all_blocks_in_order():
    blocks = [np.zeros((2, 3), np.float32), np.ones((1, 3), np.float32)]
    recording = Recording(Level(), {"measure": blocks}, 1.0)

    assert recording.column("measure").tolist() == [[0, 0, 0], [0, 0, 0], [1, 1, 1]]


def test_a_summary_has_one_number_per_curve_and_one_per_row_of_a_matrix():
    rows = np.array([[1, 3], [5, 5]], np.float32)

    assert summary(rows[0]) == {"mean": 2.0, "std": 1.0}
    assert summary(rows) == {"mean": [2.0, 5.0], "std": [1.0, 0.0]}


def test_what_features_share_is_worked_out_once():
    recording = Recording(Level(), {}, 2.0)

    def work(heard):
        return [heard.duration_s]

    assert recording.once(work) == [2.0]
    assert recording.once(work) is recording.once(work)


def test_a_feature_comes_after_those_it_builds_on_and_sees_what_they_found():
    seen = {}

    def look(recording):
        seen.update(recording.found)
        return Finding({})

    early = Feature("Early", {}, look, after=("late", "not asked for"))
    late = Feature("Late", {}, lambda _: Finding({"bpm": 120.0}))
    chosen = {"early": early, "late": late}

    found = analyze.conclude(Recording(Level(), {}, 1.0), chosen, lambda *_, **__: None)

    assert seen == {"late": Finding({"bpm": 120.0})}
    assert list(found) == ["early", "late"]


def test_a_meter_hears_every_channel_at_the_recordings_own_rate():
    class Counter:
        def __init__(self, sample_rate_hz):
            self.rate_hz, self.samples = sample_rate_hz, 0

        def hear(self, planes):
            self.samples += planes.size

    feature = Feature("Count", {}, lambda _: Finding({}), meters={"count": Counter})

    recording = analyze.listen([np.zeros((100, 2), np.float32)] * 3, 48_000, {"count": feature})

    assert recording.meters["count"].samples == 600
    assert recording.meters["count"].rate_hz == 48_000
