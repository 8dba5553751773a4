"""The document around every page, and the page that says what went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from soundforge.live.diff import to_html
from soundforge.live.escape import Safe
from soundforge.live.site import LayoutParts, import_map
from soundforge.live.template import Template
from soundforge.web import assets, components, drawing

if TYPE_CHECKING:
    from soundforge.live.diff import Rendered

_SHEETS: Final = (
    "css/tokens.css",
    "css/base.css",
    "css/components.css",
    "css/desk.css",
    "css/pages.css",
)
_LAYOUT: Final = Template.beside(
    __file__, "layout.html", static_path=assets.static_path, sheets=_SHEETS
)
_ERROR: Final = Template.beside(
    __file__, "error.html", brand=components.brand, drawing=drawing, Safe=Safe
)
_HEADLINES: Final = {
    403: "This is not yours to open.",
    404: "There is nothing here.",
    500: "Something went wrong on our side.",
    503: "We are not ready yet.",
}


def layout(parts: LayoutParts) -> Rendered:
    """Return the document around a live page."""
    nonce = getattr(parts.request.state, "csp_nonce", "")
    return _LAYOUT(
        content=parts.content,
        title=parts.title,
        csrf_token=parts.csrf_token,
        imports=import_map(assets.script_imports(), nonce=nonce),
    )


def error_page(
    status: int, *, code: str, message: str, next_step: str = "", request_id: str = ""
) -> str:
    """Return the HTML that answers a person's request which cannot be answered otherwise.

    Args:
        status: The HTTP status; chooses the headline.
        code: Stable code, for whoever looks it up.
        message: One sentence: what is wrong.
        next_step: What to do now.
        request_id: What the log calls this request.
    """
    headline = _HEADLINES.get(status, "That did not work.")
    content = _ERROR(
        headline=headline,
        code=code,
        message=message,
        next_step=next_step,
        request_id=request_id,
    )
    document = _LAYOUT(
        content=Safe(to_html(content)),
        title=f"{headline} · Sound Forge Alchemy",
        csrf_token="",  # no script runs on this page
        imports="",
    )
    return to_html(document)
