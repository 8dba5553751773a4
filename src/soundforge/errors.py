"""The few ways things go wrong. Who raises says which; who catches decides the rest.

| kind          | over HTTP  | in a job                     |
|---------------|------------|------------------------------|
| `NotFound`    | 404        | fails                        |
| `Invalid`     | 422        | fails                        |
| `Conflict`    | 409        | fails                        |
| `Denied`      | 403        | fails                        |
| `Limited`     | 429        | retried, not before its time |
| `Unavailable` | 503        | retried, then fails          |

Anything else that is raised is a bug: 500, and the job fails with its traceback in the log.
"""

from __future__ import annotations

from typing import ClassVar


class SoundForgeError(Exception):
    """An expected failure.

    Args:
        code: Stable, snake_case, for programs: ``file_too_long``.
        message: One sentence for the user, with the value that was wrong.
        next_step: What the user can do now; empty when there is nothing.
    """

    is_retryable: ClassVar[bool] = False
    retry_after_s: float | None = None

    def __init__(self, code: str, message: str, next_step: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.next_step = next_step


class NotFound(SoundForgeError):
    """What was asked for does not exist, or not for this user."""


class Invalid(SoundForgeError):
    """The request can never succeed as it stands."""


class Conflict(SoundForgeError):
    """The request is fine, but not now, in this state."""


class Denied(SoundForgeError):
    """The user may not do this."""


class Unavailable(SoundForgeError):
    """Something outside us failed and may work later."""

    is_retryable = True

    def __init__(
        self,
        code: str,
        message: str,
        next_step: str = "",
        *,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(code, message, next_step)
        self.retry_after_s = retry_after_s


class Limited(Unavailable):
    """Too many requests, here or at a service we ask; ``retry_after_s`` says until when."""
