import json
import uuid

import pytest

from soundforge import events

TRACK, JOB = uuid.uuid4(), uuid.uuid4()


def job_changed(status):
    return events.JobChanged(JOB, TRACK, "separate", status, 50, 2)


def heard(event):
    return {topic: name for topic, name, _ in event.announcements()}


@pytest.mark.parametrize(
    ("status", "name"),
    [
        ("queued", "job:progress"),
        ("downloading", "job:progress"),
        ("processing", "job:progress"),
        ("completed", "job:completed"),
        ("failed", "job:failed"),
        ("cancelled", "job:failed"),
    ],
)
def test_a_jobs_followers_are_told_by_its_status(status, name):
    assert events.job_event(status) == name


def test_a_jobs_change_is_told_to_its_track_and_the_library():
    assert heard(job_changed("processing")) == {
        f"tracks:{TRACK}": "pipeline:progress",
        "tracks": "track_changed",
    }


def test_a_change_of_a_batchs_job_is_told_to_who_looks_at_batches_too():
    batch_id = uuid.uuid4()
    changed = events.JobChanged(JOB, TRACK, "separate", "queued", 0, 1, 0.0, batch_id)

    assert changed.announcements()[2:] == events.BatchChanged(batch_id).announcements()
    assert heard(events.BatchChanged(batch_id)) == {"batches": "batch_changed"}


def test_a_tracks_change_is_told_to_its_followers_and_the_library():
    assert heard(events.TrackChanged(TRACK)) == {
        f"tracks:{TRACK}": "track_changed",
        "tracks": "track_changed",
    }


def test_the_end_of_the_pipeline_is_told_to_the_track():
    assert heard(events.PipelineCompleted(TRACK)) == {f"tracks:{TRACK}": "pipeline:complete"}


@pytest.mark.parametrize(
    "event",
    [job_changed("failed"), events.TrackChanged(TRACK), events.PipelineCompleted(TRACK)],
)
def test_only_ids_words_and_numbers_travel(event):
    for _, _, data in event.announcements():
        assert all(isinstance(value, str | int | float) for value in data.values())
        assert len(json.dumps(data)) < 500


def test_a_move_of_the_queue_is_told_to_all_who_wait_in_it():
    assert heard(events.QueueMoved()) == {"queue": "queue_moved"}
