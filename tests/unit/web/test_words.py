"""What people read: lengths, estimates, states."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundforge.web import words
from soundforge.web.studio import ErrorView, StageView
from tests.fakes.tracks import a_track, done, stages

BEGAN = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def separating(**values):
    return StageView("separate", "processing", "job-1", 43, **values)


@pytest.mark.parametrize(
    ("duration_s", "expected"),
    [(None, "–"), (0, "0:00"), (9.9, "0:09"), (220, "3:40"), (3725.4, "1:02:05"), (-3, "0:00")],  # noqa: RUF001 -- the dash is the answer
)
def test_a_clock_reads_as_on_a_player(duration_s, expected):
    assert words.clock(duration_s) == expected


@pytest.mark.parametrize(
    ("duration_s", "expected"),
    [
        (0.2, "0 s"),
        (59.6, "1 min"),
        (110, "1 min 50 s"),
        (3600, "1 h"),
        (3900, "1 h 5 min"),
    ],
)
def test_a_length_is_spoken_no_finer_than_it_matters(duration_s, expected):
    assert words.spoken(duration_s) == expected


@pytest.mark.parametrize(
    ("eta_s", "eta_error_s", "expected"),
    [
        (None, None, "Measuring how long it takes…"),
        (112, 19, "About 1 min 50 s left, give or take 20 s."),
        (33, 4.2, "About 35 s left, give or take 4 s."),
        (8.3, 0.4, "About 8 s left, give or take 1 s."),
        (0.1, None, "About 1 s left."),
        (5000, 700, "About 1 h 25 min left, give or take 12 min."),
    ],
)
def test_an_estimate_carries_its_error(eta_s, eta_error_s, expected):
    assert words.eta(separating(eta_s=eta_s, eta_error_s=eta_error_s)) == expected


@given(st.floats(0, 1e6), st.floats(0, 1e5))
def test_an_estimate_is_never_told_more_exactly_than_it_is_rounded(eta_s, eta_error_s):
    told = words.eta(separating(eta_s=eta_s, eta_error_s=eta_error_s))

    assert told.startswith("About ")
    assert not told.endswith("take 0 s.")


@pytest.mark.parametrize(
    ("position", "message", "expected"),
    [
        (1, "", "Waiting, next in line. Starts when a worker is free."),
        (2, "", "Waiting, 2nd in line. Starts when a worker is free."),
        (None, "spotify asks us to wait", "Waiting. Spotify asks us to wait."),
        (11, "retrying at 14:05.", "Waiting, 11th in line. Retrying at 14:05."),
    ],
)
def test_who_waits_is_told_the_place_and_why(position, message, expected):
    stage = StageView("separate", "queued", "job-1", queue_position=position, message=message)

    assert words.waiting(stage) == expected


@pytest.mark.parametrize(
    ("n", "expected"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (21, "21st"), (112, "112th")],
)
def test_ordinals(n, expected):
    assert words.ordinal(n) == expected


def test_a_finished_stage_says_how_long_it_took():
    stage = StageView(
        "download",
        "completed",
        "job-1",
        100,
        started_at=BEGAN,
        finished_at=BEGAN + timedelta(seconds=6),
    )

    assert words.stage_label(stage) == "Downloaded in 6 s"
    assert words.stage_mark(stage) == "done"


@pytest.mark.parametrize(
    ("status", "label", "mark"),
    [
        ("waiting", "Then separating", "wait"),
        ("queued", "Then separating", "wait"),
        ("processing", "Separating, 43%", "now"),
        ("failed", "Separation failed", "failed"),
        ("cancelled", "Separating cancelled", "wait"),
    ],
)
def test_a_stage_says_where_it_stands(status, label, mark):
    stage = StageView("separate", status, "job-1", 43)

    assert (words.stage_label(stage), words.stage_mark(stage)) == (label, mark)


def test_separation_is_the_one_to_watch_beside_the_analysis():
    track = a_track(
        "t",
        "T",
        state="working",
        stages=stages(separating(), StageView("analyze", "processing", "job-2", 90)),
    )

    stage = words.current(track)

    assert stage is not None
    assert stage.name == "separate"


def test_nothing_is_current_when_all_is_done():
    assert words.current(a_track("t", "T", stages=done())) is None


def test_a_failure_is_told_before_what_still_runs():
    failed = StageView("analyze", "failed", "job-2", error=ErrorView("x", "y"))
    track = a_track("t", "T", state="failed", stages=stages(separating(), failed))

    assert words.current(track) is failed
    assert words.badge(track) == ("Needs you", "bad", "warn")


@pytest.mark.parametrize(
    ("state", "stage", "expected"),
    [
        ("ready", None, ("Ready", "ok", "check")),
        ("empty", None, ("No stems yet", "", "info")),
        ("working", separating(), ("Separating", "now", "live")),
        (
            "queued",
            StageView("separate", "queued", "job-1", queue_position=2),
            ("2nd in line", "", "clock"),
        ),
        ("queued", StageView("separate", "queued", "job-1"), ("Waiting", "", "clock")),
        ("cancelled", StageView("separate", "cancelled", "job-1"), ("Cancelled", "", "x")),
    ],
)
def test_a_badge_has_a_word_and_an_icon(state, stage, expected):
    track = a_track("t", "T", state=state, stages=(stage,) if stage else ())

    assert words.badge(track) == expected


@pytest.mark.parametrize(
    ("size_bytes", "expected"),
    [
        (0, "0 B"),
        (950, "950 B"),
        (1_000, "1.0 kB"),
        (424_000, "424 kB"),
        (999_999, "1.0 MB"),
        (21_400_000, "21 MB"),
        (3_200_000_000, "3.2 GB"),
    ],
)
def test_sizes_are_decimal(size_bytes, expected):
    assert words.size(size_bytes) == expected


def test_a_link_has_a_recording_only_after_its_download():
    waiting = (StageView("download", "failed", "job-1"), StageView("separate", "waiting"))

    assert not words.has_recording(a_track("t", "T", stages=waiting))
    assert words.has_recording(a_track("t", "T", stages=()))
    assert words.is_busy(a_track("t", "T", stages=waiting), "separate")


@pytest.mark.parametrize(
    ("names", "expected"),
    [((), ""), (("a",), "a"), (("a", "b"), "a and b"), (("a", "b", "c"), "a, b and c")],
)
def test_names_are_listed_as_one_says_them(names, expected):
    assert words.listed(names) == expected
