"""The page about the API."""

from __future__ import annotations

import re

from soundforge.web import router
from soundforge.web.openapi import operations


async def test_every_route_is_there_with_an_example(api):
    page = await api.get("/api/v1/docs")

    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    for path, method, operation in operations(router.make().openapi()):
        assert f'id="{operation["operationId"]}"' in page.text
        assert f'<span class="method {method}">' in page.text
        assert path in page.text
    assert page.text.count("<pre") == page.text.count('class="method ')
    assert "http://127.0.0.1:4000/api/v1/tracks" in page.text


async def test_it_needs_nothing_from_elsewhere_and_no_inline_script(api):
    page = (await api.get("/api/v1/docs")).text

    assert re.findall(r'(?:src|href)="(?:https?:)?//[^"]*"', page) == []
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    assert "style=" not in page
    for address in set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page)):
        assert (await api.get(address)).status_code == 200


async def test_every_link_within_the_page_leads_somewhere(api):
    page = (await api.get("/api/v1/docs")).text

    targets = set(re.findall(r'href="#([^"]+)"', page))
    assert targets <= set(re.findall(r'id="([^"]+)"', page))
    assert len(targets) > 10
