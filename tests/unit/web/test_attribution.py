"""Whose work this stands on: the page, the descriptions, the file NOTICE and the packages agree."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from soundforge.audio import networks
from soundforge.web import attribution

ROOT = Path(__file__).parents[3]
NOTICE = " ".join((ROOT / "NOTICE").read_text().split())
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.mark.parametrize("name", networks.names())
def test_every_network_is_in_the_notice_with_its_authors_words(name, tmp_path):
    found = networks.info(tmp_path, name)

    assert found.label in NOTICE
    assert found.licence
    assert re.search(r"MIT|Apache|Creative Commons Attribution 4.0", found.licence)


@pytest.mark.parametrize("one", attribution.PARTS, ids=lambda one: one.name)
def test_what_lies_in_the_repository_is_in_the_notice(one):
    assert one.name in NOTICE
    assert one.licence in NOTICE
    assert re.search(rf"Copyright (\(c\) )?{re.escape(one.holder)}", NOTICE)


@pytest.mark.parametrize("one", attribution.PROGRAMS, ids=lambda one: one.name)
def test_programs_that_are_run_are_in_the_notice(one):
    assert re.search(rf"{re.escape(one.name)} \({re.escape(one.licence)}", NOTICE)


def test_nothing_in_the_notice_is_missing_on_the_page():
    vendored = re.findall(
        r"^assets/(?:vendor|fonts)/([\w-]+)", (ROOT / "NOTICE").read_text(), re.MULTILINE
    )
    named = {one.name.lower() for one in attribution.PARTS}

    assert {name.split("-")[0] for name in vendored} == named


def test_every_library_that_is_asked_for_is_listed_with_a_licence_that_fits_ours():
    listed = {one.name.split()[0].lower(): one for one in attribution.libraries()}
    asked = {re.match(r"[\w.-]+", line).group().lower() for line in PROJECT["dependencies"]}

    # What has no wheel for this machine is not here.
    assert asked - listed.keys() <= {"sphn", "python-stretch"}
    for one in listed.values():
        assert one.licence != "see its package", one
        assert not re.search(r"(?<!L)GPL|non.?commercial", one.licence, re.IGNORECASE), one
        assert one.what, one
        assert one.url.startswith("https://"), one


def test_the_licences_file_is_part_of_what_is_installed():
    assert {"LICENSE", "NOTICE"} <= set(PROJECT["license-files"])
