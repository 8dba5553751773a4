"""BeatNet at work: a stream of samples becomes the probabilities of beat and downbeat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from soundforge.engines import openvino_cpu
from soundforge.engines.ahead import Behind
from soundforge.engines.beat_tracking import beatnet_graph
from soundforge.engines.beat_tracking.beatnet_spectrum import Framer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from soundforge.engines.beat_tracking.beatnet_graph import Weights
    from soundforge.engines.spectrum import Matrix, Samples

_PIECE: Final = 512  # frames judged at a time


class Listener:
    """Hears a recording once, beside its caller, and keeps two numbers for each 20 ms.

    Args:
        networks: Returns the weights of the networks whose mean is taken.
    """

    def __init__(self, networks: Callable[[], Sequence[Weights]]) -> None:
        self._framer = Framer()
        self._judge: _Judge | None = None
        self._rows: list[Matrix] = []
        self._waiting = 0
        self._judged: list[Matrix] = []
        self._behind = Behind()
        self._behind.call(self._begin, networks)

    def hear(self, samples: Samples) -> None:
        """Take the next mono samples at 22,050 Hz."""
        self._behind.call(self._hear, samples)

    def finish(self) -> Matrix:
        """Return the probabilities of beat and downbeat, shape ``(frames, 2)``, 50 a second."""
        self._behind.call(self._finish)
        self._behind.finish()
        return np.concatenate([np.zeros((0, 2), np.float32), *self._judged])

    def _begin(self, networks: Callable[[], Sequence[Weights]]) -> None:
        self._judge = _Judge(networks())

    def _hear(self, samples: Samples) -> None:
        self._take(self._framer.hear(samples))

    def _finish(self) -> None:
        self._take(self._framer.finish())
        if self._waiting:
            self._ask(np.concatenate(self._rows))

    def _take(self, rows: Matrix) -> None:
        self._rows.append(rows)
        self._waiting += len(rows)
        while self._waiting >= _PIECE:
            joined = np.concatenate(self._rows)
            self._ask(joined[:_PIECE])
            self._rows, self._waiting = [joined[_PIECE:]], len(joined) - _PIECE

    def _ask(self, rows: Matrix) -> None:
        assert self._judge is not None
        self._judged.append(self._judge.hear(rows))


class _Judge:
    """The networks and what they remember."""

    def __init__(self, networks: Sequence[Weights]) -> None:
        graph = beatnet_graph.build(networks, _PIECE)
        self._request = openvino_cpu.compile_model(graph, threads=1).create_infer_request()
        self._state = np.zeros(beatnet_graph.state_shape(len(networks)), np.float32)

    def hear(self, rows: Matrix) -> Matrix:
        """Return the probabilities for up to `_PIECE` rows; the last piece may be shorter."""
        padded = np.pad(rows, ((0, _PIECE - len(rows)), (0, 0)))
        answer: Any = self._request.infer([padded, self._state])
        judged, state = answer.values()
        self._state = state.copy()
        probabilities: Matrix = judged[: len(rows), :2].copy()
        return probabilities
