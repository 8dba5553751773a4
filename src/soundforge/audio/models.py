"""The separation models as the server sees them: listed, fetched, checked, removed.

Nothing heavy is loaded here: descriptions are light, and weights are fetched and converted in
an engine process.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from soundforge import errors
from soundforge.engines import weights

if TYPE_CHECKING:
    from pathlib import Path

    from soundforge.audio.engine import Engine
    from soundforge.engines import protocol
    from soundforge.engines.separators import Separator

logger = logging.getLogger(__name__)

_PULL_TIMEOUT_S: Final = 3600.0


class ReportWithDetail(Protocol):
    """Told how far a long piece of work is; ``detail`` are numbers a page may show."""

    def __call__(self, fraction: float, message: str, detail: dict[str, Any], /) -> None:
        """Take note; must not raise."""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """One model, for people and programs.

    Args:
        name: Stable name.
        label: Name for people.
        description: One sentence.
        stems: What it makes, in order.
        installed: Whether its weights are here and it can run now.
        available: Whether this release can run it at all.
        reason: Why it cannot; empty when it can.
        licence: What is known about the weights' licence.
        licence_url: Where that is stated.
        size_bytes: Size of the download; None when not known.
        quality: Rank; higher is better.
        sample_rate_hz: Rate of the stems.
    """

    name: str
    label: str
    description: str
    stems: tuple[str, ...]
    installed: bool
    available: bool
    reason: str
    licence: str
    licence_url: str
    size_bytes: int | None
    quality: int
    sample_rate_hz: int


class Models:
    """The models in one folder.

    Args:
        models_dir: Where weights lie; made when the first ones come.
        engine: How engine processes are started.
    """

    def __init__(self, models_dir: Path, engine: Engine) -> None:
        self.models_dir = models_dir.absolute()
        self._engine = engine
        self._known = weights.descriptions()
        self._pulls: dict[str, _Pull] = {}

    def list(self) -> tuple[ModelInfo, ...]:
        """Return every model, the best first."""
        best_first = sorted(self._known.values(), key=lambda model: -model.quality)
        return tuple(self._info(model) for model in best_first)

    def info(self, name: str) -> ModelInfo:
        """Return one model.

        Raises:
            errors.Invalid: ``model_unknown``.
        """
        return self._info(self._model(name))

    def installed(self, name: str) -> bool:
        """Tell whether the model can run now; False for a name we do not know."""
        model = self._known.get(name)
        if model is None or not model.is_available:
            return False
        return weights.find(self.models_dir, name) is not None

    def weights_hash(self, name: str) -> str | None:
        """Return the identity of a model's weights; None when they are not here."""
        found = weights.find(self.models_dir, name) if name in self._known else None
        return found.weights_hash if found else None

    def default(self) -> str | None:
        """Return the best model that can run now; None when there is none."""
        return next((model.name for model in self.list() if model.installed), None)

    def require(self, name: str) -> ModelInfo:
        """Return a model that can run now.

        Raises:
            errors.Invalid: ``model_unknown``.
            errors.Conflict: ``model_not_installed``: its weights are not here, or this release
                cannot run it; the sentence says which and the next step what to do.
        """
        model = self._model(name)
        if self.installed(name):
            return self._info(model)
        if model.is_available:
            raise errors.Conflict(
                "model_not_installed",
                f"The weights of {model.label} are not on this machine.",
                f"Run: sfa models pull {name}",
            )
        instead = ", ".join(m.name for m in self.list() if m.available)
        raise errors.Conflict(
            "model_not_installed",
            f"{model.label} is not installed. {model.unavailable_reason}",
            f"Choose another model: {instead}.",
        )

    async def pull(self, name: str, *, report: ReportWithDetail | None = None) -> ModelInfo:
        """Fetch, check and convert a model's weights; calls for the same model share one pull.

        Cancelling one caller does not disturb the others; the last one to leave ends the pull.

        Raises:
            errors.Invalid: ``model_unknown``, ``weights_hash_mismatch``, ``weights_invalid``.
            errors.Conflict: ``model_not_available``.
            errors.Unavailable: ``weights_unreachable``, or the engine failed.
        """
        model = self._available(name)
        pull = self._pulls.get(name)
        if pull is None or pull.task.done():
            pull = self._pulls[name] = _Pull()
            pull.task = asyncio.create_task(self._run_pull(name, {}, pull))
        await pull.follow(report)
        return self._info(model)

    async def import_file(
        self, name: str, path: Path, *, report: ReportWithDetail | None = None
    ) -> ModelInfo:
        """Install a model's weights from a file on this machine, without the network.

        Raises:
            errors.Invalid, errors.Conflict: As `pull`.
        """
        model = self._available(name)
        pull = _Pull()
        file = {"file": await asyncio.to_thread(_absolute, path)}
        pull.task = asyncio.create_task(self._run_pull(name, file, pull))
        await pull.follow(report)
        return self._info(model)

    async def verify(self, name: str) -> bool:
        """Read a model's weights through and compare their hash with the manifest's.

        Raises:
            errors.Invalid: ``model_unknown``.
            errors.Conflict: ``model_not_installed``.
        """
        self.require(name)
        installed = weights.find(self.models_dir, name)
        return installed is not None and await asyncio.to_thread(weights.is_whole, installed)

    async def remove(self, name: str) -> None:
        """Remove a model's weights; nothing happens when there are none.

        Raises:
            errors.Invalid: ``model_unknown``.
        """
        self._model(name)
        await asyncio.to_thread(weights.remove, self.models_dir, name)

    def _model(self, name: str) -> Separator:
        if model := self._known.get(name):
            return model
        raise errors.Invalid(
            "model_unknown",
            f"There is no separation model called {name[:80]}.",
            f"Choose from {', '.join(self._known)}.",
        )

    def _available(self, name: str) -> Separator:
        model = self._model(name)
        if model.is_available:
            return model
        raise errors.Conflict(
            "model_not_available", f"{model.label}: {model.unavailable_reason}", "Choose another."
        )

    def _info(self, model: Separator) -> ModelInfo:
        return ModelInfo(
            name=model.name,
            label=model.label,
            description=model.description,
            stems=model.stems,
            installed=self.installed(model.name),
            available=model.is_available,
            reason=model.unavailable_reason,
            licence=model.licence.text,
            licence_url=model.licence.url,
            size_bytes=model.size_bytes,
            quality=model.quality,
            sample_rate_hz=model.sample_rate_hz,
        )

    async def _run_pull(self, name: str, more: dict[str, Any], pull: _Pull) -> None:
        value = await self._engine.run(
            "pull_model",
            {"model": name, "models_dir": str(self.models_dir), **more},
            job=f"pull-{name}",
            timeout_s=_PULL_TIMEOUT_S,
            on_progress=pull.tell,
        )
        if value["is_new"]:
            logger.info("model installed", extra={"model": name})


def _absolute(path: Path) -> str:
    return str(path.absolute())


class _Pull:
    """One running pull and those who wait for it."""

    task: asyncio.Task[None]

    def __init__(self) -> None:
        self._followers: list[ReportWithDetail | None] = []

    def tell(self, progress: protocol.Progress) -> None:
        for report in self._followers:
            if report is not None:
                report(progress.fraction, progress.message, progress.detail)

    async def follow(self, report: ReportWithDetail | None) -> None:
        self._followers.append(report)
        try:
            await asyncio.shield(self.task)
        except asyncio.CancelledError:
            if len(self._followers) == 1 and not self.task.done():
                self.task.cancel()
                await asyncio.gather(self.task, return_exceptions=True)
            raise
        finally:
            self._followers.remove(report)
