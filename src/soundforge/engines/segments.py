"""The way through a mix that every network of segments goes, whatever its family.

Precision is chosen, an earlier attempt is gone on with where there is one, and after each segment
a checkpoint is kept: it holds what the segments share, and where the stems' files end.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from soundforge.engines import overlap_add, precision

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from soundforge.engines.overlap_add import Plan
    from soundforge.engines.separation import Task
    from soundforge.engines.stft import Samples
    from soundforge.engines.survey import Survey

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Work:
    """One mix on its way through the networks.

    Args:
        task: What is wanted.
        networks: They take a segment ``(2, n)`` to its stems ``(stems, 2, n)``.
        seen: The look over the mix.
        plan: The segments.
        done: Samples of ``plan`` that are finished.
    """

    task: Task
    networks: precision.Networks
    seen: Survey
    plan: Plan
    done: int = 0

    def run(self, blocks: Iterable[Samples], probes: Iterable[Samples]) -> Iterator[Samples]:
        """Yield the stems ``(stems, 2, n)`` that each segment, or batch of them, finishes.

        What was yielded must be written when the next is asked for: then the checkpoint is kept.

        Args:
            blocks: What ``plan`` is about, from its beginning, ``(2, n)``.
            probes: Stretches of it to compare precisions by; read only where that is needed.
        """
        task = self.task
        chosen = self.networks.precision = precision.choose(task, self.networks, probes)
        state = self._begin(chosen)
        task.notes["precision"] = chosen
        task.notes["resumed_segments"] = state.index
        self.done = state.index * self.plan.stride
        networks = self.networks
        for stems in overlap_add.run(
            self.plan, blocks, networks.separate_all, state, ahead=lambda: networks.ahead
        ):
            yield stems
            self.done += stems.shape[-1]
            del stems  # memory for the next ones
            task.checkpoint.put({"index": np.array(state.index), **state.arrays(self.plan)})
        task.notes["mended_segments"] = networks.mended
        task.notes["device"], task.notes["device_fallback"] = networks.device, networks.fallback

    def _begin(self, chosen: precision.Chosen) -> overlap_add.State:
        """Return where an attempt that ended early was, or the beginning."""
        count = len(self.task.stems)
        kept = self.task.checkpoint.take_up(
            {
                "audio": self.seen.digest,
                "precision": chosen,
                "threads": self.task.threads,
                "machine": self.networks.machine,
            }
        )
        if kept is None:
            return overlap_add.State.start(self.plan, count)
        index = int(kept.pop("index"))
        logger.info("going on from segment %d of %d", index, len(self.plan.offsets))
        return overlap_add.State.resume(self.plan, count, index, kept)
