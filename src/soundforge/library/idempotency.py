"""Answer a repeated request with its first answer (Idempotency-Key).

An answer is kept in the transaction of the work that it tells of: both are there, or neither. So a
key without an answer has done nothing, and whoever left it behind can be forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from soundforge import errors
from soundforge.db.base import utc_now
from soundforge.library.models import IdempotentRequest

if TYPE_CHECKING:
    import uuid

    from soundforge.db.session import Session

_ABANDONED_AFTER: Final = timedelta(minutes=10)
_FORGOTTEN_AFTER: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered the first time."""

    status_code: int
    body: dict[str, Any]


async def claim(session: Session, owner_id: uuid.UUID, key: str, fingerprint: str) -> Answer | None:
    """Take ``key`` for a request; return the first answer if there was one already.

    Raises:
        errors.Invalid: The key was used for another request (``idempotency_key_reused``).
        errors.Conflict: The first request is still at work (``request_in_progress``).
    """
    now = utc_now()
    await session.execute(
        delete(IdempotentRequest).where(
            IdempotentRequest.owner_id == owner_id,
            IdempotentRequest.inserted_at < now - _FORGOTTEN_AFTER,
        )
    )
    first = await _first(session, owner_id, key, fingerprint)
    if first is None:
        return None
    if first.fingerprint != fingerprint:
        raise errors.Invalid(
            "idempotency_key_reused",
            "This Idempotency-Key was used for another request.",
            "Use a new key for a new request.",
        )
    if first.status_code is not None:
        return Answer(first.status_code, first.body or {})
    if first.updated_at > now - _ABANDONED_AFTER:
        raise errors.Conflict(
            "request_in_progress", "The first request with this key is still at work.", "Wait."
        )
    first.updated_at = now
    return None


class AlreadyAnsweredError(Exception):
    """Somebody else did the request meanwhile, and kept the answer."""


async def keep(
    session: Session, owner_id: uuid.UUID, key: str, fingerprint: str, answer: Answer
) -> None:
    """Remember what the request with ``key`` is answered, if what was done is committed.

    Raises:
        AlreadyAnsweredError: It was given up, and done by another one: this one must not commit.
    """
    values = {"status_code": answer.status_code, "body": answer.body}
    kept = await session.execute(
        insert(IdempotentRequest)
        .values(owner_id=owner_id, key=key, fingerprint=fingerprint, **values)
        .on_conflict_do_update(
            index_elements=[IdempotentRequest.owner_id, IdempotentRequest.key],
            set_=values,
            where=IdempotentRequest.status_code.is_(None),
        )
        .returning(IdempotentRequest.id)
    )
    if kept.first() is None:
        raise AlreadyAnsweredError


async def release(session: Session, owner_id: uuid.UUID, key: str) -> None:
    """Forget a request that failed, so that it can be sent again; one that is answered stays."""
    await session.execute(
        delete(IdempotentRequest).where(
            IdempotentRequest.owner_id == owner_id,
            IdempotentRequest.key == key,
            IdempotentRequest.status_code.is_(None),
        )
    )


async def release_unanswered(session: Session) -> int:
    """Forget the requests that were at work when the server ended; return how many there were.

    Call it before requests are taken: whoever worked on these is gone.
    """
    gone = await session.execute(
        delete(IdempotentRequest)
        .where(IdempotentRequest.status_code.is_(None))
        .returning(IdempotentRequest.id)
    )
    return len(gone.all())


async def _first(
    session: Session, owner_id: uuid.UUID, key: str, fingerprint: str
) -> IdempotentRequest | None:
    """Return the request that has ``key``, locked; None when it is this one from now on."""
    while True:
        added = await session.execute(
            insert(IdempotentRequest)
            .values(owner_id=owner_id, key=key, fingerprint=fingerprint)
            .on_conflict_do_nothing()
            .returning(IdempotentRequest.id)
        )
        if added.first() is not None:
            return None
        first = await session.scalar(
            select(IdempotentRequest)
            .where(IdempotentRequest.owner_id == owner_id, IdempotentRequest.key == key)
            .with_for_update()
        )
        if first is not None:  # otherwise it failed between the two, and the key is free again
            return first
