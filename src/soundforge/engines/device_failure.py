"""What goes wrong on a graphics card, in two kinds: too little memory, and all the rest.

torch raises one type for nearly everything; which of the two it was stands in the sentence.
"""

from __future__ import annotations

from typing import Final

_FULL: Final = (
    "out of memory",  # CUDA's allocator, CUDA itself, MPS
    "alloc_failed",  # CUBLAS_STATUS_ALLOC_FAILED, CUDNN_STATUS_ALLOC_FAILED
    "failed to allocate",
    "not enough memory",
)


class DeviceFull(Exception):
    """The device has too little memory for what was asked of it."""


class DeviceFailed(Exception):
    """The device cannot compute this; the message says why, for a person."""


def translate(error: Exception) -> DeviceFull | DeviceFailed:
    """Return what an exception out of torch means.

    Args:
        error: ``torch.OutOfMemoryError``, another ``RuntimeError``, or what else it raises.
    """
    text = str(error)
    words = text.lower()
    if type(error).__name__ == "OutOfMemoryError" or any(sign in words for sign in _FULL):
        return DeviceFull(_first_line(text))
    return DeviceFailed(_first_line(text) or type(error).__name__)


def _first_line(text: str) -> str:
    """What follows the first line are hints for programmers, and a stack of C++."""
    return text.strip().partition("\n")[0].strip()
