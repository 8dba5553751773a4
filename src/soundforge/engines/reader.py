"""What an open audio file is, whatever decodes it, and how a damaged one is told."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, Protocol, Self

from soundforge.engines.runtime import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

    import numpy as np
    from numpy.typing import NDArray

logger = logging.getLogger(__name__)

BLOCK_FRAMES: Final = 65536


class AudioReader(Protocol):
    """An open audio file.

    Attributes:
        sample_rate_hz: Frames per second, as stored.
        channels: Channels, as stored.
        frames: Declared length, or None when the file does not say; it may lie.
        format: Short upper-case name of the container: ``FLAC``, ``MP3``, ``M4A``.
    """

    sample_rate_hz: int
    channels: int
    frames: int | None
    format: str

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None: ...

    def close(self) -> None:
        """Release the file."""

    def blocks(self, frames: int = BLOCK_FRAMES) -> Iterator[NDArray[np.float32]]:
        """Yield the audio once, as arrays ``(n, channels)`` with ``1 <= n <= frames``.

        Raises:
            EngineError: ``file_truncated`` or ``decode_failed``.
        """
        ...


def truncated(path: Path) -> EngineError:
    """Return the error for a file whose end is missing."""
    return EngineError(
        "file_truncated",
        f"{path.name} ends before its audio does; the file is not complete.",
        "Copy or download the file again.",
    )


def undecodable(path: Path, why: object) -> EngineError:
    """Return the error for a file that looks like audio and is not; ``why`` goes to the log."""
    logger.warning("decoding failed: %s", why)
    return EngineError(
        "decode_failed",
        f"{path.name} is damaged: it could not be decoded.",
        "Play it elsewhere to check it, or send another copy.",
    )
