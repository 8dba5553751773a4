"""The page that names everybody."""

from __future__ import annotations

from soundforge import __version__
from soundforge.live.testing import PageDriver
from soundforge.web import attribution
from soundforge.web.pages.about import PAGE, AboutPage
from tests.fakes.library import library
from tests.fakes.models import MODELS
from tests.fakes.studio import FakeStudio


async def test_it_names_the_version_and_every_work_it_stands_on():
    html = (await PageDriver.mount(AboutPage(lambda _: FakeStudio(library())))).html()

    assert f"Sound Forge Alchemy {__version__}" in html
    named = [*attribution.PARTS, *attribution.PROGRAMS, *attribution.libraries()]
    for said in ("BeatNet", *(model.label for model in MODELS), *(one.name for one in named)):
        assert said in html
    for one in named:
        assert one.licence in html


async def test_every_page_leads_to_it():
    html = (await PageDriver.mount(AboutPage(lambda _: FakeStudio()))).html()

    assert PAGE.path == "/about"
    assert '<a href="/about"' in html
    assert 'aria-current="page">About and licences' in html
