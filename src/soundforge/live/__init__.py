"""Live pages and channels: our own server for the official Phoenix clients.

Two doors. `SocketEndpoint` serves channels (``docs/reference/channels.md``); `LiveSite` serves live
pages on top of it (``docs/howto/add-a-page.md``). The package knows no music.
"""

from __future__ import annotations

from soundforge.live.bus import Bus, Message, Notice, Subscription
from soundforge.live.channel import Channel, JoinRefused, Reply
from soundforge.live.endpoint import Client, ConnectInfo, SocketEndpoint
from soundforge.live.escape import Safe
from soundforge.live.limits import Access, Limits
from soundforge.live.page import LivePage
from soundforge.live.session import Signer
from soundforge.live.site import LayoutParts, LiveSite, PageRoute, import_map
from soundforge.live.stream import Stream
from soundforge.live.template import Template

__all__ = [
    "Access",
    "Bus",
    "Channel",
    "Client",
    "ConnectInfo",
    "JoinRefused",
    "LayoutParts",
    "Limits",
    "LivePage",
    "LiveSite",
    "Message",
    "Notice",
    "PageRoute",
    "Reply",
    "Safe",
    "Signer",
    "SocketEndpoint",
    "Stream",
    "Subscription",
    "Template",
    "import_map",
]
