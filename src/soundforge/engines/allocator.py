"""The C library's memory: kept while a process works, given back when it waits."""

from __future__ import annotations

import contextlib
import ctypes
from typing import Final

_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
_ALL: Final = 1 << 30


def keep_what_was_freed() -> None:
    """Let arrays use the memory of those before them.

    Else glibc gives every large array back to the system and asks for the next one, page by page:
    a tenth of the time of a short analysis. Nothing happens where there is no glibc.
    """
    with contextlib.suppress(OSError, AttributeError, TypeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(_MMAP_THRESHOLD, _ALL)
        libc.mallopt(_TRIM_THRESHOLD, _ALL)


def give_back() -> None:
    """Return what was freed to the system; nothing happens where there is no glibc."""
    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
