"""Signed tokens: what we hand to browsers and believe when it comes back.

A token says what it is for and when it was made, so that none can stand in for another and none
lives for ever. It is signed, not secret.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import time
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

COOKIE: Final = "sfa_live"
COOKIE_MAX_AGE_S: Final = 60 * 60 * 24 * 60
VIEW_MAX_AGE_S: Final = 60 * 60 * 24 * 14
FLASH_MAX_AGE_S: Final = 60
FLASH_COOKIE: Final = "__phoenix_flash__"
"""Named by the client: it carries a flash over a full page load."""


class Signer:
    """Makes and checks tokens.

    Args:
        key: At least 32 secret bytes; whoever has them can be anybody.
        now: Wall-clock seconds.
    """

    def __init__(self, key: bytes, now: Callable[[], float] = time.time) -> None:
        if len(key) < 32:
            raise ValueError("a signing key has at least 32 bytes")
        self._key = key
        self._now = now

    def sign(self, purpose: str, value: Any) -> str:
        """Return a token for a JSON value; it is good for this purpose only."""
        content = json.dumps([int(self._now()), value], separators=(",", ":")).encode()
        return f"{_b64(content)}.{_b64(self._mac(purpose, content))}"

    def verify(self, purpose: str, token: object, *, max_age_s: float) -> Any | None:
        """Return the value of a token, or None when it is not ours, too old, or for other use."""
        if not isinstance(token, str) or token.count(".") != 1:
            return None
        try:
            content, mac = map(_unb64, token.split("."))
        except (binascii.Error, ValueError):
            return None
        if not hmac.compare_digest(self._mac(purpose, content), mac):
            return None
        made_at_s, value = json.loads(content)
        age_s = self._now() - made_at_s
        return value if -60 <= age_s <= max_age_s else None

    def _mac(self, purpose: str, content: bytes) -> bytes:
        return hmac.digest(self._key, purpose.encode() + b"\0" + content, hashlib.sha256)


class BrowserSession:
    """One browser, known by a random id in a cookie; its CSRF tokens are good for it alone.

    Args:
        signer: Signs cookie and tokens.
        session_id: The random id.
    """

    def __init__(self, signer: Signer, session_id: str) -> None:
        self._signer = signer
        self.session_id = session_id

    @classmethod
    def new(cls, signer: Signer) -> BrowserSession:
        """Begin a session."""
        return cls(signer, secrets.token_urlsafe(24))

    @classmethod
    def of(cls, signer: Signer, cookies: Mapping[str, str]) -> BrowserSession | None:
        """Return the session that the cookies name, or None."""
        session_id = signer.verify("cookie", cookies.get(COOKIE), max_age_s=COOKIE_MAX_AGE_S)
        return cls(signer, session_id) if isinstance(session_id, str) else None

    def cookie(self) -> str:
        """Return the cookie's value."""
        return self._signer.sign("cookie", self.session_id)

    def csrf_token(self) -> str:
        """Return a token for the page's forms and its socket."""
        return self._signer.sign("csrf", self.session_id)

    def owns_csrf_token(self, token: object) -> bool:
        """Say whether a CSRF token was made for this browser."""
        owner = self._signer.verify("csrf", token, max_age_s=COOKIE_MAX_AGE_S)
        return isinstance(owner, str) and hmac.compare_digest(owner, self.session_id)


def _b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
