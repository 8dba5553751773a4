"""The weights on this machine: where they lie, whether they are whole. Standard library only.

Layout: ``<models_dir>/<model>/weights.npz`` and ``manifest.json`` beside it. The folder
appears in one rename, so it is there with both files or not at all.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import zipfile
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from soundforge import registry
from soundforge.engines import networks, separators
from soundforge.engines.networks import Network
from soundforge.engines.runtime import EngineError
from soundforge.engines.separators import Separator

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from soundforge.engines.wheel import WheelWeights

WEIGHTS_FILE: Final = "weights.npz"
MANIFEST_FILE: Final = "manifest.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What was installed, from what, and when (UTC, ISO 8601)."""

    model: str
    weights_hash: str
    sha256: str
    size_bytes: int
    source: str
    source_sha256: str
    converted_at: str


@dataclass(frozen=True, slots=True)
class Installed:
    """Weights that are there: the file to load and the identity of the model."""

    path: Path
    weights_hash: str
    manifest: Manifest


def descriptions() -> dict[str, Separator]:
    """Return every separation model by name."""
    return registry.entries(separators, "SEPARATOR", Separator)


def description(name: str) -> Separator:
    """Return one model.

    Raises:
        EngineError: ``model_unknown``.
    """
    known = descriptions()
    if name not in known:
        raise EngineError(
            "model_unknown",
            f"There is no separation model called {name[:80]}.",
            f"Choose from {', '.join(known)}.",
        )
    return known[name]


def fetchable(name: str) -> Separator | Network:
    """Return what can be fetched under ``name``: a separation model, or an analysis network.

    Raises:
        EngineError: ``model_unknown``.
    """
    return network_descriptions().get(name) or description(name)


def network_descriptions() -> dict[str, Network]:
    """Return every analysis network by name."""
    return registry.entries(networks, "NETWORK", Network)


def missing_networks(
    models_dir: Path, features: Iterable[str], best: Iterable[str] = ()
) -> tuple[Network, ...]:
    """Return the networks that ``features`` want and that are not in ``models_dir``.

    The larger ones are wanted for the features in ``best`` only.
    """
    usual = set(features)
    larger = usual & set(best)
    return tuple(
        network
        for name, network in network_descriptions().items()
        if (larger if network.is_for_best else usual) & set(network.features)
        and find(models_dir, name) is None
    )


def find(models_dir: Path, name: str) -> Installed | None:
    """Return the weights of a model when they are there and of the right size."""
    folder = models_dir / name
    try:
        manifest = Manifest(**json.loads((folder / MANIFEST_FILE).read_text()))
        size_bytes = (folder / WEIGHTS_FILE).stat().st_size
    except (OSError, ValueError, TypeError):
        return None
    if manifest.model != name or size_bytes != manifest.size_bytes:
        return None
    return Installed(folder / WEIGHTS_FILE, manifest.weights_hash, manifest)


def require(models_dir: Path, model: Separator) -> Installed:
    """Return the weights of a model that is to run.

    Raises:
        EngineError: ``model_not_available`` or ``model_not_installed``.
    """
    if not model.is_available:
        raise EngineError(
            "model_not_available", f"{model.label}: {model.unavailable_reason}", "Choose another."
        )
    if installed := find(models_dir, model.name):
        return installed
    raise EngineError(
        "model_not_installed",
        f"The weights of {model.label} are not on this machine.",
        f"Run: sfa models pull {model.name}",
    )


@contextlib.contextmanager
def damage_told(model: Separator) -> Iterator[None]:
    """Say it when the weights turn out to be damaged while they are read.

    Raises:
        EngineError: ``weights_hash_mismatch``.
    """
    try:
        yield
    except zipfile.BadZipFile as error:
        raise EngineError(
            "weights_hash_mismatch",
            f"The weights of {model.label} on this machine are damaged.",
            f"Run: sfa models remove {model.name}, then fetch or import them again.",
        ) from error


def weights_hash(wheel: WheelWeights) -> str:
    """Return the model's identity: a hash over the pinned files, the same on every machine."""
    members = "\n".join(f"{member.network} {member.sha256}" for member in wheel.members)
    return hashlib.sha256(members.encode()).hexdigest()


def is_whole(installed: Installed) -> bool:
    """Read the weights through and compare their hash."""
    return file_sha256(installed.path) == installed.manifest.sha256


def file_sha256(path: Path) -> str:
    """Return the hash of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest into ``folder``."""
    (folder / MANIFEST_FILE).write_text(json.dumps(asdict(manifest), indent=2) + "\n")


def remove(models_dir: Path, name: str) -> None:
    """Remove a model's weights; nothing happens when there are none.

    The folder is renamed first: a half-removed model is never seen.
    """
    with locked(models_dir, name):
        folder, doomed = models_dir / name, models_dir / f".{name}.removed"
        shutil.rmtree(doomed, ignore_errors=True)
        with contextlib.suppress(FileNotFoundError):
            folder.replace(doomed)
        shutil.rmtree(doomed, ignore_errors=True)


@contextlib.contextmanager
def locked(models_dir: Path, name: str) -> Iterator[None]:
    """Let one process at a time change a model; the lock ends with the process."""
    models_dir.mkdir(parents=True, exist_ok=True)
    with (models_dir / f".{name}.lock").open("a+b") as file:
        with contextlib.suppress(ImportError):  # Windows: the rename alone keeps it whole
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def sync_folder(folder: Path) -> None:
    """Make the names in ``folder`` durable, where the system can."""
    try:
        fd = os.open(folder, os.O_RDONLY)
    except OSError:  # Windows does not open folders
        return
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
