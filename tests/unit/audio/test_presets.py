"""A preset is a model at hand, and says when it is not the one it stands for."""

import pytest

from soundforge.audio import presets
from soundforge.audio.engine import Engine
from soundforge.audio.models import Models


class Installed(Models):
    """Models of which some are here."""

    here: frozenset[str] = frozenset()

    def installed(self, name):
        return name in self.here


@pytest.fixture
def models(tmp_path):
    return Installed(tmp_path, Engine())


@pytest.mark.parametrize(
    ("wanted", "here", "model", "stands_in"),
    [
        ("instant", {"htdemucs_ft", "htdemucs"}, "spleeter_2stems", False),
        ("balanced", {"htdemucs_ft", "htdemucs"}, "htdemucs", False),
        ("balanced", {"htdemucs_ft"}, "htdemucs_ft", True),
        ("best", {"htdemucs_ft", "htdemucs"}, "htdemucs_ft", False),
        ("best", {"htdemucs"}, "htdemucs", True),
        ("best", set(), "spleeter_2stems", True),
    ],
)
def test_a_preset_is_the_first_of_its_models_that_is_at_hand(
    models, wanted, here, model, stands_in
):
    models.here = frozenset(here)

    choice = presets.choose(models, wanted)

    assert (choice.model, choice.preset, bool(choice.note)) == (model, wanted, stands_in)


def test_what_stands_in_is_said_in_a_sentence(models):
    note = presets.choose(models, "best").note

    assert note == (
        "Best means Hybrid Transformer Demucs, fine-tuned, which is not installed; "
        "Spleeter, 2 stems stands in."
    )


@pytest.mark.parametrize("name", ["htdemucs", "nothing_we_know", ""])
def test_a_models_name_is_left_alone(models, name):
    assert presets.choose(models, name) == presets.Choice(name)


@pytest.mark.parametrize("here", [{"htdemucs"}, set()])
def test_no_wish_is_the_best_at_hand(models, here):
    models.here = frozenset(here)

    assert presets.choose(models, None).model == (models.default() or "spleeter_2stems")


def test_every_preset_names_models_that_exist_and_hides_none(models):
    names = {model.name for model in models.list()}

    for preset in presets.PRESETS:
        assert preset.models[-1] == "spleeter_2stems"  # comes by itself
        assert set(preset.models) <= names
        assert preset.name not in names
