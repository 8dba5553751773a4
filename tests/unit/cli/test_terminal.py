"""What the verbs print of other people's words."""

import io
import sys

import pytest
from rich.console import Console

from soundforge.cli import terminal


@pytest.mark.parametrize("title", ["Song [live]", "Song [/x]", "[red]Song"])
def test_a_bar_shows_brackets_as_they_are(monkeypatch, title):
    shown = io.StringIO()
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(terminal, "console", Console(file=shown, force_terminal=True, width=120))

    with terminal.progress_bar("Sending") as bar:
        bar(0.5, title)

    assert title in shown.getvalue()
