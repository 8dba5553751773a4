"""Chords and beats as files for other programs: CSV, and plain text to print."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from soundforge.audio.chords import Segment


def chords_csv(found: Iterable[Segment]) -> str:
    """Return a line for each chord: start and end in seconds, label, name, confidence."""
    rows = (
        (f"{one.start_s:.3f}", f"{one.end_s:.3f}", one.label, one.name, f"{one.confidence:.3f}")
        for one in found
    )
    return _csv(("start_s", "end_s", "label", "name", "confidence"), rows)


def chords_text(found: Iterable[Segment]) -> str:
    """Return a line for each chord, to print: when it begins and its name; a dash for none."""
    return "".join(f"{_clock(one.start_s)}  {one.name or '-'}\n" for one in found)


def beats_csv(beats_s: Sequence[float], downbeats_s: Iterable[float]) -> str:
    """Return a line for each beat: its time, the bar it is in and its place in it, from 1.

    Beats before the first bar are in bar 0. Without bars both columns are empty.
    """
    first_of_bar = {round(downbeat_s, 3) for downbeat_s in downbeats_s}
    bar, place = 0, 0
    rows: list[tuple[object, ...]] = []
    for beat_s in beats_s:
        if round(beat_s, 3) in first_of_bar:
            bar, place = bar + 1, 0
        place += 1
        where = (bar, place) if first_of_bar else ("", "")
        rows.append((f"{beat_s:.3f}", *where))
    return _csv(("time_s", "bar", "beat"), rows)


def _csv(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return out.getvalue()


def _clock(time_s: float) -> str:
    minutes, hundredths = divmod(round(time_s * 100), 6000)
    return f"{minutes}:{hundredths / 100:05.2f}"
