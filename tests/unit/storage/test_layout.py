from __future__ import annotations

import uuid
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundforge.storage import layout

ID = uuid.UUID("0f8fad5b-d9cb-469f-a165-70867728950e")
ROOT = Path("/data/sound forge")
HOSTILE = [
    "", ".", "..", "../x", "/etc/passwd", "a/b", "a\\b", "..\\x", "x\0y", "x\ny", "C:x", "~", "é",
    "vocals.flac", "-rf", "a" * 300, "%2e%2e%2f", "VOCALS", "vocals ", " vocals", "vocals\n", "٣",
]  # fmt: skip


def test_places_are_what_the_documentation_says():
    assert layout.recording(ID, "mp3") == f"downloads/{ID}/recording.mp3"
    assert layout.cover(ID, "image/jpeg") == f"downloads/{ID}/cover.jpg"
    assert layout.mix_peaks(ID) == f"downloads/{ID}/mix.peaks"
    assert layout.stems_partial(ID, 2) == f"stems/{ID}.partial-2"
    assert layout.stem_peaks(ID, "vocals") == f"stems/{ID}/vocals.peaks"
    assert layout.stem_chunk(ID, "vocals", 0) == f"stems/{ID}/vocals/00000.flac"
    assert layout.analysis_partial(ID, 1) == f"analysis/{ID}.partial-1"
    assert layout.analysis_features(ID) == f"analysis/{ID}/features.npz"
    assert layout.notes(ID) == f"analysis/{ID}/notes.mid"
    assert layout.note_list(ID) == f"analysis/{ID}/notes.json"
    assert layout.scratch("ab-12") == "tmp/ab-12"


@pytest.mark.parametrize(
    ("stage", "result", "attempt"),
    [
        ("download", None, f"tmp/{ID}-2"),
        ("separate", f"stems/{ID}", f"stems/{ID}.partial-2"),
        ("warp", f"stems/{ID}", f"stems/{ID}.partial-2"),
        ("analyze", f"analysis/{ID}", f"analysis/{ID}.partial-2"),
        ("transcribe", f"analysis/{ID}", f"analysis/{ID}.partial-2"),
    ],
)
def test_an_attempt_works_beside_the_place_of_its_result(stage, result, attempt):
    assert layout.result_dir(stage, ID) == result
    assert layout.attempt_dir(stage, ID, 2) == attempt


@pytest.mark.parametrize("word", HOSTILE)
def test_hostile_words_never_become_part_of_a_path(word: str):
    for make in (
        lambda: layout.stem_chunk(ID, word, 0),
        lambda: layout.recording(ID, word),
        lambda: layout.cover(ID, word),
        lambda: layout.recording_dir(word),
        lambda: layout.stems_dir(word),
        lambda: layout.check(word),
    ):
        with pytest.raises(ValueError, match=r"."):
            make()


@pytest.mark.parametrize("number", [-1, 10**9])
def test_numbers_out_of_range_are_refused(number: int):
    with pytest.raises(ValueError, match="not between"):
        layout.stem_chunk(ID, "vocals", number)
    with pytest.raises(ValueError, match="not between"):
        layout.stems_partial(ID, number)


@pytest.mark.parametrize(
    "relative",
    [
        "downloads/../../etc", "downloads//x", "/downloads/x", "other/x", "downloads/./x",
        "downloads/x\0", "downloads\\..\\x", "stems/..", "tmp/", "soundforge.toml", "downloads/c:x",
        "downloads/a\u202eb",
    ],
)  # fmt: skip
def test_check_refuses_whatever_could_lead_out(relative: str):
    with pytest.raises(ValueError, match="not a place"):
        layout.check(relative)


@given(st.text() | st.sampled_from(HOSTILE), st.integers())
def test_no_place_ever_leaves_the_root(word: str, number: int):
    makers = [
        lambda: layout.recording(word, "flac"),
        lambda: layout.recording(ID, word),
        lambda: layout.cover(ID, word),
        lambda: layout.stem_peaks(ID, word),
        lambda: layout.stem_chunk(ID, word, number),
        lambda: layout.stems_partial(ID, number),
        lambda: layout.analysis_partial(ID, number),
        lambda: layout.attempt_dir("download", ID, number),
        lambda: layout.scratch(word),
        lambda: layout.check(word),
        lambda: layout.check(f"stems/{word}"),
    ]

    for make in makers:
        try:
            relative = make()
        except ValueError:
            continue
        assert ".." not in PurePosixPath(relative).parts
        assert (ROOT / relative).is_relative_to(ROOT)
        assert (ROOT / relative) != ROOT
        assert layout.check(relative) == relative


def test_only_what_we_made_counts_as_ours():
    assert layout.is_ours(str(ID))
    assert layout.is_ours(f"{ID}.partial-3")
    assert not layout.is_ours("My precious mixes")
    assert not layout.is_ours(f"{ID}.bak")
    assert not layout.is_ours(f"{ID}\n")
