import pytest

from soundforge import events


def test_a_changed_track_is_announced_to_the_list_and_to_its_own_page():
    announced = events.TrackChanged("t1").announcements()

    assert announced == [
        ("tracks", "track_changed", {"id": "t1"}),
        ("tracks:t1", "track_changed", {"id": "t1"}),
    ]


def job(status):
    return events.JobChanged("j1", "t1", "separate", status, 40, 1)


@pytest.mark.parametrize(
    ("status", "event"),
    [
        ("queued", "job:progress"),
        ("processing", "job:progress"),
        ("completed", "job:completed"),
        ("failed", "job:failed"),
        ("cancelled", "job:failed"),
    ],
)
def test_a_changed_job_is_announced_on_its_topic_by_how_it_stands(status, event):
    announced = job(status).announcements()

    assert ("jobs:j1", event) in [(topic, name) for topic, name, _ in announced]


def test_an_announcement_carries_ids_and_numbers_only():
    for _, _, data in job("processing").announcements():
        assert all(
            isinstance(value, (str, int, float)) and len(str(value)) < 40 for value in data.values()
        )
