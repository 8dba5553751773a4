"""Engines: computation in processes, from a request to its answer."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from soundforge import errors
from soundforge.audio.engine_process import EngineProcess, WasGoneError
from soundforge.engines import protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from soundforge.audio.engine_process import Answer, OnProgress
    from soundforge.audio.warm import WarmEngines

logger = logging.getLogger(__name__)

_SENTENCE_CHARS: Final = 500


@dataclass(frozen=True, slots=True)
class Engine:
    """How engines are started on this machine.

    Args:
        environment: Variables added to the engine's environment, such as thread limits.
        warm: Where processes wait for the next work of their kind; None ends each with its work.
    """

    environment: Mapping[str, str] = field(default_factory=dict)
    warm: WarmEngines | None = None

    async def run(
        self,
        name: str,
        params: dict[str, Any],
        *,
        job: str,
        timeout_s: float,
        on_progress: OnProgress | None = None,
        kept_as: str = "",
    ) -> dict[str, Any]:
        """Run ``soundforge.engines.<name>`` in a process that does nothing else; return its result.

        Cancelling this coroutine, or an exception out of ``on_progress``, ends the process
        and its whole group. So does the end of this process, even by ``SIGKILL``.

        Args:
            name: Which engine.
            params: Its work.
            job: Whose work this is, for the log.
            timeout_s: How long it may take.
            on_progress: Told how far it is.
            kept_as: What the process holds that the next work can use, a model's name. It may
                find one of these ready, and leaves one. Empty: the process ends with the work.

        Raises:
            errors.Invalid: The engine says that the work can never succeed.
            errors.Unavailable: The engine crashed (``engine_crashed``), hung past
                ``timeout_s`` (``engine_timeout``), spoke garbage (``engine_garbage``) or asks
                to be retried (a code of its own).
        """
        request = protocol.Request(job, params)
        keeps = self.warm is not None and self.warm.keeps and bool(kept_as)
        answer = None
        if keeps and (process := self._warm.take((name, kept_as))):
            try:
                answer = await self._ask(process, request, timeout_s, on_progress, kept_as)
            except WasGoneError:
                logger.info("warm engine had ended", extra={"engine": name})
        if answer is None:
            process = await EngineProcess.start(name, self.environment)
            answer = await self._ask(
                process, request, timeout_s, on_progress, kept_as if keeps else ""
            )
        if isinstance(answer, protocol.Error):
            raise _translate(answer)
        return answer.value

    def held_bytes(self, name: str, kept_as: str) -> int:
        """Return how much memory a process that waits for such work holds; 0 if none does."""
        return self.warm.held_bytes((name, kept_as)) if self.warm else 0

    async def make_room(self, name: str, kept_as: str) -> bool:
        """End the processes that wait for other work than this; tell whether there were any."""
        return self.warm is not None and await self.warm.let_go(but=(name, kept_as))

    @property
    def _warm(self) -> WarmEngines:
        assert self.warm is not None
        return self.warm

    async def _ask(
        self,
        process: EngineProcess,
        request: protocol.Request,
        timeout_s: float,
        on_progress: OnProgress | None,
        kept_as: str,
    ) -> Answer:
        is_last = not (kept_as and self._warm.is_good_for_more(process))
        answer = None
        try:
            answer = await process.ask(
                request, timeout_s=timeout_s, on_progress=on_progress, is_last=is_last
            )
        finally:
            # Only after a result is it known in which state the process is.
            if is_last or not isinstance(answer, protocol.Result):
                await asyncio.shield(process.end())
            else:
                self._warm.put((process.name, kept_as), process)
        return answer


def _translate(error: protocol.Error) -> errors.SoundForgeError:
    kind = errors.Unavailable if error.retryable else errors.Invalid
    return kind(error.code, _printable(error.message), _printable(error.next_step))


def _printable(sentence: str) -> str:
    """Return ``sentence`` fit for a database and a page: a file's name in it may hold anything."""
    text = sentence[:_SENTENCE_CHARS].encode(errors="replace").decode()
    return "".join(character if character.isprintable() else "?" for character in text)
