"""The shape of the tree: small files, a test for each module, nothing of one machine."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "soundforge"
TESTS = ROOT / "tests"
MAX_LINES = 300

# Modules that no test names, and folders of such modules, by the tests that run them.
HELD_BY = {
    "app.py": "faults",
    "audio/_keeper.py": "integration/audio/test_program.py",
    "cli/": "integration/cli/test_commands.py",
    "engines/_echo.py": "integration/audio/test_engine.py",
    "engines/by_hand/": "integration/engines/test_one_shot.py",
    "engines/demucs_torch.py": "parity/test_demucs_torch.py",
    "engines/durable.py": "integration/engines/test_separate.py",
    "engines/formats/ffmpeg_pipe.py": "integration/engines/formats/test_aac.py",
    "engines/hearing.py": "integration/engines/test_media.py",
    "engines/reader.py": "unit/engines/test_decode.py",
    "engines/separators/": "unit/audio/test_models.py",
    "engines/stem_track.py": "unit/engines/test_stem_writer.py",
    "engines/wheel.py": "integration/audio/test_networks.py",
    "identity.py": "faults",
    "jobs/": "integration/jobs",
    "library/": "integration/library",
    "live/": "integration/live",
    "pipeline/": "integration/pipeline",
    "providers/spotify/": "integration/providers/spotify",
    "storage/durable.py": "unit/storage/test_local.py",
    "web/": "integration/web",
}

MODULES = sorted(
    path.relative_to(SOURCE)
    for path in SOURCE.rglob("*.py")
    if path.name not in ("__init__.py", "__main__.py") and "migrations" not in path.parts
)


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def imported_names(source: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


IMPORTED_BY_TESTS = {name for path in TESTS.rglob("*.py") for name in imported_names(path)}


def has_twin(module: Path) -> bool:
    """Whether a test has the module's place and name: ``audio/engine`` in ``…/audio/test_engine``."""
    return any(TESTS.glob(f"*/{module.parent.as_posix()}/test_{module.stem.strip('_')}.py"))


def is_named_by_a_test(module: Path) -> bool:
    return ".".join(("soundforge", *module.with_suffix("").parts)) in IMPORTED_BY_TESTS


def test_there_are_modules_to_look_at():
    assert len(MODULES) > 50


def test_a_file_holds_one_idea_so_it_is_short():
    lines = {str(m): (SOURCE / m).read_text(encoding="utf-8").count("\n") for m in MODULES}

    assert {module: n for module, n in lines.items() if n > MAX_LINES} == {}


def is_held_elsewhere(module: Path) -> bool:
    path = module.as_posix()
    return any(path == held or (held.endswith("/") and path.startswith(held)) for held in HELD_BY)


def test_every_module_has_a_twin_among_the_tests_is_named_by_one_or_held_by_one():
    untested = [m for m in MODULES if not has_twin(m) and not is_named_by_a_test(m)]

    assert [str(module) for module in untested if not is_held_elsewhere(module)] == []


@pytest.mark.parametrize("held", sorted(HELD_BY))
def test_what_is_held_elsewhere_exists(held):
    assert (SOURCE / held).exists()


@pytest.mark.parametrize("place", sorted(set(HELD_BY.values())))
def test_what_holds_the_other_modules_exists(place):
    assert (TESTS / place).exists()


def test_no_file_names_a_path_of_one_machine():
    of_one_machine = re.compile(r"(?<![\w.~-])/(?:work|root|farm|home/\w+|Users/\w+)/")
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in tracked_files()
        if path.suffix not in (".png", ".woff2", ".svg", ".lock")
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if of_one_machine.search(line)
    ]

    assert found == []


def test_the_map_of_the_engines_names_what_is_there():
    engines = SOURCE / "engines"
    told = ast.get_docstring(ast.parse((engines / "__init__.py").read_text(encoding="utf-8")))
    named = re.findall(r"(?<!`)`(\w+)`(?!`)", told or "")
    files = {path.stem for path in engines.iterdir()}

    assert len(named) > 30
    assert set(named) <= files
