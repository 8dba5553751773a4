"""What lies along a song as files for other programs: CSV, labels of editors, text to print."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pydantic import BaseModel


def table(columns: Iterable[str], rows: Iterable[BaseModel]) -> str:
    """Return CSV with a line for each row; its ``columns`` are fields of the rows.

    Numbers that are not whole have three decimals; what is not known is empty.
    """
    head = tuple(columns)
    return _csv(head, ([_cell(getattr(row, name)) for name in head] for row in rows))


def labels(spans: Iterable[tuple[float, float, str]]) -> str:
    """Return a label track as Audacity reads it: start, end and text of each, by tabs.

    A label that ends where it starts is a point.
    """
    return "".join(
        f"{start_s:.6f}\t{end_s:.6f}\t{' '.join(text.split())}\n" for start_s, end_s, text in spans
    )


def chords_text(found: Iterable[tuple[float, str]]) -> str:
    """Return a line for each chord, to print: when it begins and its name; a dash for none."""
    return "".join(f"{_clock(start_s)}  {name or '-'}\n" for start_s, name in found)


def beats_csv(beats_s: Sequence[float], downbeats_s: Iterable[float]) -> str:
    """Return a line for each beat: its time, the bar it is in and its place in it, from 1.

    Beats before the first bar are in bar 0. Without bars both columns are empty.
    """
    rows = (
        (f"{beat_s:.3f}", *(place or ("", ""))) for beat_s, place in _places(beats_s, downbeats_s)
    )
    return _csv(("time_s", "bar", "beat"), rows)


def beat_labels(beats_s: Sequence[float], downbeats_s: Iterable[float]) -> str:
    """Return a point for each beat, named ``bar.beat``, from 1; by its number without bars."""
    places = enumerate(_places(beats_s, downbeats_s), start=1)
    return labels(
        (beat_s, beat_s, f"{place[0]}.{place[1]}" if place else str(number))
        for number, (beat_s, place) in places
    )


def _places(
    beats_s: Sequence[float], downbeats_s: Iterable[float]
) -> Iterator[tuple[float, tuple[int, int] | None]]:
    """Yield each beat with its bar and its place in that; None without bars."""
    first_of_bar = {round(downbeat_s, 3) for downbeat_s in downbeats_s}
    bar, place = 0, 0
    for beat_s in beats_s:
        if round(beat_s, 3) in first_of_bar:
            bar, place = bar + 1, 0
        place += 1
        yield beat_s, (bar, place) if first_of_bar else None


def _cell(value: object) -> object:
    if value is None:
        return ""
    return f"{value:.3f}" if isinstance(value, float) else value


def _csv(head: tuple[str, ...], rows: Iterable[Sequence[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return out.getvalue()


def _clock(time_s: float) -> str:
    minutes, hundredths = divmod(round(time_s * 100), 6000)
    return f"{minutes}:{hundredths / 100:05.2f}"
