import importlib
import itertools

import pytest

from soundforge import registry

_numbers = itertools.count()


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """Return a function that makes a package of the given files and imports it."""

    def make(**sources):
        name = f"shelf_{next(_numbers)}"  # a new name each time: imports are remembered
        package = tmp_path / name
        package.mkdir()
        (package / "__init__.py").touch()
        for module, source in sources.items():
            (package / f"{module}.py").write_text(source)
        monkeypatch.syspath_prepend(tmp_path)
        return importlib.import_module(name)

    return make


def test_one_file_is_one_entry_in_the_order_of_their_names(shelf):
    package = shelf(tempo="FEATURE = 'bpm'", key="FEATURE = 'A minor'")

    assert list(registry.entries(package, "FEATURE", str).items()) == [
        ("key", "A minor"),
        ("tempo", "bpm"),
    ]


def test_an_empty_folder_offers_nothing(shelf):
    assert registry.entries(shelf(), "FEATURE", str) == {}


def test_a_private_file_is_not_even_imported(shelf):
    package = shelf(_shared="raise AssertionError", tempo="FEATURE = 'bpm'")

    assert list(registry.entries(package, "FEATURE", str)) == ["tempo"]


@pytest.mark.parametrize("source", ["", "FEATURE = 120", "feature = 'bpm'"])
def test_a_file_without_its_entry_is_named(shelf, source):
    package = shelf(key=source)

    with pytest.raises(TypeError, match=r"shelf_\d+\.key must define FEATURE: str"):
        registry.entries(package, "FEATURE", str)
