"""What a caller wants done in the transaction of the work that it asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from soundforge.db.session import Session

Value = TypeVar("Value")

Also: TypeAlias = "Callable[[Session, Value], Awaitable[None]]"
"""Takes the open transaction and what came of the work; when it raises, nothing was done."""


async def nothing_else(session: Session, value: Any) -> None:
    """Do nothing."""
    del session, value
