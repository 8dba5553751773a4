import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundforge import errors
from soundforge.audio.engine import Engine
from soundforge.audio.models import Models
from soundforge.library.lifecycle import PIPELINE
from soundforge.pipeline import plans
from soundforge.pipeline.plans import Separation


@pytest.fixture
def models(tmp_path):
    return Models(tmp_path, Engine())


def test_nothing_asked_means_the_whole_way():
    assert plans.check([]) == PIPELINE


@given(st.lists(st.sampled_from(PIPELINE), min_size=1))
def test_stages_come_once_each_and_in_their_order(asked):
    found = plans.check(asked)

    assert set(found) == set(asked)
    assert list(found) == sorted(found, key=PIPELINE.index)


@pytest.mark.parametrize("word", ["", "Separate", "download ", "x" * 1000])
def test_another_word_is_refused_with_the_words_that_are_not(word):
    with pytest.raises(errors.Invalid) as refusal:
        plans.check(["analyze", word])

    assert refusal.value.code == "unknown_stage"
    assert "download, separate, analyze" in refusal.value.next_step
    assert len(refusal.value.message) < 100


def test_separation_and_analysis_start_side_by_side(models):
    found = plans.after_recording(models, PIPELINE)

    assert [plan.stage for plan in found] == ["separate", "analyze"]
    assert found[0].model == "spleeter_2stems"  # the only one that can be fetched and run here
    assert all(plan.then == () for plan in found)


def test_a_stage_that_was_not_asked_for_does_not_follow(models):
    assert plans.after_recording(models, ("download",)) == ()


def test_an_unknown_model_is_refused(models):
    with pytest.raises(errors.Invalid) as refusal:
        plans.separate(models, Separation("no_such_model"))

    assert refusal.value.code == "model_unknown"


def test_a_plan_survives_its_row():
    plan = plans.analyze(["tempo", "key"])

    assert plans.Plan(**plan.as_json()) == plan


@pytest.mark.parametrize(
    ("stems", "options"),
    [
        ((), {}),
        (("vocals",), {"stems": ["vocals"]}),
        (("accompaniment",), {"stems": ["accompaniment"]}),
        (("accompaniment", "vocals", "vocals"), {}),
    ],
)
def test_a_part_of_the_stems_is_an_option_and_all_of_them_are_none(models, stems, options):
    assert plans.separate(models, Separation("instant", stems)).options == {
        "preset": "instant",
        **options,
    }


def test_a_stem_that_the_model_does_not_make_is_refused_with_those_it_makes(models):
    with pytest.raises(errors.Invalid) as refusal:
        plans.separate(models, Separation("spleeter_2stems", ("vocals", "drums" * 20)))

    assert refusal.value.code == "stem_unknown"
    assert "vocals, accompaniment" in refusal.value.next_step
    assert len(refusal.value.message) < 100


def test_the_recordings_own_rate_is_an_option(models):
    found = plans.after_recording(models, ("separate",), Separation(sample_rate="source"))

    assert [plan.options for plan in found] == [{"sample_rate": "source"}]
