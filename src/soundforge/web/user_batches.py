"""The batches of one user: what the pages ask for, from the library and the pipeline."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Final

from soundforge import errors
from soundforge.library import batches as rows
from soundforge.pipeline import batches
from soundforge.pipeline.plans import Separation
from soundforge.web.batch_view import BatchView, batch_view

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from soundforge.pipeline import Tools

_SHOWN: Final = 10


class UserBatches:
    """See `soundforge.web.batch_view.BatchStudio`; a part of `UserStudio`."""

    _tools: Tools
    _user_id: uuid.UUID

    async def batches(self, seen: Collection[str] = ()) -> tuple[BatchView, ...]:
        """Return the newest batches that are worth a look, and those of ``seen``."""
        seen_ids = [one for text in seen if (one := _id(text)) is not None]
        async with self._tools.database.transaction() as session:
            found = await rows.shown(session, self._user_id, limit=_SHOWN, seen=seen_ids)
            standings = await batches.now(session, found)
        return tuple(batch_view(one) for one in standings if one.standing.total)

    async def separate_all(self, track_ids: Sequence[str], *, model: str | None = None) -> None:
        """Separate several tracks."""
        if len(track_ids) > batches.MOST_TRACKS:
            raise errors.Invalid(
                "batch_too_large",
                f"That is {len(track_ids)} tracks; {batches.MOST_TRACKS} at once are taken.",
                "Select fewer.",
            )
        ids = [found for text in track_ids if (found := _id(text)) is not None]
        await batches.begin(self._tools, self._user_id, ids, separation=Separation(model))

    async def cancel_batch(self, batch_id: str) -> None:
        """End all of a batch that waits or runs."""
        await batches.cancel(self._tools, self._user_id, _batch_id(batch_id))

    async def retry_batch(self, batch_id: str) -> None:
        """Let what failed of a batch run again."""
        await batches.retry(self._tools, self._user_id, _batch_id(batch_id))

    async def close_batch(self, batch_id: str) -> None:
        """Put a batch away."""
        async with self._tools.database.transaction() as session:
            await rows.close(session, await rows.get(session, self._user_id, _batch_id(batch_id)))


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except (ValueError, TypeError, AttributeError):
        return None


def _batch_id(text: str) -> uuid.UUID:
    found = _id(text)
    if found is None:
        raise errors.NotFound("batch_not_found", "There is no such batch.")
    return found
