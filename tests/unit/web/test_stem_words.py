"""What people read about the stems of a separation."""

from __future__ import annotations

import pytest

from soundforge.web import stem_words
from soundforge.web.model_view import ModelView
from soundforge.web.studio import SeparationView
from tests.fakes.tracks import stems


@pytest.mark.parametrize(
    ("null_test_db", "said"),
    [
        (134.2, "The stems add up to the mix: what none of them holds is 134 dB below it."),
        (60.0, "The stems add up to the mix: what none of them holds is 60 dB below it."),
        (12.4, "What no stem holds, the residual, is 12 dB below the mix."),
        (0.0, "What no stem holds, the residual, is 0 dB below the mix."),
        (-3.2, "The stems do not add up to the mix: the residual is 3 dB louder than it."),
    ],
)
def test_how_well_stems_add_up_is_said_with_its_figure(null_test_db, said):
    assert stem_words.about(SeparationView("/mix", null_test_db)).endswith(said)


@pytest.mark.parametrize(
    ("gain_db", "said"),
    [
        (None, "a common gain keeps them from clipping."),
        (0.0, "The other files are as loud."),
        (-0.04, "The other files are as loud."),
        (-1.26, "all 1.3 dB quieter, so that none of them clips."),
    ],
)
def test_how_much_quieter_the_files_are_than_the_stems_came_out_is_said(gain_db, said):
    assert stem_words.gain(SeparationView("/mix", gain_db=gain_db)).endswith(said)


def test_stems_of_a_version_claim_no_gain_of_the_separation():
    assert "common gain" in stem_words.gain(None)


def test_the_model_that_made_the_stems_is_named_before_their_size():
    made = stems(10.0)
    models = [ModelView("htdemucs", "HT Demucs", "Four stems.", (), is_installed=True)]
    size = stem_words.heading(None, models, made)

    def heading(model: str) -> str:
        return stem_words.heading(SeparationView("/mix", model=model), models, made)

    assert heading("htdemucs") == f"HT Demucs, {size}"
    assert heading("of_before") == f"of_before, {size}"
    assert heading("") == size


@pytest.mark.parametrize(
    ("separation", "said"),
    [
        (SeparationView("/mix", has_card=True), "A graphics card made them."),
        (
            SeparationView("/mix", fallback="cuda gave up: its memory is too small"),
            "The processor made them, not a graphics card: cuda gave up: its memory is too small.",
        ),
        (SeparationView("/mix", precision="f16"), "They were computed in half precision."),
        (SeparationView("/mix", precision="f32"), "They were computed in full precision."),
        (SeparationView("/mix", segment_s=22), "in pieces of 22 s, shorter than its own."),
    ],
)
def test_what_made_the_stems_is_said_where_it_was_not_the_processor_alone(separation, said):
    assert stem_words.about(separation).endswith(said)


@pytest.mark.parametrize(
    ("mended", "said"), [(1, "1 sample that is no number"), (9, "9 samples that are no number")]
)
def test_holes_in_a_recording_are_told(mended, said):
    assert said in stem_words.about(SeparationView("/mix", 80.0, mended_samples=mended))
    assert "no number" not in stem_words.about(SeparationView("/mix", 80.0))


def test_the_processor_is_not_worth_a_word():
    assert "processor" not in stem_words.about(SeparationView("/mix", 80.0))
