"""BeatNet at work: a stream of samples becomes the probabilities of beat and downbeat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from soundforge.engines import beatnet_graph, openvino_cpu
from soundforge.engines.beatnet_spectrum import Framer

if TYPE_CHECKING:
    from pathlib import Path

    from soundforge.engines.beatnet_graph import Weights
    from soundforge.engines.spectrum import Matrix, Samples

_PIECE: Final = 512  # frames judged at a time


class Listener:
    """Hears a recording once and keeps two numbers for each 20 ms.

    Args:
        networks: The weights of the networks whose mean is taken.
    """

    def __init__(self, networks: list[Weights]) -> None:
        graph = beatnet_graph.build(networks, _PIECE)
        self._judge = openvino_cpu.compile_model(graph, threads=1).create_infer_request()
        self._state = np.zeros(beatnet_graph.state_shape(len(networks)), np.float32)
        self._framer = Framer()
        self._rows: list[Matrix] = []
        self._waiting = 0
        self._asked = 0
        self._judged: list[Matrix] = []

    def hear(self, samples: Samples) -> None:
        """Take the next mono samples at 22,050 Hz."""
        self._take(self._framer.hear(samples))

    def finish(self) -> Matrix:
        """Return the probabilities of beat and downbeat, shape ``(frames, 2)``, 50 a second."""
        self._take(self._framer.finish())
        if self._waiting:
            self._ask(np.concatenate(self._rows))
        self._collect()
        return np.concatenate([np.zeros((0, 2), np.float32), *self._judged])

    def _take(self, rows: Matrix) -> None:
        self._rows.append(rows)
        self._waiting += len(rows)
        while self._waiting >= _PIECE:
            joined = np.concatenate(self._rows)
            self._ask(joined[:_PIECE])
            self._rows, self._waiting = [joined[_PIECE:]], len(joined) - _PIECE

    def _ask(self, rows: Matrix) -> None:
        """Begin to judge up to `_PIECE` rows; meanwhile the caller goes on listening."""
        self._collect()
        padded = np.pad(rows, ((0, _PIECE - len(rows)), (0, 0)))
        self._judge.start_async([padded, self._state])
        self._asked = len(rows)

    def _collect(self) -> None:
        """Take the judgement that was asked for last, and the state after it."""
        if not self._asked:
            return
        self._judge.wait()
        answer: Any = self._judge.results
        judged, state = answer.values()
        self._judged.append(judged[: self._asked, :2].copy())
        self._state = state.copy()
        self._asked = 0


def load(path: Path) -> list[Weights]:
    """Return the networks' weights out of the file that a pull has made."""
    networks: dict[str, dict[str, Any]] = {}
    with np.load(path, allow_pickle=False) as arrays:
        for name in arrays.files:
            network, _, array = name.partition("/")
            networks.setdefault(network, {})[array] = arrays[name]
    return list(networks.values())
