"""How far a batch is, told from its jobs."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundforge.library.lifecycle import Status
from soundforge.library.throughput import Kind
from soundforge.pipeline import batch_standing
from soundforge.pipeline.batch_standing import STATES, Piece

SEPARATE = Kind("separate", "spleeter_2stems")
ANALYZE = Kind("analyze")
STATUSES = st.sampled_from(list(Status))


def piece(status, fraction=0.0, *, track=None, kind=SEPARATE, planned=(), **more):
    if status == "completed":
        fraction = 1.0
    fields = {"duration_s": 180.0, **more}
    track_id = track or uuid.uuid4()
    return Piece(track_id, kind, Status(status), fraction, planned=tuple(planned), **fields)


def counts(*pieces):
    found = batch_standing.of(pieces, {}).counts
    return {state: n for state, n in found.items() if n}


def test_each_track_counts_once_by_what_it_does():
    assert counts(
        piece("completed"),
        piece("failed", 0.3),
        piece("processing", 0.5),
        piece("queued"),
        piece("cancelled"),
    ) == {"done": 1, "failed": 1, "running": 1, "waiting": 1, "cancelled": 1}


@pytest.mark.parametrize(
    ("statuses", "state"),
    [
        (("completed", "completed"), "done"),
        (("completed", "queued"), "running"),
        (("completed", "failed"), "failed"),
        (("failed", "queued"), "waiting"),
        (("failed", "processing"), "running"),
        (("cancelled", "completed"), "cancelled"),
        (("cancelled", "failed"), "failed"),
    ],
)
def test_a_track_is_done_when_all_of_it_is(statuses, state):
    track = uuid.uuid4()
    separate, analyze = statuses

    assert counts(piece(separate, track=track), piece(analyze, track=track, kind=ANALYZE)) == {
        state: 1
    }


def test_only_the_newest_job_of_a_stage_counts():
    track = uuid.uuid4()

    assert counts(piece("failed", track=track), piece("completed", track=track)) == {"done": 1}


def test_what_is_planned_counts_as_not_begun():
    found = batch_standing.of(
        [piece("downloading", 0.5, kind=Kind("download"), planned=[SEPARATE, ANALYZE])], {}
    )

    assert found.percent == int(100 * 0.5 / 3)


def test_failed_tracks_count_as_ended_in_percent():
    found = batch_standing.of([piece("failed", 0.2), piece("queued")], {})

    assert found.percent == 50


def test_the_time_left_is_the_audio_left_at_the_measured_speed():
    found = batch_standing.of(
        [piece("completed"), piece("processing", 0.5), piece("queued")], {SEPARATE: [9.0] * 3}
    )

    assert found.eta is not None
    assert found.eta.left_s == pytest.approx((90 + 180) / 9)


def test_songs_that_are_separated_side_by_side_take_half_as_long():
    found = batch_standing.of([piece("processing"), piece("processing")], {SEPARATE: [9.0]})

    assert found.eta.left_s == pytest.approx(20)


def test_without_a_past_the_songs_at_work_are_measured():
    found = batch_standing.of(
        [piece("processing", 0.25, elapsed_s=45.0), piece("queued")], {SEPARATE: []}
    )

    assert found.eta.left_s == pytest.approx(135 + 180)


def test_separations_of_unknown_speed_are_no_estimate():
    found = batch_standing.of(
        [piece("downloading", 0.5, kind=Kind("download"), planned=[SEPARATE, ANALYZE])],
        {ANALYZE: [20.0]},
    )

    assert found.eta is None


def test_a_batch_without_tracks_is_at_its_end():
    found = batch_standing.of([], {})

    assert (found.total, found.percent, found.eta, found.is_ended) == (0, 100, None, True)


def test_the_rates_that_matter_are_those_of_what_is_before_it():
    download = Kind("download")
    pieces = [piece("queued", kind=download, planned=[SEPARATE]), piece("completed", kind=ANALYZE)]

    assert batch_standing.kinds(pieces) == {download, SEPARATE}


def test_what_an_earlier_attempt_did_is_not_taken_for_speed():
    resumed = piece("processing", 0.75, elapsed_s=45.0, began=0.5)

    found = batch_standing.of([resumed, piece("queued")], {SEPARATE: []})

    assert found.eta.left_s == pytest.approx(45 + 180)


@given(st.lists(st.tuples(st.integers(0, 3), STATUSES, st.floats(0, 1)), max_size=12))
def test_every_track_is_in_one_state_and_percent_is_100_only_at_the_end(each):
    tracks = [uuid.uuid4() for _ in range(4)]
    pieces = [piece(status, fraction, track=tracks[n]) for n, status, fraction in each]

    found = batch_standing.of(pieces, {SEPARATE: [8.0]})

    assert found.total == len({one.track_id for one in pieces})
    assert set(found.counts) == set(STATES)
    assert 0 <= found.percent <= 100
    assert (found.percent == 100) == found.is_ended
    assert found.eta is None or found.eta.left_s >= 0
