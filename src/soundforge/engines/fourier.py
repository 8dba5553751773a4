"""Real Fourier transforms of many rows at once, for engines that start often and end soon.

scipy's transform takes several rows at a time and is three times as fast as numpy's for that; but
to import `scipy.fft` takes longer than to transform a song. The compiled module behind it is light,
so it is loaded by itself; where scipy keeps it elsewhere, `scipy.fft` is used.
"""

from __future__ import annotations

import importlib.util
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NAME: Final = "scipy.fft._pocketfft.pypocketfft"
_BY_LENGTH: Final = 2  # pocketfft's word for the inverse's scale


def rfft(rows: NDArray[np.floating], length: int | None = None) -> NDArray[np.complexfloating]:
    """Return the transforms of the rows (the last axis), ``length // 2 + 1`` bins each.

    Single precision stays single.

    Args:
        rows: Shape ``(…, n)``.
        length: Zeros are appended up to this length, or the end is cut off; None for ``n``.
    """
    if length is not None and length != rows.shape[-1]:
        rows = rows[..., :length]
        missing = length - rows.shape[-1]
        rows = np.pad(rows, [(0, 0)] * (rows.ndim - 1) + [(0, missing)])
    if _pocketfft is None:
        return _public().rfft(rows, axis=-1)  # type: ignore[no-any-return]
    return _pocketfft.r2c(rows, axes=(-1,))  # type: ignore[no-any-return]


def irfft(bins: NDArray[np.inexact], length: int) -> NDArray[np.floating]:
    """Return the rows of ``length`` samples that `rfft` makes ``bins`` of.

    Args:
        bins: Shape ``(…, length // 2 + 1)``; real ones, as of a power spectrum, will do.
        length: Samples of a row.
    """
    if np.isrealobj(bins):
        bins = bins + 0j  # in its own precision
    if _pocketfft is None:
        return _public().irfft(bins, length, axis=-1)  # type: ignore[no-any-return]
    return _pocketfft.c2r(  # type: ignore[no-any-return]
        bins, axes=(-1,), lastsize=length, forward=False, inorm=_BY_LENGTH
    )


def fast_length(least: int) -> int:
    """Return the shortest even length from ``least`` on that has no factor above 5."""
    length = max(2, least + least % 2)
    while _rest(length) > 1:
        length += 2
    return length


def _rest(length: int) -> int:
    for factor in (2, 3, 5):
        while length % factor == 0:
            length //= factor
    return length


def _public() -> Any:
    import scipy.fft

    return scipy.fft


def _load() -> Any:
    """Return scipy's compiled transforms without scipy around them; None if that cannot be."""
    if _NAME in sys.modules:
        return sys.modules[_NAME]
    scipy = importlib.util.find_spec("scipy")
    if scipy is None or not scipy.submodule_search_locations:
        return None
    folder = Path(scipy.submodule_search_locations[0], *_NAME.split(".")[1:-1])
    files = (folder / f"pypocketfft{suffix}" for suffix in EXTENSION_SUFFIXES)
    spec = next(
        (importlib.util.spec_from_file_location("pypocketfft", f) for f in files if f.is_file()),
        None,
    )
    if spec is None or spec.loader is None:
        return None
    try:
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        bins = module.r2c(np.zeros(2), axes=(-1,))
        module.c2r(bins, axes=(-1,), lastsize=2, forward=False, inorm=_BY_LENGTH)
    except (ImportError, AttributeError, TypeError):
        return None
    return module


_pocketfft: Final = _load()
