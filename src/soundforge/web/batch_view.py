"""Batches as the pages see them, and what is said of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from soundforge.web import words

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from soundforge.pipeline.batches import BatchNow


@dataclass(frozen=True, slots=True)
class BatchView:
    """Work on several tracks.

    Args:
        title: Of the album or the playlist, or what was selected.
        total: How many tracks; ``done`` and the others say what became of them.
        percent: 0 to 100; 100 once nothing waits or runs.
        left_s: Time left; None where nothing supports a number.
        left_out: Why tracks could not be started, a sentence for each.
    """

    id: str
    title: str
    total: int
    done: int
    failed: int = 0
    waiting: int = 0
    running: int = 0
    cancelled: int = 0
    percent: int = 0
    left_s: float | None = None
    left_out: tuple[str, ...] = ()

    @property
    def is_ended(self) -> bool:
        """Whether nothing of it waits or runs."""
        return not (self.waiting or self.running)

    @property
    def counted(self) -> str:
        """What became of its tracks: ``7 of 12 done, 1 failed, about 4 min left``."""
        parts = [f"{self.done} of {self.total} done"]
        parts += [f"{self.failed} failed"] if self.failed else []
        parts += [f"{self.cancelled} cancelled"] if self.cancelled else []
        if not self.is_ended and self.left_s is not None:
            parts.append(f"about {words.spoken(_coarse(self.left_s))} left")
        elif not self.running and self.waiting:
            parts.append("waiting for its turn")
        return ", ".join(parts) + "."

    @property
    def outcome(self) -> str:
        """What it came to, once it has ended with something missing; empty otherwise."""
        if not self.is_ended or self.done == self.total:
            return ""
        ready = f"{words.tracks(self.done).capitalize()} can be used now" if self.done else ""
        again = "what failed can be tried again" if self.failed else ""
        said = "; ".join(filter(None, (ready, again)))
        return words.sentence(said)

    @property
    def missing(self) -> str:
        """Which tracks were left out at the start, and why; empty for none."""
        if not self.left_out:
            return ""
        each = Counter(self.left_out).most_common(3)
        told = " ".join(f"{n}: {reason}" for reason, n in each) if len(each) > 1 else each[0][0]
        return f"{words.tracks(len(self.left_out))} left out: {told}"


class BatchStudio(Protocol):
    """What the pages can do with several tracks at once."""

    async def batches(self, seen: Collection[str] = ()) -> tuple[BatchView, ...]:
        """Return the newest batches of which something waits, runs or failed, the newest first.

        Those that were put away are not among them; those of ``seen`` are, however they ended.
        """

    async def separate_all(self, track_ids: Sequence[str], *, model: str | None = None) -> None:
        """Separate several tracks, as one batch, behind what people wait for.

        Raises:
            errors.NotFound: None of them is there.
            errors.Conflict: None of them can be separated now.
            errors.Invalid: No such model, or too many tracks.
        """

    async def cancel_batch(self, batch_id: str) -> None:
        """End all of a batch that waits or runs.

        Raises:
            errors.NotFound: No such batch.
        """

    async def retry_batch(self, batch_id: str) -> None:
        """Let what failed of a batch run again.

        Raises:
            errors.NotFound: No such batch.
        """

    async def close_batch(self, batch_id: str) -> None:
        """Put a batch away; its jobs go on.

        Raises:
            errors.NotFound: No such batch.
        """


def _coarse(left_s: float) -> float:
    """Return a time left in whole minutes: of several songs, no one knows the seconds."""
    return left_s if left_s < 90 else 60 * round(left_s / 60)


def batch_view(one: BatchNow) -> BatchView:
    """Return ``one`` as the pages show it."""
    standing = one.standing
    return BatchView(
        id=str(one.batch.id),
        title=one.batch.title,
        total=standing.total,
        done=standing.counts["done"],
        failed=standing.counts["failed"],
        waiting=standing.counts["waiting"],
        running=standing.counts["running"],
        cancelled=standing.counts["cancelled"],
        percent=standing.percent,
        left_s=standing.eta.left_s if standing.eta else None,
        left_out=tuple(left_out["message"] for left_out in one.batch.skipped),
    )
