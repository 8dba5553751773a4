"""Which stems are wanted: whatever a form sends, it is something that can be asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundforge.web.stem_choice import StemChoice

ALL = StemChoice()


def test_all_stems_are_wanted_until_some_are_unchecked():
    fewer = ALL.changed({"_target": "stems[]", "stems": ["", "vocals"]})

    assert (ALL.has("vocals"), ALL.has("drums")) == (True, True)
    assert (fewer.has("vocals"), fewer.has("drums"), fewer.is_nothing) == (True, False, False)


def test_a_form_in_which_none_is_checked_is_not_one_without_stems():
    assert ALL.changed({"_target": "stems[]", "stems": [""]}).is_nothing
    assert not ALL.changed({"model": "best"}).is_nothing


def test_another_model_has_other_stems():
    fewer = ALL.changed({"_target": "stems[]", "stems": ["", "vocals"], "sample_rate": "source"})

    other = fewer.changed({"_target": "model", "stems": ["", "vocals"], "sample_rate": "source"})

    assert other == StemChoice(None, "source")


@pytest.mark.parametrize("stems", ["vocals", None, 7, {"vocals": 1}])
def test_what_is_no_list_means_all(stems):
    assert ALL.changed({"stems": stems}) == ALL


@given(st.dictionaries(st.sampled_from(["stems", "sample_rate", "_target"]), st.lists(st.text())))
def test_nothing_that_is_sent_is_kept_without_bounds(value):
    found = ALL.changed(value)

    assert len(found.stems or ()) <= 17
    assert max(map(len, found.stems or ()), default=0) <= 40
    assert found.sample_rate in ("model", "source")
