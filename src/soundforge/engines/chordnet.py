"""The chord networks at work: a stream of samples becomes probabilities of chords' parts.

The networks normalise over all they hear and look both ways, so they hear a recording in parts
of about a minute, each with some seconds of its neighbours. Up to 75 s are one
part: what the published method would make of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from soundforge.engines import chordnet_graph, constant_q, openvino_cpu
from soundforge.engines.ahead import Behind
from soundforge.engines.spectrum import FRAME_RATE_HZ, HOP_LENGTH

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from soundforge.engines.chordnet_graph import Weights
    from soundforge.engines.spectrum import Samples

_PART: Final = round(50 * FRAME_RATE_HZ)  # frames
_CONTEXT: Final = round(8 * FRAME_RATE_HZ)
_LEAST: Final = 1e-7  # probability: its logarithm fits half precision


class Listener:
    """Hears mono samples at 22,050 Hz once, beside its caller.

    A hundred numbers are kept for each 512 samples.

    Args:
        networks: Returns the weights of the networks whose mean is taken.
    """

    def __init__(self, networks: Callable[[], Sequence[Weights]]) -> None:
        self._judge: Any = None
        self._waiting: list[Samples] = []
        self._length = 0  # of what waits, in samples; the first frames of it may be context
        self._before = 0  # frames of context at its beginning
        self._judged: list[NDArray[np.float16]] = []
        self._behind = Behind()
        self._behind.call(self._begin, networks)

    def hear(self, samples: Samples) -> None:
        """Take the next samples."""
        self._behind.call(self._hear, samples)

    def _begin(self, networks: Callable[[], Sequence[Weights]]) -> None:
        self._judge = openvino_cpu.compile_model(chordnet_graph.build(networks()), threads=1)

    def _hear(self, samples: Samples) -> None:
        self._waiting.append(samples)
        self._length += len(samples)
        while self._length >= (self._before + 2 * _PART + _CONTEXT) * HOP_LENGTH:
            self._take(_PART)

    def finish(self) -> NDArray[np.float16]:
        """Return the logarithms of all probabilities, see `chordnet_graph.PARTS`.

        The shape is ``(frames, 100)``, a frame per 512 samples, centred on the first of them.
        """
        self._behind.finish()
        if self._length:
            left = 1 + self._length // HOP_LENGTH - self._before
            if left > 1.5 * _PART:
                self._take(left // 2)
                left -= left // 2
            self._take(left)
        none = np.zeros((0, sum(chordnet_graph.PARTS)), np.float16)
        return np.concatenate([none, *self._judged])

    def _take(self, frames: int) -> None:
        """Judge the next ``frames`` of what waits; keep what is their successors' context."""
        heard = np.concatenate(self._waiting)
        stop = self._before + frames
        part = heard[: (stop + _CONTEXT) * HOP_LENGTH]
        rows = constant_q.magnitudes(part, constant_q.tuning(part))
        judged: Any = self._judge(rows)[0]
        probable = np.maximum(judged[self._before : stop], _LEAST)
        self._judged.append(np.log(probable).astype(np.float16))
        first = max(0, stop - _CONTEXT)
        self._waiting = [heard[first * HOP_LENGTH :].copy()]
        self._length = len(self._waiting[0])
        self._before = stop - first
