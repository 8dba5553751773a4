import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from soundforge.pipeline import eta

seconds = st.floats(0, 10_000)
rates = st.lists(st.floats(0, 1000), max_size=8)


def test_nothing_known_is_no_estimate():
    assert eta.estimate(rates=[], duration_s=180, elapsed_s=3, fraction=0.0) is None


def test_before_the_run_says_anything_the_past_does():
    found = eta.estimate(rates=[3.0, 3.0, 3.0], duration_s=180, elapsed_s=10, fraction=0.0)

    assert found is not None
    assert found.left_s == 50


def test_one_earlier_run_is_less_sure_than_three_alike():
    one = eta.estimate(rates=[3.0], duration_s=180, elapsed_s=0, fraction=0.0)
    three = eta.estimate(rates=[3.0] * 3, duration_s=180, elapsed_s=0, fraction=0.0)

    assert one.error_s > three.error_s


def test_without_a_past_the_run_itself_is_measured():
    found = eta.estimate(rates=[], duration_s=180, elapsed_s=30, fraction=0.25)

    assert found.left_s == 90


def test_the_run_outweighs_the_past_towards_its_end():
    early = eta.estimate(rates=[10.0], duration_s=100, elapsed_s=10, fraction=0.1)
    late = eta.estimate(rates=[10.0], duration_s=100, elapsed_s=90, fraction=0.9)

    assert early.left_s < 50  # the past says 10 s in all, the run 100 s
    assert 0 < late.left_s <= 10


def test_a_machine_that_is_slower_today_is_believed_from_a_quarter_on():
    found = eta.estimate(rates=[4.0] * 3, duration_s=60, elapsed_s=10, fraction=0.25)

    truth_s = 30  # 40 s in all at today's pace; by the past alone 11 s would be left
    assert found.left_s == pytest.approx(20.6, abs=0.1)
    assert found.left_s + found.error_s >= truth_s


def test_between_two_steps_the_time_left_only_falls():
    told = [
        eta.estimate(rates=[], duration_s=60, elapsed_s=10, fraction=0.25, since_s=since_s).left_s
        for since_s in range(11)
    ]

    assert told == [30 - since_s for since_s in range(11)]


def test_a_step_that_takes_too_long_makes_it_unsure_not_short():
    found = eta.estimate(rates=[], duration_s=60, elapsed_s=10, fraction=0.25, since_s=500)

    assert found.left_s == 15
    assert found.error_s == 485


def test_what_an_earlier_attempt_did_is_not_taken_for_speed():
    found = eta.estimate(rates=[], duration_s=180, elapsed_s=10, fraction=0.7, began=0.6)

    assert found.left_s == pytest.approx(30)


def test_the_past_speaks_of_the_part_that_this_run_has_before_it():
    found = eta.estimate(rates=[3.0], duration_s=180, elapsed_s=0, fraction=0.5, began=0.5)

    assert found.left_s == pytest.approx(30)


@given(rates, seconds, seconds, st.floats(0, 1), seconds)
@example([1.0, 2.0], 5e-324, 0.0, 0.0, 0.0)
def test_time_left_is_never_negative_and_never_surer_than_it_can_be(
    known, duration_s, elapsed_s, fraction, since_s
):
    found = eta.estimate(
        rates=known,
        duration_s=duration_s,
        elapsed_s=elapsed_s,
        fraction=fraction,
        since_s=since_s,
    )

    assert found is None or (found.left_s >= 0 and found.error_s >= 0.08 * found.left_s * 0.999)
