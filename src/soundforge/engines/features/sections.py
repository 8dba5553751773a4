"""Sections: the parts of a song, which are alike, and what they seem to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from soundforge.engines import beat_grid, self_similarity, song_form
from soundforge.engines.feature import Feature, Finding

if TYPE_CHECKING:
    from soundforge.engines.feature import Recording

_SHORTEST_S: Final = 8.0


def extract(recording: Recording) -> Finding:
    """Return ``sections`` from 0 to the end, ``form`` and ``grid``.

    Each section has ``start_s``, ``end_s``, ``label`` (a letter; like letters sound alike),
    ``name`` (intro, verse, chorus, outro, or None where nothing measured speaks for one),
    ``level_db`` (relative to the loudest) and ``confidence`` of its beginning, 0..1. ``form``
    is the letters in a row, ``grid`` what borders stand on: bars, beats or seconds. Silence and
    less than 8 s have no sections.
    """
    if recording.level.is_silent or recording.duration_s < _SHORTEST_S:
        return Finding({"sections": [], "form": "", "grid": None})
    heard = recording.once(self_similarity.self_similarity)
    found = song_form.sections(heard)
    loudest_db = max(one.level_db for one in found)
    rows = [
        {
            "start_s": round(float(heard.edges_s[one.first]), 3),
            "end_s": round(float(heard.edges_s[one.end]), 3),
            "label": one.letter,
            "name": one.name,
            "level_db": round(one.level_db - loudest_db, 2),
            "confidence": round(one.novelty, 3),
        }
        for one in found
    ]
    form = "".join(one.letter for one in found)
    return Finding({"sections": rows, "form": form, "grid": heard.kind})


FEATURE: Final = Feature("Sections", self_similarity.MEASURES, extract, after=beat_grid.AFTER)
