"""The separation models as the server sees them: listed, fetched, checked, removed.

Nothing heavy is loaded here: descriptions are light, and weights are fetched and converted in
an engine process.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final

from soundforge import errors
from soundforge.audio import licences
from soundforge.audio.model_info import ModelInfo, info_of
from soundforge.audio.pull import Fetch, Pull, note_failure
from soundforge.engines import precision_record, weights
from soundforge.engines.precision_record import ENOUGH_DB

if TYPE_CHECKING:
    from pathlib import Path

    from soundforge.audio.engine import Engine
    from soundforge.audio.report import Report
    from soundforge.engines.separators import Separator

__all__ = ["ENOUGH_DB", "ModelInfo", "Models"]

logger = logging.getLogger(__name__)

_PULL_TIMEOUT_S: Final = 3600.0


class Models:
    """The models in one folder.

    Args:
        models_dir: Where weights lie; made when the first ones come.
        engine: How engine processes are started.
        mirror: Address of a folder that holds the published weight files; empty for their
            own places.
        precision: What the networks compute in: ``auto``, ``f32`` or ``f16``.
        device: What computes them, where a family can choose: ``auto``, ``cpu``, ``cuda`` or
            ``mps``.
    """

    def __init__(
        self,
        models_dir: Path,
        engine: Engine,
        *,
        mirror: str = "",
        precision: str = "auto",
        device: str = "auto",
    ) -> None:
        self.models_dir = models_dir.absolute()
        self.precision = precision
        self.device = device
        self._engine = engine
        self.mirror = mirror
        self._known = weights.descriptions()
        self._pulls: dict[str, Pull] = {}

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
        is_available = name in self._known and self._known[name].is_available
        return is_available and weights.find(self.models_dir, name) is not None

    def weights_hash(self, name: str) -> str | None:
        """Return the identity of a model's weights; None when they are not here."""
        found = weights.find(self.models_dir, name) if name in self._known else None
        return found.weights_hash if found else None

    def default(self) -> str | None:
        """Return the best model that can run now; None when there is none."""
        return next((model.name for model in self.list() if model.installed), None)

    def first_choice(self) -> str:
        """Return the model for who does not choose: the best that is here, or comes by itself.

        Hundreds of megabytes are fetched again only for who asks for a model by its name.
        """
        return self.default() or next(m.name for m in self.list() if m.is_fetched_by_itself)

    def require_at_hand(self, name: str) -> ModelInfo:
        """Return a model that can run now, or whose first use may fetch its weights.

        That is so where the licence leaves no doubt, and where it was accepted on this machine
        before: weights that were cut short or removed come again.

        Raises:
            errors.Invalid, errors.Conflict: As `require`.
        """
        info = self.info(name)
        return info if info.is_at_hand else self.require(name)

    def half_precision_db(self, name: str, machine: str = "") -> dict[str, float] | None:
        """Return how near half precision comes, per stem, in dB; None when not measured here.

        Args:
            name: The model.
            machine: What computed, as `graphics.Graphics` tells it; empty for the CPU.
        """
        installed = weights.find(self.models_dir, name) if self.installed(name) else None
        if installed is None:
            return None
        found = precision_record.find(installed.path.parent, installed.weights_hash, machine)
        return dict(found.stems_db) if found else None

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
        others = [
            m.name
            for m in self.list()
            if m.name != name and (m.installed or m.is_fetched_by_itself)
        ]
        instead = f"choose another model: {', '.join(others)}." if others else ""
        if model.is_available:
            raise errors.Conflict(
                "model_not_installed",
                f"The weights of {model.label} are not on this machine.",
                f"Run: sfa models pull {name} (or: sfa models import {name} FILE)"
                + (f", or {instead}" if instead else "."),
            )
        raise errors.Conflict(
            "model_not_installed",
            f"{model.label} is not installed. {model.unavailable_reason}",
            instead.capitalize(),
        )

    async def pull(
        self,
        name: str,
        *,
        report: Report | None = None,
        is_licence_accepted: bool = False,
    ) -> ModelInfo:
        """Fetch, check and convert a model's weights; calls for the same model share one pull.

        Cancelling one caller does not disturb the others; the last one to leave ends the pull.

        Args:
            name: The model.
            report: Told the progress.
            is_licence_accepted: Whether a person was shown the licence and went on; needed once
                for models that are not fetched by themselves, and kept.

        Raises:
            errors.Invalid: ``model_unknown``, ``weights_hash_mismatch``, ``weights_invalid``.
            errors.Conflict: ``model_not_available``, ``licence_not_accepted``,
                ``fetch_cancelled``.
            errors.Unavailable: ``weights_unreachable``, or the engine failed.
        """
        pull = await self._shared_pull(name, is_licence_accepted=is_licence_accepted)
        await pull.follow(report)
        return self.info(name)

    async def start_pull(self, name: str, *, is_licence_accepted: bool = False) -> None:
        """Begin to fetch a model's weights and leave: `fetch_of` tells how far it is.

        Raises:
            errors.Invalid, errors.Conflict: As `pull`, where that is known at once.
        """
        pull = await self._shared_pull(name, is_licence_accepted=is_licence_accepted)
        pull.is_kept = True

    def fetch_of(self, name: str) -> Fetch | None:
        """Return how far the fetch of a model is, or why the last one failed; None for neither."""
        pull = self._pulls.get(name)
        return pull.state if pull else None

    def is_fetching(self, name: str) -> bool:
        """Tell whether a model is being fetched now."""
        found = self.fetch_of(name)
        return found is not None and found.error is None

    async def cancel_pull(self, name: str) -> None:
        """End the fetch of a model for all who wait for it; nothing happens when there is none.

        What was downloaded is kept where a later fetch can go on from it.
        """
        if (pull := self._pulls.get(name)) and not pull.task.done():
            await pull.cancel()

    async def _shared_pull(self, name: str, *, is_licence_accepted: bool) -> Pull:
        model = self._available(name)
        if is_licence_accepted:
            await asyncio.to_thread(licences.accept, self.models_dir, model)
        elif self._info(model).needs_consent and not self.installed(name):
            raise licences.not_accepted(model)
        if ending := self._pulls.get(name):
            await ending.settled()
        pull = self._pulls.get(name)
        if pull is None or pull.task.done():
            pull = self._pulls[name] = Pull()
            pull.task = asyncio.create_task(self._run_pull(name, {"mirror": self.mirror}, pull))
            pull.task.add_done_callback(lambda _: note_failure(name, pull))
        return pull

    async def import_file(
        self,
        name: str,
        path: Path,
        *,
        report: Report | None = None,
        accepts_unknown: bool = False,
    ) -> ModelInfo:
        """Install a model's weights from a file or folder on this machine, without the network.

        Args:
            name: The model.
            path: The file; for a model of several networks, a folder with theirs.
            report: Told the progress.
            accepts_unknown: Whether to take files that are not the published ones (trained by
                the user): their hash is not compared, all else is checked.

        Raises:
            errors.Invalid, errors.Conflict: As `pull`.
        """
        model = self._available(name)
        pull = Pull()
        absolute = await asyncio.to_thread(path.absolute)
        file = {"file": str(absolute), "accepts_unknown": accepts_unknown}
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
        is_accepted = model.is_fetched_by_itself or licences.is_accepted(self.models_dir, model)
        return info_of(model, is_installed=self.installed(model.name), is_accepted=is_accepted)

    async def _run_pull(self, name: str, more: dict[str, Any], pull: Pull) -> None:
        value = await self._engine.run(
            "pull_model",
            {"model": name, "models_dir": str(self.models_dir), **more},
            job=f"pull-{name}",
            timeout_s=_PULL_TIMEOUT_S,
            on_progress=pull.tell,
        )
        if value["is_new"]:
            logger.info("model installed", extra={"model": name})
