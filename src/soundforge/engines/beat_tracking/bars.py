"""Bars: which beats begin one, and how many beats make one.

The bar pointer finds the beats; where the bars lie is decided here, once more, with everything
that is known of each beat. A walk through the beats takes the metre and the places that explain
them best; it may lose its place rarely, where a beat was missed or one too many was counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Curve: TypeAlias = NDArray[np.float64]

METRES: Final = (3, 4)
_SLIP: Final = -14.0  # log probability of losing the place

# By logistic regression on music that shares no piece with the evaluation set (see
# docs/benchmarks.md): network, low drums, treble change, bass change; then the bias.
_WEIGHTS: Final = np.array([0.62, 0.32, 0.53, 0.61])
_BIAS: Final = -1.03
_USUAL_ODDS: Final = np.log(0.25 / 0.75)  # of the beats it was fitted on, one in four
_LEAST: Final = 0.01  # probability: keeps the logarithm of the network's quiet in bounds


@dataclass(frozen=True, slots=True)
class Bars:
    """The bars of a run of beats.

    Args:
        beats_per_bar: The metre.
        places: Place in the bar of each beat, 0 = downbeat.
        lead: Log likelihood, per beat, by which they won over another metre or place.
    """

    beats_per_bar: int
    places: NDArray[np.intp]
    lead: float


def find(network: Curve, witnesses: Curve) -> Bars:
    """Return the bars that explain the beats best.

    Args:
        network: Probabilities of beat and downbeat at each beat, ``(beats, 2)``; two at least.
        witnesses: What else speaks for a downbeat, ``(beats, 3)``, see `beat_witness.hear`.
    """
    beat, downbeat = network.T
    judged = np.log((downbeat + _LEAST) / (beat + _LEAST))
    odds = np.column_stack([judged, witnesses]) @ _WEIGHTS + _BIAS
    # Of the likelihoods, not of the chances: or bars of four would win wherever nothing is heard.
    is_first = odds - _USUAL_ODDS
    walks = {metre: _walk(is_first, metre) for metre in METRES}
    metre, (score, places) = max(walks.items(), key=lambda walk: walk[1][0])
    rivals = [other for name, (other, _) in walks.items() if name != metre]
    moved = [(places + shift) % metre for shift in range(1, metre)]
    rivals += [float(is_first[place == 0].sum()) for place in moved]
    return Bars(metre, places, max(0.0, score - max(rivals)) / len(odds))


def _walk(is_first: Curve, metre: int) -> tuple[float, NDArray[np.intp]]:
    """Return the best score in one metre, and the places that have it."""
    worth = np.zeros((len(is_first), metre))
    worth[:, 0] = is_first
    score = worth[0] - np.log(metre)
    came_from = np.zeros(worth.shape, np.intp)
    for number in range(1, len(worth)):
        onward = np.roll(score, 1)
        lost = int(score.argmax())
        is_lost = onward < score[lost] + _SLIP
        came_from[number] = np.where(is_lost, lost, (np.arange(metre) - 1) % metre)
        score = np.maximum(onward, score[lost] + _SLIP) + worth[number]
    places = np.zeros(len(worth), np.intp)
    places[-1] = score.argmax()
    for number in range(len(worth) - 1, 0, -1):
        places[number - 1] = came_from[number, places[number]]
    return float(score.max()), places
