"""This process's one LISTEN connection, and the fan-out to its subscribers."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

import psycopg

from soundforge import errors, events
from soundforge.pubsub import message
from soundforge.pubsub.message import Message
from soundforge.pubsub.subscription import Subscription

if TYPE_CHECKING:
    from psycopg import Notify

logger = logging.getLogger(__name__)

_CHECK_EVERY_S: Final = 15.0
_CHECK_TIMEOUT_S: Final = 5.0
_FIRST_DELAY_S: Final = 0.1
_LAST_DELAY_S: Final = 5.0


class PubSub:
    """This process's ear; all its subscribers share one LISTEN connection.

    Args:
        url: ``postgresql://…`` of the database all processes share.
        start_timeout_s: How long `start` waits for the database, s.
    """

    def __init__(self, url: str, *, start_timeout_s: float = 10.0) -> None:
        self._url = url
        self._start_timeout_s = start_timeout_s
        self._subscriptions: defaultdict[str, set[Subscription]] = defaultdict(set)
        self._listening = asyncio.Event()
        self._listener: asyncio.Task[None] | None = None

    @property
    def is_listening(self) -> bool:
        """Whether messages arrive now."""
        return self._listening.is_set()

    async def start(self) -> None:
        """Listen; return when messages arrive.

        Raises:
            errors.Unavailable: The database did not answer in time (``database_unavailable``).
        """
        self._listener = asyncio.create_task(self._listen(), name="pubsub")
        try:
            async with asyncio.timeout(self._start_timeout_s):
                await self._listening.wait()
        except TimeoutError:
            await self.stop()
            raise errors.Unavailable(
                "database_unavailable",
                "The database does not answer.",
                "Check SFA_DATABASE__URL and that the server runs.",
            ) from None
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Close every subscription and connection. Safe to call twice."""
        if self._listener is not None:
            self._listener.cancel()
            await asyncio.gather(self._listener, return_exceptions=True)
        self._listener = None
        for subscription in self._all():
            subscription.close()

    def subscribe(self, topic: str) -> Subscription:
        """Return the messages of a topic from now on."""
        subscription = Subscription(topic, self._forget)
        self._subscriptions[topic].add(subscription)
        return subscription

    def _forget(self, subscription: Subscription) -> None:
        receivers = self._subscriptions.get(subscription.topic, set())
        receivers.discard(subscription)
        if not receivers:
            self._subscriptions.pop(subscription.topic, None)

    def _all(self) -> list[Subscription]:
        return [one for receivers in self._subscriptions.values() for one in receivers]

    async def _listen(self) -> None:
        delay_s = _FIRST_DELAY_S
        is_first = True
        while True:
            try:
                async with await self._connect() as connection:
                    await connection.execute(f"LISTEN {message.CHANNEL}")
                    delay_s = _FIRST_DELAY_S
                    self._listening.set()
                    if not is_first:
                        self._catch_up()
                    is_first = False
                    await self._follow(connection)
            except (psycopg.Error, OSError) as error:
                logger.warning("listener lost", extra={"reason": str(error).strip()})
            except Exception:  # the boundary: whatever broke, listen again
                logger.exception("listener failed")
            self._listening.clear()
            await asyncio.sleep(delay_s)
            delay_s = min(delay_s * 2, _LAST_DELAY_S)

    async def _follow(self, connection: psycopg.AsyncConnection[Any]) -> None:
        while True:
            async for notify in connection.notifies(timeout=_CHECK_EVERY_S):
                self._deliver(notify)
            async with asyncio.timeout(_CHECK_TIMEOUT_S):  # finds a half-open connection
                await connection.execute("SELECT 1")

    def _deliver(self, notify: Notify) -> None:
        announced = message.decode(notify.payload)
        if announced is None:
            logger.warning("announcement not understood", extra={"payload": notify.payload[:200]})
            return
        for subscription in list(self._subscriptions.get(announced.topic, ())):
            subscription.deliver(announced)

    def _catch_up(self) -> None:
        """Tell everybody that what was sent in the gap is lost."""
        logger.info("listener back", extra={"subscribers": len(self._all())})
        for subscription in self._all():
            subscription.deliver(Message(subscription.topic, events.RESYNC, is_lagged=True))

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        return await psycopg.AsyncConnection.connect(
            self._url,
            autocommit=True,
            connect_timeout=5,
            keepalives=1,
            keepalives_idle=10,
            keepalives_interval=5,
            keepalives_count=3,
            application_name="sfa pubsub",
        )
