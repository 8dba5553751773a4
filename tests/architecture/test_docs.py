"""The documents say what the code says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from soundforge.pipeline import STAGES

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
DECISIONS = sorted((DOCS / "decisions").glob("[0-9]*.md"))
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]
SECTIONS = ["Context", "Decision", "Consequences", "Alternatives"]


def test_the_reference_of_settings_commands_and_routes_is_what_the_code_says():
    script = ROOT / "scripts" / "build_reference.py"

    done = subprocess.run(
        [sys.executable, str(script), "--check"], capture_output=True, text=True, timeout=120
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_follows_the_template(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    number = path.name[:4]

    assert re.match(rf"# {number}[ .:]", lines[0]), lines[0]
    headings = [line.removeprefix("## ") for line in lines if line.startswith("## ")]
    assert headings == SECTIONS


def test_every_decision_has_a_number_of_its_own():
    numbers = [path.name[:4] for path in DECISIONS]

    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_link_to_a_file_of_ours_leads_somewhere(page):
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    broken = [
        target for target in targets if "://" not in target and not (page.parent / target).exists()
    ]

    assert broken == []


@pytest.mark.parametrize("command", ["make run", "make test"])
def test_the_readme_names_the_two_commands_of_a_newcomer(command):
    assert command in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_tells_the_stages_in_their_order():
    told = re.findall(r"^\d\. \*\*(\w+)\*\*", (ROOT / "README.md").read_text(), re.MULTILINE)

    assert told == [stage.name for stage in STAGES]
