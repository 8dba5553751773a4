"""The shapes in which the pages see a track, its stages and its stems."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from soundforge.web.song_view import NO_LANDMARKS, LandmarksView

if TYPE_CHECKING:
    from datetime import datetime

    from soundforge.library.lifecycle import Work
    from soundforge.library.states import State
    from soundforge.web.song_view import SoundView

StageStatus: TypeAlias = Literal[
    "waiting", "queued", "downloading", "processing", "completed", "failed", "cancelled"
]
"""The words of the API, and ``waiting`` for a stage that has no job yet."""


@dataclass(frozen=True, slots=True)
class ErrorView:
    """A failure in plain words: a sentence, what to do now, a code to look it up."""

    code: str
    message: str
    next_step: str = ""


@dataclass(frozen=True, slots=True)
class StageView:
    """One stage of a track's way through the pipeline.

    Args:
        job_id: None as long as the stage waits for the one before it.
        progress: Percent, 0 to 100.
        message: What it is doing, or why it waits; may be empty.
        eta_s: Seconds left by measured throughput; None when it is not known yet.
        eta_error_s: How far off ``eta_s`` may be, either way.
        queue_position: 1 is next; None when the stage does not wait in a queue.
        model: What separates it; None for other stages.
        ready_s: Seconds of every stem that can be played while it is being separated.
        note: Which model stands in for the one that was asked for; may be empty.
    """

    name: Work
    status: StageStatus
    job_id: str | None = None
    progress: int = 0
    message: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    eta_s: float | None = None
    eta_error_s: float | None = None
    queue_position: int | None = None
    attempt: int = 1
    model: str | None = None
    ready_s: float = 0.0
    note: str = ""
    error: ErrorView | None = None


@dataclass(frozen=True, slots=True)
class StemView:
    """One stem, and where its sound is.

    Args:
        job_id: The separation that makes it.
        stem_type: ``vocals``, ``drums`` … ; open for more.
        label: For people: ``Vocals``.
        chunks_url: Piece ``n`` (FLAC, from 0) is at ``<chunks_url>/<n>``; all stems of a job are
            cut at the same samples.
        chunk_s: Length of the pieces, but for the last one.
        peaks_url: One unsigned byte per 10 ms, 255 is full scale.
        file_url: The whole stem, as a download; empty while it is being made.
        sample_rate_hz: Of the pieces; the file may have the recording's own.
    """

    id: str
    job_id: str
    stem_type: str
    label: str
    chunks_url: str
    chunk_s: int
    peaks_url: str
    file_url: str
    size_bytes: int
    duration_s: float
    sample_rate_hz: int


@dataclass(frozen=True, slots=True)
class SeparationView:
    """What is known of the separation that made a track's stems.

    Args:
        mix_url: The mix without some stems is at ``<mix_url>?without=<stem type>``.
        null_test_db: How far the stems' sum is from the mix, in dB, higher is better; None when
            it was not measured.
        is_reused: Whether the same audio had been separated before.
        has_card: Whether a graphics card made them.
        fallback: Why the CPU made them although a graphics card was wanted; else empty.
        zip_url: All stems in one file.
        precision: What the networks computed in: ``f32`` or ``f16``; empty when not known.
        mended_samples: How many samples of the recording were no numbers.
        segment_s: Length of the segments where memory was too short for the model's own; else 0.
        model: The model's name; empty when not known.
        gain_db: What all FLAC files were changed by, 0 or below; None when not known.
    """

    mix_url: str
    null_test_db: float | None = None
    is_reused: bool = False
    has_card: bool = False
    fallback: str = ""
    zip_url: str = ""
    precision: str = ""
    mended_samples: int = 0
    segment_s: int = 0
    model: str = ""
    gain_db: float | None = None


@dataclass(frozen=True, slots=True)
class NotesView:
    """The notes of a track, as far as somebody asked for them.

    Args:
        stage: The newest job that writes them down.
        midi_url: The file; empty until one was written.
        counts: How many notes each stem of that file has, by its label.
        quantise: The grid they were moved to; None where they lie as they were played.
        rows_url: The notes as rows; takes ``format`` and ``version``. Empty until some were written.
    """

    stage: StageView
    midi_url: str = ""
    counts: tuple[tuple[str, int], ...] = ()
    quantise: str | None = None
    rows_url: str = ""


@dataclass(frozen=True, slots=True)
class VersionView:
    """The stems of a track in another tempo or key.

    Args:
        job_id: The warp that made it.
        rate: 0.8 is four fifths of the tempo.
        semitones: How much higher it is.
        is_steady: Whether its bars were evened out.
        mix_url: The whole of it as one file.
        zip_url: All of its stems in one file.
        timeline_url: Chords, beats and parts as they lie in it; empty where there are none.
        landmarks: Cue points and loops as they lie in it.
    """

    job_id: str
    rate: float
    semitones: float
    is_steady: bool
    stems: tuple[StemView, ...]
    mix_url: str
    zip_url: str = ""
    timeline_url: str = ""
    landmarks: LandmarksView = NO_LANDMARKS


@dataclass(frozen=True, slots=True)
class SongUrls:
    """Where to get what was found along the time of a track; empty where nothing was.

    Args:
        timeline: For the player; another address after another analysis.
        chords: Takes ``format``, ``labels``, ``transpose`` and ``version``.
        beats: Takes ``format`` and ``version``, as do those that follow.
        sections: The parts.
        cues: The cue points.
        loops: The loops.
        energy: The energy curve.
        tempo: The tempo curve; empty too where the tempo does not drift.
        analysis: All of it as one file; takes nothing.
        curves: The curves and matrices behind the newest analysis; takes nothing.
    """

    timeline: str = ""
    chords: str = ""
    beats: str = ""
    sections: str = ""
    cues: str = ""
    loops: str = ""
    energy: str = ""
    tempo: str = ""
    analysis: str = ""
    curves: str = ""


@dataclass(frozen=True, slots=True)
class TrackView:
    """One track of the library, with all a card or its page shows.

    Args:
        art_url: An address on this server; None for a cover drawn from the title.
        stages: In the order of the pipeline.
        key_name: ``A minor``.
        camelot: ``8A``.
        sample_rate_hz: Of the recording; None before it is there.
        stems: Of the newest finished separation; empty before.
        coming: The stems that are being made and can be played in part, when there are no
            others; their job is the stage ``separate``.
        separation: What made ``stems``; None without any.
        lanes: What the timeline has for the desk, so that there is room for it at once:
            ``chords``, ``parts``, ``keys``, ``cues``, ``loops``, ``energy``, ``tempo``.
        landmarks: Cue points and loops of the recording.
        notes: None as long as nobody asked for them.
        has_bars: Whether bars were found, so that they can be evened out.
        versions: In other tempi and keys, the newest first.
        warp: The newest job that makes a version, unless it completed.
        error: The failure to show first, when ``state`` is ``failed``.
    """

    id: str
    title: str
    artist: str | None
    album: str | None
    art_url: str | None
    duration_s: float | None
    state: State
    stages: tuple[StageView, ...]
    inserted_at: datetime
    key_name: str | None = None
    camelot: str | None = None
    tempo_bpm: float | None = None
    sound: SoundView | None = None
    sample_rate_hz: int | None = None
    stems: tuple[StemView, ...] = ()
    coming: tuple[StemView, ...] = ()
    separation: SeparationView | None = None
    urls: SongUrls = SongUrls()
    lanes: frozenset[str] = frozenset()
    landmarks: LandmarksView = NO_LANDMARKS
    notes: NotesView | None = None
    has_bars: bool = False
    versions: tuple[VersionView, ...] = ()
    warp: StageView | None = None
    error: ErrorView | None = None
