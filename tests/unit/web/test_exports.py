"""What can be taken along of a song: only what there is, as it sounds on the desk."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundforge.web import exports
from soundforge.web.exports import Names
from soundforge.web.track_view import SongUrls

URLS = SongUrls(
    chords="/chords",
    beats="/beats",
    sections="/sections",
    cues="/cues",
    loops="/loops",
    energy="/energy",
    tempo="/tempo",
    analysis="/analysis.json",
    curves="/features.npz",
)


def rows(version=None, names=Names(), notes=None, **urls):  # noqa: B008 -- it never changes
    track = SimpleNamespace(urls=dataclasses.replace(URLS, **urls), notes=notes)
    return {row.name: row.files for row in exports.rows(track, version, names)}


def queries(files):
    return [
        {name: value for name, (value,) in parse_qs(urlsplit(file.url).query).items()}
        for file in files
    ]


def test_there_is_a_row_for_each_thing_and_a_link_for_each_format():
    found = rows(notes=SimpleNamespace(rows_url="/notes"))

    assert {name: [file.label for file in files] for name, files in found.items()} == {
        "Chords": ["Text", "CSV", "Labels", "JSON"],
        "Beats and bars": ["CSV", "Labels", "JSON"],
        "Parts": ["CSV", "Labels", "JSON"],
        "Cue points": ["CSV", "Labels", "JSON"],
        "Loops": ["CSV", "Labels", "JSON"],
        "Energy curve": ["CSV", "JSON"],
        "Tempo curve": ["CSV", "JSON"],
        "Notes": ["CSV", "JSON"],
        "Whole analysis": ["JSON", "NPZ"],
    }
    said = [file.said for files in found.values() for file in files]
    assert len(set(said)) == len(said)
    assert [file.is_kept for file in found["Parts"]] == [True, True, False]


def test_what_was_not_found_has_no_row():
    found = rows(chords="", sections="", energy="", tempo="", analysis="", curves="")

    assert list(found) == ["Beats and bars", "Cue points", "Loops"]


def test_chords_are_named_as_one_chose():
    files = rows(names=Names("simple", -3))["Chords"]

    assert queries(files) == [
        {"format": kind, "labels": "simple", "transpose": "-3"}
        for kind in ("txt", "csv", "labels", "json")
    ]


def test_files_are_of_the_version_on_the_desk():
    found = rows(SimpleNamespace(job_id="v1"), notes=SimpleNamespace(rows_url="/notes"))

    moved = [found[name] for name in found if name != "Whole analysis"]
    assert all(query["version"] == "v1" for files in moved for query in queries(files))
    assert [file.url for file in found["Whole analysis"]] == ["/analysis.json", "/features.npz"]


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ({"labels": "simple", "transpose": "2"}, Names("simple", 2)),
        ({"labels": "full", "transpose": "-12"}, Names("full", -12)),
        ({"transpose": "99"}, Names("full", 12)),
        ({"labels": "all", "transpose": "--1"}, Names()),
        ({}, Names()),
    ],
)
def test_the_form_says_how_chords_are_named(value, names):
    assert Names("simple", 5).changed(value) == names


@given(st.text())
def test_whatever_is_sent_the_names_make_sense(text):
    names = Names().changed({"labels": text, "transpose": text})

    assert names.labels in ("simple", "full")
    assert -12 <= names.transpose <= 12
