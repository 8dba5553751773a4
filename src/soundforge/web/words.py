"""Numbers and states as people read them: sentence case, plain verbs, honest figures.

What is not known is said to be unknown; nothing is drawn as zero. Every function is pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from soundforge.library.lifecycle import Work
    from soundforge.web.track_view import StageView, StemView, TrackView

DOING: Final[dict[Work, str]] = {
    "download": "Downloading",
    "separate": "Separating",
    "analyze": "Analysing",
    "transcribe": "Writing notes",
    "warp": "Changing tempo and pitch",
}
_DONE: Final[dict[Work, str]] = {
    "download": "Downloaded",
    "separate": "Separated",
    "analyze": "Analysed",
}
_FAILED: Final[dict[Work, str]] = {
    "download": "Download failed",
    "separate": "Separation failed",
    "analyze": "Analysis failed",
}
_LATER: Final[dict[Work, str]] = {
    "download": "Download",
    "separate": "Then separating",
    "analyze": "Then analysing",
}
RUNNING: Final = frozenset({"downloading", "processing"})
_MINUS: Final = "\N{MINUS SIGN}"


def clock(duration_s: float | None) -> str:
    """Return a length as on a player: ``3:40``, ``1:02:05``; an en dash when unknown.

    >>> clock(220), clock(3725.4)
    ('3:40', '1:02:05')
    """
    if duration_s is None:
        return "\N{EN DASH}"
    minutes, seconds = divmod(int(max(0.0, duration_s)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def spoken(duration_s: float) -> str:
    """Return a length as one says it, no finer than it matters.

    >>> spoken(8.2), spoken(110), spoken(3900)
    ('8 s', '1 min 50 s', '1 h 5 min')
    """
    seconds = max(0, round(duration_s))
    if seconds < 60:
        return f"{seconds} s"
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes} min {seconds} s" if seconds else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def eta(stage: StageView) -> str:
    """Return what is left of a running stage: with its error, or that it is being measured."""
    if stage.eta_s is None:
        return "Measuring how long it takes…"
    step_s = _grain(stage.eta_s)
    left_s = max(step_s, step_s * round(stage.eta_s / step_s))
    about = f"About {spoken(left_s)} left"
    if stage.eta_error_s is None:
        return f"{about}."
    # Half the grain is hidden by rounding already: never claim less.
    error_s = max(stage.eta_error_s, step_s / 2)
    error_step_s = 1 if error_s < 10 else 5 if error_s < 60 else _grain(error_s)
    error_s = max(error_step_s, error_step_s * round(error_s / error_step_s))
    return f"{about}, give or take {spoken(error_s)}."


def waiting(stage: StageView) -> str:
    """Return place and reason of a stage that waits in a queue."""
    place = {None: "", 1: ", next in line"}.get(
        stage.queue_position, f", {ordinal(stage.queue_position or 0)} in line"
    )
    reason = sentence(stage.message) or "Starts when a worker is free."
    return f"Waiting{place}. {reason}"


def ordinal(n: int) -> str:
    """Return ``1st``, ``2nd``, ``3rd``, ``11th``."""
    if n % 100 in (11, 12, 13):
        return f"{n}th"
    return f"{n}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(n % 10, 'th') }"


def stage_label(stage: StageView) -> str:
    """Return what the progress strip writes under a stage."""
    match stage.status:
        case "completed":
            return _DONE[stage.name] + _took(stage)
        case "failed":
            return _FAILED[stage.name]
        case "cancelled":
            return f"{DOING[stage.name]} cancelled"
        case "downloading" | "processing":
            return f"{DOING[stage.name]}, {stage.progress}%"
        case _:
            return _LATER[stage.name]


def stage_mark(stage: StageView) -> str:
    """Return how the strip draws a stage: ``done``, ``now``, ``failed`` or ``wait``."""
    if stage.status in RUNNING:
        return "now"
    return {"completed": "done", "failed": "failed"}.get(stage.status, "wait")


def current(track: TrackView) -> StageView | None:
    """Return the stage to speak of: what failed, what runs, or what waits in a queue."""
    for wanted in ({"failed"}, RUNNING, {"queued"}, {"cancelled"}):
        # Separation takes longest: when it runs beside the analysis, it is the one to watch.
        for stage in sorted(track.stages, key=lambda stage: stage.name != "separate"):
            if stage.status in wanted and not (wanted == {"failed"} and track.state != "failed"):
                return stage
    return None


def has_recording(track: TrackView) -> bool:
    """Whether there is something to work on: an upload has it at once, a link after its download."""
    return all(stage.status == "completed" for stage in track.stages if stage.name == "download")


def is_busy(track: TrackView, name: Work) -> bool:
    """Whether a stage waits or works, so that it cannot be started now."""
    busy = RUNNING | {"queued", "waiting"}
    return any(stage.name == name and stage.status in busy for stage in track.stages)


def badge(track: TrackView) -> tuple[str, str, str]:
    """Return text, kind and icon of a track's state; the icon of work is a live dot, ``live``."""
    stage = current(track)
    match track.state:
        case "ready":
            return "Ready", "ok", "check"
        case "failed":
            return "Needs you", "bad", "warn"
        case "cancelled":
            return "Cancelled", "", "x"
        case "working" if stage and stage.status in RUNNING:
            return DOING[stage.name], "now", "live"
        case "empty":
            return "No stems yet", "", "info"
        case _:
            position = stage.queue_position if stage else None
            return f"{ordinal(position)} in line" if position else "Waiting", "", "clock"


def size(size_bytes: int) -> str:
    """Return a file size in decimal units: ``212 MB``.

    >>> size(950), size(21_400_000), size(3_200_000_000)
    ('950 B', '21 MB', '3.2 GB')
    """
    if size_bytes < 1000:
        return f"{size_bytes} B"
    for factor, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        value = size_bytes / factor
        if value >= 0.9995:
            return f"{value:.1f} {unit}" if value < 9.95 else f"{value:.0f} {unit}"
    return f"{size_bytes} B"


def tempo(tempo_bpm: float | None) -> str:
    """Return a tempo for a card: ``122 BPM``; empty when unknown."""
    return f"{tempo_bpm:.0f} BPM" if tempo_bpm else ""


def frequency(frequency_hz: float) -> str:
    """Return a frequency: ``840 Hz``, ``2.4 kHz``."""
    if frequency_hz >= 1000:
        return f"{frequency_hz / 1000:.1f} kHz"
    return f"{frequency_hz:.0f} Hz"


def number(value: float, digits: int) -> str:
    """Return a number with a true minus sign."""
    return f"{value:.{digits}f}".replace("-", _MINUS)


def without(stems: Sequence[StemView]) -> str:
    """Return the query that names all of some stems: ``without=vocals&without=other``."""
    return "&".join(f"without={stem.stem_type}" for stem in stems)


def listed(names: Sequence[str]) -> str:
    """Return ``vocals, drums and bass``."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def tracks(count: int) -> str:
    """Return ``1 track``, ``128 tracks``."""
    return "1 track" if count == 1 else f"{count} tracks"


def _grain(duration_s: float) -> int:
    """How finely a length of this size is told, in seconds."""
    for up_to_s, step_s in ((20, 1), (60, 5), (600, 10), (3600, 60)):
        if duration_s < up_to_s:
            return step_s
    return 300


def _took(stage: StageView) -> str:
    if stage.started_at is None or stage.finished_at is None:
        return ""
    return f" in {spoken((stage.finished_at - stage.started_at).total_seconds())}"


def sentence(text: str) -> str:
    """Return a message with a capital and a full stop."""
    text = text.strip()
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text[-1] in ".!?…" else ".")
