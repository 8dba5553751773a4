"""What a person reads of an analysis: every number with how sure it is, nothing made up."""

from __future__ import annotations

import pytest

from soundforge.cli import findings

KEY = {
    "name": "A# major",
    "camelot": "6B",
    "open_key": "11d",
    "confidence": 0.21,
    "runner_up": {"name": "G minor", "camelot": "6A", "open_key": "11m"},
    "segments": [],
}
TEMPO = {
    "bpm": 120.04,
    "confidence": 0.94,
    "alternatives": [
        {"relation": "half", "bpm": 60.02, "confidence": 0.7},
        {"relation": "double", "bpm": 240.08, "confidence": 0.2},
    ],
    "drift": 0.004,
    "curve": [],
}
BEATS = {
    "beats_s": [0.0, 0.5, 1.0, 1.5],
    "downbeats_s": [0.0, 1.5],
    "beats_per_bar": 3,
    "bar_confidence": 0.81,
}


def chord(start_s, end_s, label):
    return {
        "start_s": start_s,
        "end_s": end_s,
        "label": label,
        "simple_label": label,
        "confidence": 0.9,
    }


FEATURES = {
    "beats": BEATS,
    "chords": {
        "segments": [chord(0, 3, "A#:maj"), chord(3, 4, "F:maj"), chord(4, 6, "D#:maj")],
        "confidence": 0.9,
        "engine": "chroma",
    },
    "cues": {"cue_points": [{"time_s": 64.25, "label": "Drop"}]},
    "energy": {"rms": 0.1},
    "key": KEY,
    "loops": {
        "loops": [{"start_s": 16.0, "end_s": 24.5, "bars": 4, "beats": 16, "score": 0.914}],
    },
    "loudness": {"integrated_lufs": -14.23, "range_lu": None, "true_peak_dbtp": -0.75},
    "mfcc": {"mean": [0.0] * 13},
    "sections": {
        "sections": [
            {"start_s": 0.0, "label": "A", "name": "intro"},
            {"start_s": 16.02, "label": "B", "name": None},
        ]
    },
    "spectral": {"centroid_hz": {"mean": 1500.4}, "rolloff_hz": {"mean": 3200.2}},
    "tempo": TEMPO,
}


def test_a_whole_analysis_is_a_page_to_read():
    assert findings.text(FEATURES).splitlines() == [
        "Tempo       120.0 BPM, 94% sure, or counted as 60.0",
        "Metre       3 beats to the bar, 81% sure",
        "Key         Bb major (Camelot 6B, Open Key 11d), clear: 0.21 ahead of G minor",
        "Chords      mostly Bb Eb F (fast engine, 90% sure)",
        "Loudness    -14.2 LUFS, true peak -0.8 dBTP",
        "Level       0.100 RMS (-20.0 dBFS)",
        "Spectrum    centroid 1500 Hz, 85% of it below 3200 Hz",
        "Sections    0:00.00  A intro",
        "            0:16.02  B",
        "Cues        1:04.25  Drop",
        "Loops       0:16.00  to 0:24.50, 4 bars, 91% even",
        "Numbers     mfcc: with --json",
    ]


def test_only_what_was_asked_for_is_told():
    assert findings.text({"tempo": TEMPO}).count("\n") == 0


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"bpm": None, "confidence": 0.0, "alternatives": []}, "no pulse found"),
        ({"confidence": 0.12, "alternatives": []}, "120.0 BPM, a guess, 12% sure"),
        (
            {"alternatives": [], "drift": 0.062, "curve": [{"at_s": 4.0, "bpm": 118.0}]},
            "120.0 BPM, 94% sure, drifts by 6%",
        ),
    ],
)
def test_a_tempo_that_is_not_sure_is_not_told_as_if_it_were(changes, told):
    assert findings.tempo({**TEMPO, **changes}) == told


@pytest.mark.parametrize(
    "changes", [{"bar_confidence": 0.1}, {"downbeats_s": [], "beats_per_bar": None}]
)
def test_a_metre_that_is_not_clear_is_not_told(changes):
    assert findings.metre({**BEATS, **changes}) == "not clear enough to say"


def test_a_key_that_hardly_leads_is_called_close():
    assert "close: 0.02 ahead of G minor" in findings.key({**KEY, "confidence": 0.02})


def test_a_song_in_two_keys_tells_when():
    turns = [
        {"start_s": 0.0, "name": "C major", "camelot": "8B"},
        {"start_s": 62.0, "name": "C# major", "camelot": "3B"},
    ]

    lines = findings.text({"key": {**KEY, "segments": turns}}).splitlines()

    assert [line.strip() for line in lines[1:]] == [
        "0:00.00  C major (8B)",
        "1:02.00  Db major (3B)",
    ]


def test_silence_has_words_and_no_numbers():
    silent = {
        "beats": {"beats_s": [], "downbeats_s": [], "beats_per_bar": None, "bar_confidence": 0.0},
        "chords": {"segments": [], "confidence": 0.0, "engine": "chroma"},
        "cues": {"cue_points": []},
        "energy": {"rms": 0.0},
        "key": {"name": None, "confidence": 0.0, "runner_up": None, "segments": []},
        "loops": {"loops": []},
        "loudness": {"integrated_lufs": None, "range_lu": None, "true_peak_dbtp": None},
        "sections": {"sections": []},
        "spectral": {"centroid_hz": {"mean": None}, "rolloff_hz": {"mean": None}},
        "tempo": {"bpm": None, "confidence": 0.0, "alternatives": [], "drift": None, "curve": []},
    }

    told = findings.text(silent)

    assert not any(sign.isdigit() for sign in told)
    assert len(told.splitlines()) == len(silent)
