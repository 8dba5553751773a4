"""The life of a job, walked at random."""

import pytest
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from hypothesis.strategies import sampled_from

from soundforge import errors
from soundforge.library import lifecycle
from soundforge.library.lifecycle import UNFINISHED, Status

ORDER = {
    Status.QUEUED: 0,
    Status.DOWNLOADING: 1,
    Status.PROCESSING: 2,
    Status.COMPLETED: 3,
    Status.FAILED: 3,
    Status.CANCELLED: 3,
}


class Life(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.status, self.attempt = Status.QUEUED, 1
        self.seen = [(1, Status.QUEUED)]

    @rule(to=sampled_from(Status))
    def advance(self, to):
        before = self.status
        try:
            self.status = lifecycle.advance(self.status, to)
        except errors.Conflict:
            never_ran = (before, to) == (Status.QUEUED, Status.COMPLETED)
            assert never_ran or ORDER[to] <= ORDER[before]
        else:
            assert ORDER[self.status] > ORDER[before]
            self.seen.append((self.attempt, self.status))

    @rule()
    def begin_attempt(self):
        before = self.attempt
        try:
            self.status, self.attempt = lifecycle.begin_attempt(self.status, self.attempt)
        except errors.Conflict:
            assert self.status is Status.COMPLETED
        else:
            assert (self.status, self.attempt) == (Status.QUEUED, before + 1)
            self.seen.append((self.attempt, self.status))

    @invariant()
    def attempts_only_grow_and_within_one_it_only_moves_forward(self):
        places = [(attempt, ORDER[status]) for attempt, status in self.seen]
        assert places == sorted(set(places))

    @invariant()
    def what_has_completed_stays_so(self):
        completed = [status for _, status in self.seen].count(Status.COMPLETED)
        assert completed <= 1
        assert not completed or self.status is Status.COMPLETED

    @invariant()
    def it_is_final_running_or_queued_and_only_one_of_them(self):
        kinds = [self.status.is_final, self.status.is_running, self.status is Status.QUEUED]
        assert kinds.count(True) == 1
        assert (self.status in UNFINISHED) is not self.status.is_final


TestLife = Life.TestCase


@pytest.mark.parametrize("stage", ["download", "separate", "analyze", "transcribe", "warp"])
def test_a_stage_excludes_itself_and_a_download_what_reads_the_recording(stage):
    everything = ["download", "separate", "analyze", "transcribe", "warp"]
    excluded = {
        "download": {"download", "separate", "analyze"},
        "separate": {"separate", "download"},
        "analyze": {"analyze", "download"},
    }

    found = {other for other in everything if lifecycle.excludes(stage, other)}

    assert found == excluded.get(stage, {stage})
