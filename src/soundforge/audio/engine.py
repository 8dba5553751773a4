"""Engines: computation in processes, from a request to its answer."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from soundforge import errors
from soundforge.audio import memory
from soundforge.audio.cores import Cores
from soundforge.audio.engine_process import EngineProcess, WasGoneError
from soundforge.audio.warm import WarmEngines
from soundforge.engines import protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from soundforge.audio.engine_process import Answer, OnProgress
    from soundforge.audio.warm import Kind

logger = logging.getLogger(__name__)

_SENTENCE_CHARS: Final = 500


@dataclass(frozen=True, slots=True)
class Engine:
    """How engines are started on this machine.

    Args:
        environment: Variables added to the engine's environment, such as thread limits.
        warm: Where processes wait for the next work of their kind; by default none does.
        cores: Who computes on which.
    """

    environment: Mapping[str, str] = field(default_factory=dict)
    warm: WarmEngines = field(default_factory=lambda: WarmEngines(idle_s=0, max_runs=1))
    cores: Cores = field(default_factory=Cores)
    _at_work: dict[str, int] = field(default_factory=dict, init=False)

    async def run(
        self,
        name: str,
        params: dict[str, Any],
        *,
        job: str,
        timeout_s: float,
        on_progress: OnProgress | None = None,
        kept_as: str = "",
        most_cores: int = 0,
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
            most_cores: How many cores are of use to it; 0: it hardly computes.

        Raises:
            errors.Invalid: The engine says that the work can never succeed.
            errors.Unavailable: The engine crashed (``engine_crashed``), hung past
                ``timeout_s`` (``engine_timeout``), spoke garbage (``engine_garbage``) or asks
                to be retried (a code of its own).
        """
        kind = (name, kept_as) if kept_as and self.warm.keeps else None
        work = _Work(protocol.Request(job, params), timeout_s, on_progress, kind, most_cores)
        answer = None
        if kind and (process := self.warm.take(kind)):
            try:
                answer = await self._ask(process, work)
            except WasGoneError:
                logger.info("warm engine had ended", extra={"engine": name})
        if answer is None:
            process = await EngineProcess.start(name, self.environment)
            answer = await self._ask(process, work)
        if isinstance(answer, protocol.Error):
            raise _translate(answer)
        return answer.value

    def held_bytes(self, name: str, kept_as: str, job: str) -> int:
        """Return how much memory the process of some work holds; 0 if there is none.

        Args:
            name: The engine.
            kept_as: What its process holds.
            job: Whose work: the process that does it, or else the one that waits for such work.
        """
        if (pid := self._at_work.get(job)) is not None:
            return memory.private_bytes(pid)
        return self.warm.held_bytes((name, kept_as))

    async def make_room(self, name: str, kept_as: str) -> bool:
        """End the processes that wait for other work than this; tell whether there were any."""
        return await self.warm.let_go(but=(name, kept_as))

    async def _ask(self, process: EngineProcess, work: _Work) -> Answer:
        is_last = not (work.kind and self.warm.is_good_for_more(process))
        answer = None
        self._at_work[work.request.job] = process.pid
        try:
            with self.cores.computing(process.pid, work.most_cores) as settle:

                def on_progress(progress: protocol.Progress) -> None:
                    # Past all preparation, its threads are made. One that has waited may prepare,
                    # too: other stems of its model are another network.
                    if progress.fraction > 0:
                        settle()
                    if work.on_progress is not None:
                        work.on_progress(progress)

                answer = await process.ask(
                    work.request,
                    timeout_s=work.timeout_s,
                    on_progress=on_progress,
                    is_last=is_last,
                )
        finally:
            self._at_work.pop(work.request.job, None)
            # Only after a result is it known in which state the process is.
            if work.kind and not is_last and isinstance(answer, protocol.Result):
                self.warm.put(work.kind, process)
            else:
                await asyncio.shield(self.warm.end(process))
        return answer


@dataclass(frozen=True, slots=True)
class _Work:
    request: protocol.Request
    timeout_s: float
    on_progress: OnProgress | None
    kind: Kind | None
    most_cores: int


def _translate(error: protocol.Error) -> errors.SoundForgeError:
    kind = errors.Unavailable if error.retryable else errors.Invalid
    return kind(error.code, _printable(error.message), _printable(error.next_step))


def _printable(sentence: str) -> str:
    """Return ``sentence`` fit for a database and a page: a file's name in it may hold anything."""
    text = sentence[:_SENTENCE_CHARS].encode(errors="replace").decode()
    return "".join(character if character.isprintable() else "?" for character in text)
