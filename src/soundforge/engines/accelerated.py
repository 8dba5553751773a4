"""Networks on a graphics card: several segments at once, and what happens when that fails.

The card may have too little memory for a batch, may compute what is no number in half precision,
and may refuse an operation. None of it may end the work: a batch is halved down to one segment, a
segment is computed again in f32, and at last the CPU takes over. Nothing here knows torch.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

import numpy as np

from soundforge.engines.device_failure import DeviceFailed, DeviceFull

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from soundforge.engines.precision import Chosen, Networks
    from soundforge.engines.stft import Samples

logger = logging.getLogger(__name__)


class Device(Protocol):
    """A device that computes the stems of segments.

    Attributes:
        kind: ``cuda`` or ``mps``.
        machine: The device and what computes on it: what a measurement is valid for.
        batch: How many segments it gets at once to begin with.
    """

    kind: str
    machine: str
    batch: int

    def separate(self, mixes: Sequence[Samples], precision: Chosen) -> list[Samples]:
        """Take segments of one length ``(2, n)`` to their stems ``(stems, 2, n)``.

        Raises:
            DeviceFull: There is not enough memory.
            DeviceFailed: It cannot be done there.
        """

    def give_back(self) -> None:
        """Give back the memory that is not in use."""


class Accelerated:
    """The networks of a model on a device, with the CPU behind it.

    Args:
        device: Where they run.
        on_cpu: Makes the same networks for the CPU; called when the device has failed.

    Attributes:
        precision: What the device computes in: ``f32`` or ``f16``. The CPU computes in f32.
        mended: Segments that overflowed in f16 and ran again in f32.
        ahead: How many segments it takes at once.
        fallback: Why the CPU took over; empty while the device works.
    """

    has_f16 = True

    def __init__(self, device: Device, on_cpu: Callable[[], Networks]) -> None:
        self.precision: Chosen = "f32"
        self.mended = 0
        self.ahead = device.batch
        self.fallback = ""
        self._device, self._on_cpu = device, on_cpu
        self._cpu: Networks | None = None
        self._is_broken = False

    @property
    def device(self) -> str:
        """Where the networks run: ``cuda``, ``mps`` or, after a failure, ``cpu``."""
        return "cpu" if self._cpu else self._device.kind

    @property
    def machine(self) -> str:
        """What a measurement of precision is valid for."""
        return self._cpu.machine if self._cpu else self._device.machine

    def separate(self, mix: Samples) -> Samples:
        """Take a segment ``(2, n)`` to its stems ``(stems, 2, n)``."""
        return self.separate_all([mix])[0]

    def separate_all(self, mixes: Sequence[Samples]) -> list[Samples]:
        """Take segments of one length to their stems, however little the device can do."""
        precision = self.precision
        stems = self._run(mixes, precision)
        if precision == "f32" or self._cpu:
            return stems
        return [
            made if np.isfinite(made).all() else self._mend(mix)
            for mix, made in zip(mixes, stems, strict=True)
        ]

    def forget(self, precision: str) -> None:
        """Give back what a test of ``precision`` needed."""
        self._device.give_back()

    def rest(self) -> None:
        """Forget the last mix. A device that was full may have room for the next one."""
        self.mended = 0
        if not self._is_broken:
            self._cpu, self.fallback = None, ""
        if self._cpu:
            self._cpu.rest()
        self._device.give_back()

    def _mend(self, mix: Samples) -> Samples:
        self.mended += 1
        return self._run([mix], "f32")[0]

    def _run(self, mixes: Sequence[Samples], precision: Chosen) -> list[Samples]:
        done: list[Samples] = []
        while len(done) < len(mixes) and not self._cpu:
            done += self._attempt(mixes[len(done) : len(done) + self.ahead], precision)
        if self._cpu:
            done += [np.array(self._cpu.separate(mix)) for mix in mixes[len(done) :]]
        return done

    def _attempt(self, mixes: Sequence[Samples], precision: Chosen) -> list[Samples]:
        """Return the stems of ``mixes``, or nothing when less must be tried.

        What follows a failure is done outside of ``except``: an exception that is being handled
        holds on to the arrays of the attempt, and with them to the device's memory.
        """
        try:
            return self._device.separate(mixes, precision)
        except DeviceFull:
            is_full, reason = True, "its memory is too small for one segment"
        except DeviceFailed as error:
            is_full, reason = False, str(error)
        self._device.give_back()
        if is_full and len(mixes) > 1:
            self.ahead = len(mixes) // 2
            logger.info("device memory is short", extra={"segments_at_once": self.ahead})
            return []
        self._is_broken = not is_full
        self.fallback = f"{self._device.kind} gave up: {reason}"[:300]
        logger.warning("the CPU takes over", extra={"reason": self.fallback})
        self._cpu = self._on_cpu()
        self._cpu.precision = "f32"
        return []
