"""What is told beside a finding that is not sure."""

from __future__ import annotations

from soundforge.audio import sureness


def counted(confidence):
    return {"relation": "half", "bpm": 60.0, "confidence": confidence}


def test_half_and_double_are_told_only_where_one_in_two_would_count_so():
    tempo = {"alternatives": [counted(0.49), {**counted(0.5), "bpm": 240.0}]}

    assert sureness.other_counts(tempo) == (240.0,)


def test_without_a_tempo_there_is_no_other_one():
    assert sureness.other_counts({}) == ()
    assert sureness.other_counts({"alternatives": []}) == ()
