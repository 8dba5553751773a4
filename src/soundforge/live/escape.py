"""Values become HTML. Every place in a template has its own rule; the template knows the place."""

from __future__ import annotations

import html
import re
from typing import Final

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_IGNORED_IN_URLS = re.compile(r"[\x00-\x20\x7f]+")
_CSS_VALUE = re.compile(r"[\w#%.,+ -]*\Z")

SAFE_SCHEMES: Final = frozenset({"http", "https", "mailto", "blob"})
URL_ATTRIBUTES: Final = frozenset(
    {
        "href",
        "src",
        "action",
        "formaction",
        "poster",
        "cite",
        "data",
        "background",
        "xlink:href",
        "manifest",
        "ping",
    }
)
NEVER_DYNAMIC: Final = frozenset({"srcdoc", "srcset"})
UNSAFE_URL: Final = "about:blank#unsafe"


class Safe(str):
    """Text that is HTML already. Only for text that we wrote or cleaned ourselves."""

    __slots__ = ()


def text(value: object) -> str:
    """Return a value as HTML text; None and False are empty, `Safe` stays as it is."""
    if value is None or value is False:
        return ""
    return str(value) if isinstance(value, Safe) else html.escape(str(value))


def attribute(value: object) -> str:
    """Return a value for a quoted attribute; None and False are empty.

    `Safe` is escaped too: what is safe between tags may still end an attribute.
    """
    if value is None or value is False:
        return ""
    return html.escape(str(value))


def url(value: object) -> str:
    """Return a value for a quoted attribute that holds an address.

    Addresses without a scheme and those of `SAFE_SCHEMES` pass; ``javascript:`` and every other
    scheme become `UNSAFE_URL`.
    """
    address = "" if value is None or value is False else str(value)
    # Browsers ignore these characters: "java\nscript:" runs.
    scheme = _SCHEME.match(_IGNORED_IN_URLS.sub("", address))
    if scheme and scheme[1].lower() not in SAFE_SCHEMES:
        return UNSAFE_URL
    return html.escape(address)


def css(value: object) -> str:
    """Return a value for a place inside ``style="…"``: a number, a word, a colour; else nothing."""
    value_text = "" if value is None or value is False else str(value)
    return html.escape(value_text) if _CSS_VALUE.match(value_text) else ""


def whole_attribute(name: str, value: object) -> str:
    """Return ``name={value}`` as HTML with a leading space.

    None and False leave the attribute out, True leaves it without a value. A list is joined with
    spaces, without its empty parts: ``class={["card", is_new and "new"]}``.
    """
    if value is None or value is False:
        return ""
    if value is True:
        return f" {name}"
    if isinstance(value, list | tuple):
        value = " ".join(str(part) for part in value if part)
    escaped = url(value) if name in URL_ATTRIBUTES else attribute(value)
    return f' {name}="{escaped}"'
