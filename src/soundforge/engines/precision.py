"""Half precision, where it was measured to be good enough: about twice as fast on some CPUs.

The measurement takes stretches of the first recording that a model gets, its loudest and its
quietest, through the networks in f32 and f16, and compares stem by stem.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, Literal, Protocol, TypeAlias

import numpy as np

from soundforge.engines import precision_record
from soundforge.engines.precision_record import Measured

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from soundforge.engines.separation import Task
    from soundforge.engines.stft import Samples

logger = logging.getLogger(__name__)

Chosen: TypeAlias = Literal["f32", "f16"]

# A stem more than 60 dB below the mix is silence: there half precision leaves only noise.
_SILENT: Final = 1e-6
_BEST_DB: Final = 200.0


class Networks(Protocol):
    """What is measured.

    Attributes:
        precision: What they compute in.
        mended: Segments that overflowed in f16 and ran again in f32.
        ahead: How many segments they take at once.
    """

    precision: Chosen
    mended: int
    ahead: int

    @property
    def device(self) -> str:
        """Where they run: ``cpu``, ``cuda`` or ``mps``."""

    @property
    def fallback(self) -> str:
        """Why they run on the CPU although something else was wanted; else empty."""

    @property
    def machine(self) -> str:
        """What a measurement is valid for."""

    @property
    def has_f16(self) -> bool:
        """Whether they can compute in half precision."""

    def separate(self, mix: Samples) -> Samples:
        """Take a segment to its stems, in `precision`."""

    def separate_all(self, mixes: Sequence[Samples]) -> Sequence[Samples]:
        """Take segments of one length to their stems."""

    def forget(self, precision: str) -> None:
        """Drop what was compiled for ``precision``."""

    def rest(self) -> None:
        """Forget the last mix, and give back the memory that it needed."""


def choose(task: Task, networks: Networks, probes: Iterable[Samples]) -> Chosen:
    """Return the precision for a task; measure when nothing is known about this machine yet."""
    # Where there is no f16, OpenVINO would compute in bfloat16 instead, and not tell.
    if task.precision == "f32" or not networks.has_f16:
        return "f32"
    if task.precision == "f16":
        return "f16"
    folder, weights_hash = task.weights.parent, task.installed.weights_hash
    machine = networks.machine
    known = precision_record.find(folder, weights_hash, machine)
    if known is None or not set(task.stems) <= set(known.stems_db):
        found = measure(networks, probes)
        # A graphics card has failed, so this is not what we meant to measure; or it was silence.
        if networks.machine != machine or not found:
            return "f32"
        known = Measured(dict(zip(task.stems, found, strict=True)))
        precision_record.remember(folder, weights_hash, known, machine)
        logger.info("half precision measured: %s", known.stems_db)
    stems_db = {stem: known.stems_db[stem] for stem in task.stems}
    chosen: Chosen = "f16" if Measured(stems_db).is_enough else "f32"
    networks.forget("f32" if chosen == "f16" else "f16")
    return chosen


def measure(networks: Networks, probes: Iterable[Samples]) -> list[float]:
    """Return the worst agreement of f16 with f32 over ``probes``, per stem, in dB.

    Not a number anywhere in f16 counts as no agreement at all. Silent probes say nothing; when all
    are, there is nothing to return. One precision after the other: networks compiled for both at
    once need more memory than the work was promised.
    """
    heard = [probe for probe in probes if np.any(probe)]
    networks.precision = "f32"
    exact = [np.array(networks.separate(probe)) for probe in heard]
    networks.forget("f32")
    networks.precision = "f16"
    worst: list[float] = []
    for probe, stems in zip(heard, exact, strict=True):
        rough = networks.separate(probe)
        floor = float(np.square(probe).sum(dtype=np.float64)) * _SILENT
        found = [_agreement_db(a, b, floor) for a, b in zip(stems, rough, strict=True)]
        if networks.mended:  # what we got is f32 again
            found, networks.mended = [-_BEST_DB] * len(found), 0
        worst = [min(pair) for pair in zip(worst or found, found, strict=True)]
    return worst


def _agreement_db(exact: Samples, rough: Samples, floor: float) -> float:
    error = float(np.square(exact - rough).sum(dtype=np.float64))
    if not np.isfinite(error):
        return -_BEST_DB
    power = max(float(np.square(exact).sum(dtype=np.float64)), floor)
    if error <= power * 10 ** (-_BEST_DB / 10):
        return _BEST_DB
    return 10 * float(np.log10(power / error)) if power else -_BEST_DB
