"""What the verbs share: progress bars, failures in plain words, doors without a server."""

from __future__ import annotations

import asyncio
import os
import sys
import tomllib
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec, TypeVar

import click
from pydantic import ValidationError
from pydantic_settings import SettingsError
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from soundforge import errors
from soundforge.audio.engine import Engine
from soundforge.audio.models import Models
from soundforge.settings import TOML_NAME, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

P = ParamSpec("P")
T = TypeVar("T")

console = Console(stderr=True)
"""For what a person watches: progress, failures."""

results = Console()
"""For what was asked for; a pipe takes it."""


def command(work: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, T]:
    """Run a verb's coroutine; say its failures in plain words and exit with 1."""

    @wraps(work)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return asyncio.run(work(*args, **kwargs))
        except errors.SoundForgeError as error:
            fail(error.code, error.message, error.next_step)
        except KeyboardInterrupt:
            fail("interrupted", "Stopped.", status=130)

    return run


def fail(code: str, message: str, next_step: str = "", *, status: int = 1) -> NoReturn:
    """Say what went wrong on standard error, and exit."""
    sentence = " ".join(filter(None, (message, next_step)))
    console.print(
        f"[red]Error:[/] {escape(sentence)} [dim]({code})[/]", highlight=False, soft_wrap=True
    )
    raise SystemExit(status)


def load_settings(**changes: Any) -> Settings:
    """Read the settings; ``changes`` that are not None come from the command line."""
    given = {name: value for name, value in changes.items() if value is not None}
    if "data_dir" in given:
        os.environ["SFA_DATA_DIR"] = str(given["data_dir"])
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        if first["type"] == "extra_forbidden":
            _refuse(f"There is no setting {name}.")
        _refuse(f"Setting {name}: {first['msg']}.")
    except SettingsError as error:
        _refuse(f"The settings cannot be read: {error}.")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        _refuse(f"{TOML_NAME} in the data folder is not in TOML: {error}.")


def _refuse(sentence: str) -> NoReturn:
    fail("settings_invalid", sentence, "See docs/reference/settings.md.")


def local_models(settings: Settings) -> Models:
    """Return the models of this machine, without a server."""
    return Models(
        settings.weights_dir,
        Engine(),
        mirror=settings.models_mirror,
        precision=settings.precision,
        device=settings.device,
    )


class Bar:
    """One progress bar on standard error; silent when that is no terminal."""

    def __init__(self, progress: Progress, title: str) -> None:
        self._progress = progress
        self._task = progress.add_task(title, total=1.0)

    def __call__(self, fraction: float, message: str, detail: dict[str, Any] | None = None) -> None:
        """Move the bar."""
        del detail
        self._progress.update(self._task, completed=fraction, description=message)


@contextmanager
def progress_bar(title: str) -> Iterator[Bar]:
    """Show a bar with time taken and time left while the block runs."""
    columns = (
        TextColumn("{task.description}", markup=False),  # titles of songs are no markup
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not sys.stderr.isatty()) as progress:
        yield Bar(progress, title)


def note(sentence: str) -> None:
    """Tell the person beside the result, on standard error."""
    console.print(sentence, highlight=False, markup=False, soft_wrap=True)


def echo(text: str) -> None:
    """Print a result on standard output."""
    click.echo(text)
