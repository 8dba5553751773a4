"""The separation models: one description file each, found by `registry.entries`.

A description is light: the server lists models without loading a numerical library. What
runs a model is named in `Separator.run` and imported only inside the engine process.
"""

from __future__ import annotations

from dataclasses import dataclass

from soundforge.engines.published import FileWeights
from soundforge.engines.roformer_network import RoformerNetwork
from soundforge.engines.wheel import Licence, WheelMember, WheelWeights

__all__ = [
    "FileWeights",
    "Licence",
    "RoformerNetwork",
    "Separator",
    "SmallerSegment",
    "WheelMember",
    "WheelWeights",
]


@dataclass(frozen=True, slots=True)
class SmallerSegment:
    """A way to do with less memory: music in shorter pieces, of which the network hears less.

    Args:
        segment_s: Length of a piece, in whole seconds.
        memory_bytes: Most memory that its engine was seen to need, and a tenth more.
    """

    segment_s: int
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class Separator:
    """One model that splits a mix into stems.

    Args:
        name: Stable name, for scripts and addresses.
        label: Name for people.
        description: One sentence for people.
        stems: What comes out, in the order in which it is shown.
        sample_rate_hz: The rate the network works at; the stems have it too.
        family: The network's kind; models of a family share code.
        quality: Rank among the models: the page defaults to the highest installed.
        licence: What is known about the weights' licence.
        weights: Where the weights come from; None when this release cannot fetch them.
        run: ``module:function`` that separates; empty when this release cannot run it.
        unavailable_reason: Why it cannot run; empty when it can.
        is_fetched_by_itself: Whether its first use may fetch the weights unasked: only where
            the licence leaves no doubt.
        memory_bytes: Most memory its engine was seen to need, on songs of any length, and a tenth
            more; 0 when that was not measured.
        smaller: Shorter segments for when memory is short, the longest first.
        overlap: Share of a segment that the next one covers too, where nobody asks for another.
        patience: How many times longer than usual it may take before it counts as hung.
        making: Share of its time until all stems are made; then they are written and checked.
        has_f16: Whether its networks can compute in half precision.
        network: What the network is built of, for families whose graph is built from that.
    """

    name: str
    label: str
    description: str
    stems: tuple[str, ...]
    sample_rate_hz: int
    family: str
    quality: int
    licence: Licence
    weights: WheelWeights | FileWeights | None = None
    run: str = ""
    unavailable_reason: str = ""
    is_fetched_by_itself: bool = False
    memory_bytes: int = 0
    smaller: tuple[SmallerSegment, ...] = ()
    overlap: float = 0.25
    patience: int = 1
    making: float = 0.94
    has_f16: bool = True
    network: RoformerNetwork | None = None

    @property
    def is_available(self) -> bool:
        """Whether this release can run the model once its weights are there."""
        return bool(self.run and self.weights)

    @property
    def size_bytes(self) -> int | None:
        """The size of the download; None when it is not known."""
        return self.weights.size_bytes if self.weights else None
