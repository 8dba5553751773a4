"""How far a batch is: tracks by state, percent, time left. Pure.

A track of a batch is done when all that the batch wants of it is. The time left comes from how
fast each stage went on this machine lately, which soon means: on the batch's own first tracks.
"""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from soundforge.library.lifecycle import UNFINISHED, Status
from soundforge.pipeline.eta import Eta

if TYPE_CHECKING:
    import uuid
    from collections.abc import Mapping, Sequence

    from soundforge.library.throughput import Kind

State: TypeAlias = Literal["done", "failed", "cancelled", "running", "waiting"]

STATES: Final[tuple[State, ...]] = ("done", "failed", "waiting", "running", "cancelled")
_TRUST_RUN_FROM: Final = 0.05
_LEAST_ERROR: Final = 0.08
_ERROR_OF_ONE: Final = 0.5
_SLOWEST: Final = 1e-3  # a slower rate was measured wrong


@dataclass(frozen=True, slots=True)
class Piece:
    """One job of a batch.

    Args:
        track_id: Whose.
        kind: What is done, with which model.
        status: What the job is doing.
        fraction: How far it is, 0 to 1.
        duration_s: Length of the recording; 0 when unknown.
        elapsed_s: How long it had been at work when it was last heard of; None while it is not.
        began: How far it was when ``elapsed_s`` began.
        planned: What follows once it has completed.
    """

    track_id: uuid.UUID
    kind: Kind
    status: Status
    fraction: float
    duration_s: float
    elapsed_s: float | None = None
    began: float = 0.0
    planned: tuple[Kind, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a batch is.

    Args:
        counts: How many tracks are in each of `STATES`.
        percent: 0 to 100; failed and cancelled tracks count as ended. 100 only at the end.
        eta: Time left; None at the end, and while nothing supports a number.
    """

    counts: Mapping[State, int]
    percent: int
    eta: Eta | None

    @property
    def total(self) -> int:
        """How many tracks."""
        return sum(self.counts.values())

    @property
    def is_ended(self) -> bool:
        """Whether nothing of it waits or runs."""
        return not (self.counts["waiting"] or self.counts["running"])


def of(pieces: Sequence[Piece], rates: Mapping[Kind, Sequence[float]]) -> Standing:
    """Return how far the batch of ``pieces`` is.

    Args:
        pieces: Its jobs, oldest first.
        rates: Speeds of earlier runs, in seconds of audio per second of work.
    """
    by_track: dict[uuid.UUID, dict[str, Piece]] = defaultdict(dict)
    for piece in pieces:
        by_track[piece.track_id][piece.kind.stage] = piece  # the newest of a stage counts
    counted = Counter(_state(list(of_track.values())) for of_track in by_track.values())
    counts = {state: counted[state] for state in STATES}
    shares = [_share(list(of_track.values())) for of_track in by_track.values()]
    mean = sum(shares) / len(shares) if shares else 1.0
    is_ended = not (counts["waiting"] or counts["running"])
    percent = 100 if is_ended else min(99, int(100 * mean))
    newest = [piece for of_track in by_track.values() for piece in of_track.values()]
    return Standing(counts, percent, None if is_ended else _eta(newest, rates))


def kinds(pieces: Sequence[Piece]) -> set[Kind]:
    """Return the kinds of work that are still before a batch, whose rates `of` wants."""
    unfinished = [piece for piece in pieces if piece.status in UNFINISHED]
    now = {piece.kind for piece in unfinished}
    return now.union(*(piece.planned for piece in unfinished))


def _state(of_track: Sequence[Piece]) -> State:
    statuses = {piece.status for piece in of_track}
    if any(status.is_running for status in statuses):
        return "running"
    if Status.QUEUED in statuses:
        # Between two of its stages a track waits too, but it is no longer untouched.
        return "running" if Status.COMPLETED in statuses else "waiting"
    if Status.FAILED in statuses:
        return "failed"
    return "cancelled" if Status.CANCELLED in statuses else "done"


def _share(of_track: Sequence[Piece]) -> float:
    """Return how much of what is wanted of a track has ended, 0 to 1."""
    if not any(piece.status in UNFINISHED for piece in of_track):
        return 1.0
    begun = {piece.kind.stage for piece in of_track}
    coming = {
        kind
        for piece in of_track
        for kind in piece.planned
        if piece.status in UNFINISHED and kind.stage not in begun
    }
    done = sum(1.0 if piece.status.is_final else piece.fraction for piece in of_track)
    return done / (len(of_track) + len(coming))


def _eta(pieces: Sequence[Piece], rates: Mapping[Kind, Sequence[float]]) -> Eta | None:
    """Return the time of the stage that takes longest; the others go on beside it."""
    left_s: dict[Kind, float] = defaultdict(float)
    at_work: Counter[Kind] = Counter()
    measured: dict[Kind, list[float]] = {
        kind: [rate for rate in found if rate > _SLOWEST] for kind, found in rates.items()
    }
    for piece in pieces:
        if piece.status not in UNFINISHED:
            continue
        kind = piece.kind
        left_s[kind] += piece.duration_s * (1 - piece.fraction)
        for coming in piece.planned:
            left_s[coming] += piece.duration_s
        if piece.status.is_running:
            at_work[kind] += 1
    for kind in left_s:
        if not measured.get(kind):
            measured[kind] = _rates_of_runs(pieces, kind)
    if any(kind.stage == "separate" and not measured[kind] for kind in left_s):
        return None  # the longest part by far is not known
    etas = [
        _time(audio_s / max(1, at_work[kind]), measured[kind])
        for kind, audio_s in left_s.items()
        if measured[kind] and audio_s > 0
    ]
    return max(etas, key=lambda eta: eta.left_s, default=None)


def _rates_of_runs(pieces: Sequence[Piece], kind: Kind) -> list[float]:
    return [
        (piece.fraction - piece.began) * piece.duration_s / piece.elapsed_s
        for piece in pieces
        if piece.kind == kind
        and piece.status.is_running
        and piece.elapsed_s
        and piece.duration_s > 0
        and piece.fraction - piece.began >= _TRUST_RUN_FROM
    ]


def _time(audio_s: float, rates: Sequence[float]) -> Eta:
    left_s = audio_s / statistics.median(rates)
    spread = statistics.stdev(rates) / statistics.fmean(rates) if len(rates) > 1 else _ERROR_OF_ONE
    return Eta(left_s, max(_LEAST_ERROR, spread) * left_s)
