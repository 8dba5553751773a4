import pytest

from soundforge import errors

FAILS = [errors.NotFound, errors.Invalid, errors.Conflict, errors.Denied]
RETRIED = [errors.Unavailable, errors.Limited]


@pytest.mark.parametrize("kind", FAILS)
def test_what_cannot_succeed_is_not_retried(kind):
    assert not kind("some_code", "A sentence.").is_retryable


@pytest.mark.parametrize("kind", RETRIED)
def test_what_may_succeed_later_is_retried(kind):
    assert kind("some_code", "A sentence.").is_retryable


@pytest.mark.parametrize("kind", [*FAILS, *RETRIED])
def test_a_failure_carries_its_code_its_sentence_and_the_next_step(kind):
    error = kind("file_empty", "song.mp3 is empty.", "Send another file.")

    assert (error.code, error.message, error.next_step) == (
        "file_empty",
        "song.mp3 is empty.",
        "Send another file.",
    )
    assert str(error) == "song.mp3 is empty."


def test_a_limit_says_when_to_come_back():
    assert errors.Limited("slow_down", "Too many requests.", retry_after_s=7).retry_after_s == 7


def test_a_limit_is_caught_by_those_who_wait_for_the_unavailable():
    with pytest.raises(errors.Unavailable):
        raise errors.Limited("slow_down", "Too many requests.")
