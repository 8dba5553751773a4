"""``sfa models``: list, fetch, import, check and remove separation models."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click
from rich.table import Table

from soundforge import errors
from soundforge.cli import terminal


@click.group()
def models() -> None:
    """Separation models: what there is, and what is installed."""


@models.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@terminal.command
async def list_(*, as_json: bool) -> None:
    """List every model."""
    known = terminal.local_models(terminal.load_settings()).list()
    if as_json:
        terminal.echo(json.dumps([asdict(model) for model in known], indent=2))
        return
    table = Table("Model", "Stems", "State", "Download", "Licence")
    for model in known:
        state = "installed" if model.installed else "not installed"
        size = f"{model.size_bytes / 1e6:.0f} MB" if model.size_bytes else "?"
        table.add_row(
            model.name,
            ", ".join(model.stems),
            state if model.available else "not in this release",
            size,
            model.licence_url,
        )
    terminal.results.print(table)


@models.command()
@click.argument("name")
@click.option("--accept-licence", "is_accepted", is_flag=True, help="Do not ask about the licence.")
@terminal.command
async def pull(name: str, *, is_accepted: bool) -> None:
    """Fetch a model's weights, check them and put them in place.

    Where the licence of the weights is in doubt it is shown first, and asked about.
    """
    known = terminal.local_models(terminal.load_settings())
    model = known.info(name)
    if model.needs_consent and model.available and not (model.installed or is_accepted):
        terminal.console.print(f"{model.label}: {model.licence} {model.licence_url}")
        is_accepted = sys.stdin.isatty() and click.confirm("Fetch these weights?", err=True)
    with terminal.progress_bar(f"Fetching {name}") as bar:
        model = await known.pull(name, report=bar, is_licence_accepted=is_accepted)
    terminal.echo(f"{model.name} is installed. Licence: {model.licence} {model.licence_url}")


@models.command("import")
@click.argument("name")
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--unknown",
    "accepts_unknown",
    is_flag=True,
    help="Also take weights that are not the published ones, such as your own.",
)
@terminal.command
async def import_(name: str, file: Path, *, accepts_unknown: bool) -> None:
    """Install a model's weights from FILE, without the network.

    FILE is a folder for models of several networks.
    """
    known = terminal.local_models(terminal.load_settings())
    with terminal.progress_bar(f"Importing {name}") as bar:
        await known.import_file(name, file, report=bar, accepts_unknown=accepts_unknown)
    terminal.echo(f"{name} is installed.")


@models.command()
@click.argument("name")
@terminal.command
async def verify(name: str) -> None:
    """Read a model's weights through and compare their hash."""
    known = terminal.local_models(terminal.load_settings())
    if not await known.verify(name):
        raise errors.Invalid(
            "weights_hash_mismatch",
            f"The weights of {name} are not what was installed.",
            f"Run: sfa models remove {name} && sfa models pull {name}",
        )
    terminal.echo(f"{name} is whole.")


@models.command()
@click.argument("name")
@terminal.command
async def remove(name: str) -> None:
    """Remove a model's weights."""
    await terminal.local_models(terminal.load_settings()).remove(name)
    terminal.echo(f"{name} is removed.")
