"""The song that notes are from: its beats, bars and keys, as far as they are known."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from soundforge.engines.runtime import EngineError

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST_BAR: Final = 32


@dataclass(frozen=True, slots=True)
class Song:
    """What is known of a song; empty is what is not.

    Args:
        beats_s: Its beats, rising.
        downbeats_s: Those of the beats that begin a bar, rising.
        beats_per_bar: The metre; None where bars are not known.
        keys: When each key begins, rising, and its name: ``Bb major``, ``F# minor``.
    """

    beats_s: tuple[float, ...] = ()
    downbeats_s: tuple[float, ...] = ()
    beats_per_bar: int | None = None
    keys: tuple[tuple[float, str], ...] = ()


def read(params: Mapping[str, Any]) -> Song:
    """Return the song that an engine's params describe; all of it may be left out.

    Raises:
        EngineError: ``beats_invalid``: bars without a metre, or in no order.
    """
    downbeats_s = tuple(float(one) for one in params.get("downbeats_s") or ())
    beats_per_bar = params.get("beats_per_bar") or None
    is_rising = all(a < b for a, b in itertools.pairwise(downbeats_s))
    is_metre = isinstance(beats_per_bar, int) and 1 <= beats_per_bar <= _LONGEST_BAR
    if downbeats_s and not (is_rising and is_metre):
        raise EngineError(
            "beats_invalid",
            "The bars must be ascending times in seconds, each of 1 to 32 beats.",
            "Analyse the song's beats again, or do without its bars.",
        )
    return Song(
        tuple(float(beat_s) for beat_s in params.get("beats_s") or ()),
        downbeats_s,
        beats_per_bar,
        tuple((float(start_s), str(name)) for start_s, name in params.get("keys") or ()),
    )
