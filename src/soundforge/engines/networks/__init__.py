"""The networks that analyses listen with: one description file each, found by `registry.entries`.

They are fetched like the weights of the separation models, when an analysis first wants them;
nobody chooses one. An analysis that cannot have its network answers without it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from soundforge.engines.wheel import Licence, WheelWeights


@dataclass(frozen=True, slots=True)
class Network:
    """One network, or several that are used together.

    Args:
        name: Stable name; that of its folder of weights.
        label: Name for people.
        features: The analysis features that it serves.
        licence: What is known about the weights' licence.
        weights: Where the weights come from.
        is_for_best: Whether it listens, and is fetched, only where the best is asked for.
        unavailable_reason: Why it cannot be had; always empty.
    """

    name: str
    label: str
    features: tuple[str, ...]
    licence: Licence
    weights: WheelWeights
    is_for_best: bool = False
    unavailable_reason: str = ""
