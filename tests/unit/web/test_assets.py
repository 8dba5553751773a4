"""Names with fingerprints, and addresses that follow them."""

from __future__ import annotations

import json

import pytest

from soundforge.web import assets


@pytest.fixture
def sources(tmp_path):
    root = tmp_path / "assets"
    for name, text in {
        "css/base.css": '@font-face { src: url("../fonts/a.woff2") } a { b: url("data:x") }',
        "fonts/a.woff2": "font",
        "js/hooks/player.js": 'import "soundforge/player/engine.js";',
        "vendor/phoenix_live_view/phoenix_live_view.esm.js": "export {};",
        "vendor/lock.json": "{}",
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_every_file_is_copied_under_a_name_that_carries_its_hash(sources, tmp_path):
    manifest = assets.build(sources, tmp_path / "static")

    name = manifest["js/hooks/player.js"]
    assert name.startswith("js/hooks/player-")
    assert name.endswith(".js")
    assert (tmp_path / "static" / name).read_text() == 'import "soundforge/player/engine.js";'


def test_what_is_not_for_browsers_stays_behind(sources, tmp_path):
    assert "vendor/lock.json" not in assets.build(sources, tmp_path / "static")


def test_a_changed_file_has_another_name(sources, tmp_path):
    before = assets.build(sources, tmp_path / "static")["fonts/a.woff2"]
    (sources / "fonts/a.woff2").write_text("another font")

    after = assets.build(sources, tmp_path / "static")["fonts/a.woff2"]

    assert before != after


def test_style_sheets_name_the_fingerprinted_files(sources, tmp_path):
    manifest = assets.build(sources, tmp_path / "static")

    css = (tmp_path / "static" / manifest["css/base.css"]).read_text()
    assert f'url("/static/{manifest["fonts/a.woff2"]}")' in css
    assert 'url("data:x")' in css


def test_the_manifest_is_written(sources, tmp_path):
    manifest = assets.build(sources, tmp_path / "static")

    assert json.loads((tmp_path / "static/manifest.json").read_text()) == manifest


def test_the_import_map_covers_our_modules_and_the_vendored_ones():
    assets.ensure()

    imports = assets.script_imports()

    assert {"phoenix", "phoenix_live_view", "soundforge/app.js"} <= set(imports)
    assert all(address.startswith("/static/") for address in imports.values())


def test_an_unknown_asset_is_an_error():
    with pytest.raises(KeyError):
        assets.static_path("css/nothing.css")


def test_every_import_of_our_scripts_is_in_the_import_map():
    imports = assets.script_imports()

    for script in (assets.SOURCES / "js").rglob("*.js"):
        for line in script.read_text().splitlines():
            if line.startswith("import ") and " from " in line:
                assert line.split('"')[1] in imports, f"{script.name}: {line}"
