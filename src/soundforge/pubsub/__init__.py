"""Publish and subscribe across processes: one LISTEN connection each, fan-out in memory.

A message only says "look": state is in rows. Whoever may have missed one is told by
``Message.is_lagged`` and reads its rows again.
"""

from __future__ import annotations

from soundforge.pubsub.hub import PubSub
from soundforge.pubsub.message import MAX_PAYLOAD_BYTES, Message
from soundforge.pubsub.subscription import QUEUE_SIZE, Closed, Subscription

__all__ = [
    "MAX_PAYLOAD_BYTES",
    "QUEUE_SIZE",
    "Closed",
    "Message",
    "PubSub",
    "Subscription",
]
