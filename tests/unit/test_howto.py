"""The examples of the how-to pages, run as they are written."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import numpy as np
import pytest

from soundforge.live.testing import PageDriver
from tests.fakes.library import library
from tests.fakes.studio import FakeStudio
from tests.fixtures.listening import listen

HOWTO = Path(__file__).parents[2] / "docs/howto"


def written(page, language):
    """Return the first piece of code in ``language`` on a how-to page."""
    text = (HOWTO / page).read_text(encoding="utf-8")
    found = re.search(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return found[1]


def loaded(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def test_the_page_shows_tracks_and_removes_one(tmp_path):
    module, html = tmp_path / "recent.py", tmp_path / "recent.html"
    module.write_text(written("add-a-page.md", "python"), encoding="utf-8")
    html.write_text(written("add-a-page.md", "html"), encoding="utf-8")
    page, studio = loaded(module).PAGE, FakeStudio(library())

    driver = await PageDriver.mount(page.make(lambda _: studio))
    before = driver.html()
    await driver.page.handle_event("remove", {"id": "salt"})

    assert page.path == "/recent"
    assert "Salt on the Wire" in before
    assert "Salt on the Wire" not in driver.html()


@pytest.mark.parametrize(("scale", "crest_db"), [(0.5, 3.01), (0.0, None)])
def test_the_feature_finds_how_far_a_sine_and_silence_stand_out(tmp_path, scale, crest_db):
    module = tmp_path / "crest.py"
    module.write_text(written("add-a-feature.md", "python"), encoding="utf-8")
    sine = scale * np.sin(2 * np.pi * 441 * np.arange(44_100) / 44_100)

    found = loaded(module).FEATURE.extract(listen([sine[:, None].astype(np.float32)]))

    assert found.value["crest_db"] == pytest.approx(crest_db, abs=0.01)
