"""Tracks: add, find, list, delete and restore."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, func, or_, select, tuple_, update
from sqlalchemy.orm import selectinload

from soundforge import errors
from soundforge.db.base import utc_now
from soundforge.library import announce, states
from soundforge.library.lifecycle import Status
from soundforge.library.models import Job, Stem, Track

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Select

    from soundforge.db.session import Session
    from soundforge.library.states import Filter

_WHOLE: Final = (
    selectinload(Track.jobs),
    selectinload(Track.stems),
    selectinload(Track.analyses),
)


@dataclass(frozen=True, slots=True)
class Page:
    """Some tracks, newest first; ``next_after`` continues behind the last one."""

    tracks: Sequence[Track]
    next_after: tuple[datetime, uuid.UUID] | None


async def add(session: Session, owner_id: uuid.UUID, **fields: Any) -> Track:
    """Add a track to ``owner_id``'s library."""
    (track,) = await add_many(session, owner_id, [fields])
    return track


async def add_many(
    session: Session, owner_id: uuid.UUID, each: Iterable[Mapping[str, Any]]
) -> list[Track]:
    """Add tracks to ``owner_id``'s library; the last one counts as the newest."""
    # Their order must not hang on the clock: the times of two rows may be equal.
    now, step = utc_now(), timedelta(microseconds=1)
    added = [
        Track(owner_id=owner_id, inserted_at=now + index * step, **fields)
        for index, fields in enumerate(each)
    ]
    session.add_all(added)
    await session.flush()
    await announce.tracks_changed(session, [track.id for track in added])
    return added


async def find_spotify(
    session: Session, owner_id: uuid.UUID, spotify_ids: Sequence[str]
) -> dict[str, Track]:
    """Return those of ``spotify_ids`` that the owner already has, by Spotify id."""
    statement = select(Track).where(
        Track.owner_id == owner_id, Track.spotify_id.in_(spotify_ids), Track.deleted_at.is_(None)
    )
    return {track.spotify_id or "": track for track in await session.scalars(statement)}


async def get(session: Session, owner_id: uuid.UUID, track_id: uuid.UUID) -> Track:
    """Return the owner's track with its jobs, stems and analyses.

    Raises:
        errors.NotFound: There is no such track, or it is somebody else's (``track_not_found``).
    """
    statement = (
        select(Track)
        .where(Track.id == track_id, Track.owner_id == owner_id, Track.deleted_at.is_(None))
        .options(*_WHOLE)
        .execution_options(populate_existing=True)
    )
    track = await session.scalar(statement)
    if track is None:
        raise errors.NotFound("track_not_found", "There is no such track.")
    return track


async def get_many(
    session: Session,
    owner_id: uuid.UUID,
    track_ids: Sequence[uuid.UUID],
    *,
    search: str = "",
    state: Filter = "all",
) -> Sequence[Track]:
    """Return those of ``track_ids`` that are the owner's, with jobs, stems and analyses.

    ``search`` and ``state`` leave out what a `page` of the same would.
    """
    statement = _owned(owner_id).where(Track.id.in_(track_ids), *_conditions(search, state))
    statement = statement.options(*_WHOLE)
    return (await session.scalars(statement.execution_options(populate_existing=True))).all()


async def find_recording(
    session: Session, owner_id: uuid.UUID, recording_path: str
) -> Track | None:
    """Return the owner's track whose recording lies at ``recording_path``; None if none does."""
    statement = _owned(owner_id).where(Track.recording_path == recording_path)
    return (await session.scalars(statement)).first()


async def page(
    session: Session,
    owner_id: uuid.UUID,
    *,
    limit: int = 50,
    after: tuple[datetime, uuid.UUID] | None = None,
    search: str = "",
    state: Filter = "all",
) -> Page:
    """Return the owner's tracks, newest first.

    Args:
        session: The transaction to read in.
        owner_id: Whose library.
        limit: Most tracks returned.
        after: Where the last page ended (`Page.next_after`).
        search: Words that must be in title, artist or album; case does not matter.
        state: Which of them; see `states`.
    """
    statement = _owned(owner_id).where(*_conditions(search, state)).options(*_WHOLE)
    if after is not None:
        statement = statement.where(tuple_(Track.inserted_at, Track.id) < tuple_(*after))
    statement = statement.order_by(Track.inserted_at.desc(), Track.id.desc()).limit(limit + 1)
    found = (await session.scalars(statement)).all()
    has_more = len(found) > limit
    shown = found[:limit]
    return Page(shown, (shown[-1].inserted_at, shown[-1].id) if has_more else None)


async def counts(session: Session, owner_id: uuid.UUID) -> dict[str, int]:
    """Return how many of the owner's tracks each filter shows."""
    owned = _owned(owner_id).with_only_columns(states.column().label("state")).subquery()
    found = [
        func.count().filter(owned.c.state.in_(shown)).label(name)
        for name, shown in states.FILTERS.items()
    ]
    return dict((await session.execute(select(*found))).mappings().one())


async def total_duration_s(session: Session, owner_id: uuid.UUID) -> float:
    """Return how long all of the owner's tracks are together."""
    inner = _owned(owner_id).subquery()
    total = await session.scalar(select(func.sum(inner.c.duration_ms)))
    return float(total or 0) / 1000


async def lock_library(session: Session, owner_id: uuid.UUID) -> None:
    """Let one import at a time look for and add the owner's tracks, until the commit."""
    key = owner_id.int & (2**63 - 1)
    await session.execute(select(func.pg_advisory_xact_lock(key)))


async def lock(session: Session, track_id: uuid.UUID) -> Track | None:
    """Hold the track's row until the transaction ends, so that its jobs end one by one."""
    return await session.get(Track, track_id, with_for_update=True)


async def delete_softly(session: Session, track: Track) -> None:
    """Move the track to the bin: hidden, restorable, purged later."""
    track.deleted_at = utc_now()
    await session.flush()
    await announce.tracks_changed(session, [track.id])


async def restore(session: Session, owner_id: uuid.UUID, track_id: uuid.UUID) -> Track:
    """Bring a deleted track back.

    Raises:
        errors.NotFound: It is not in the bin (``track_not_found``).
        errors.Conflict: The song was imported again meanwhile (``track_exists``).
    """
    await lock_library(session, owner_id)  # an import of the same song may be under way
    track = await session.scalar(
        select(Track).where(
            Track.id == track_id, Track.owner_id == owner_id, Track.deleted_at.is_not(None)
        )
    )
    if track is None:
        raise errors.NotFound("track_not_found", "There is no such track in the bin.")
    if track.spotify_id and await find_spotify(session, owner_id, [track.spotify_id]):
        raise errors.Conflict(
            "track_exists", "This song is in your library again already.", "Use that one."
        )
    track.deleted_at = None
    await session.flush()
    await announce.tracks_changed(session, [track.id])
    return track


async def purge(session: Session, *, older_than_days: int) -> int:
    """Delete for good what has been in the bin for longer; its files go with the next sweep."""
    limit = utc_now() - timedelta(days=older_than_days)
    gone = await session.execute(delete(Track).where(Track.deleted_at < limit).returning(Track.id))
    return len(gone.all())


async def check_recording(session: Session, known: Track) -> None:
    """Check, with the track locked, that its recording is still the one that ``known`` had.

    Raises:
        errors.Unavailable: It was replaced meanwhile (``recording_replaced``).
    """
    statement = select(Track.recording_sha256).where(Track.id == known.id)
    if await session.scalar(statement) != known.recording_sha256:
        raise errors.Unavailable(
            "recording_replaced",
            "The recording was replaced while it was worked on.",
            "It is done again by itself, with the new one.",
        )


async def set_recording(session: Session, track_id: uuid.UUID, **fields: Any) -> None:
    """Record where the track's recording lies and what it is."""
    await session.execute(update(Track).where(Track.id == track_id).values(**fields))
    await announce.tracks_changed(session, [track_id])


def newest_stems(track: Track) -> list[Stem]:
    """Return the stems of the track's newest separation that completed."""
    made_by = newest_done(track, "separate")
    return [stem for stem in track.stems if made_by and stem.job_id == made_by.id]


def newest_done(track: Track, stage: str) -> Job | None:
    """Return the track's newest job of ``stage`` that completed; None when none has."""
    done = [job for job in track.jobs if job.stage == stage and job.status == Status.COMPLETED]
    return done[-1] if done else None


def newest_feature(track: Track, feature: str) -> dict[str, Any] | None:
    """Return what the newest analysis that looked for ``feature`` found; None when none did."""
    found = (analysis.features.get(feature) for analysis in reversed(track.analyses))
    return next((one for one in found if one is not None), None)


def _owned(owner_id: uuid.UUID) -> Select[Track]:
    return select(Track).where(Track.owner_id == owner_id, Track.deleted_at.is_(None))


def _conditions(search: str, state: Filter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    for word in search.split():
        like = f"%{_escape_like(word)}%"
        columns = (Track.title, Track.artist, Track.album)
        conditions.append(or_(*(column.ilike(like, escape="\\") for column in columns)))
    if state != "all":
        conditions.append(states.column().in_(states.FILTERS[state]))
    return conditions


def _escape_like(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
