"""Stems of clicks that a test can measure.

Every stem has a click at the same sample every half second, so that the offset between stems can
be counted in samples. Chunks are real FLAC, cut as the product cuts them.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import soundfile

RATE_HZ = 44_100
STEMS = ("vocals", "drums", "bass", "other")


@dataclass
class ClickStems:
    """Audio of the fake's stems, by stem and chunk number; made on first use.

    Args:
        made_s: How much of them there is.
    """

    made_s: float = 1e9
    _signals: dict[str, Any] = field(default_factory=dict)

    def chunk(self, stem: str, number: int, chunk_s: int, duration_s: float) -> bytes | None:
        """Return the n-th ``chunk_s`` seconds as FLAC, or None past the end."""
        first, after = number * chunk_s, (number + 1) * chunk_s
        samples = self.signal(stem, duration_s)[first * RATE_HZ : after * RATE_HZ]
        if not len(samples) or min(duration_s, after) > self.made_s:
            return None
        out = io.BytesIO()
        soundfile.write(out, samples, RATE_HZ, format="FLAC", subtype="PCM_16")
        return out.getvalue()

    def peaks(self, stem: str) -> bytes:
        """Return one byte per 10 ms."""
        mono = np.abs(self.signal(stem)[:, 0])
        whole = mono[: len(mono) // 441 * 441].reshape(-1, 441).max(axis=1)
        return bytes((whole * 255).astype(np.uint8))[: round(min(self.made_s, 1e6) * 100)]

    def signal(self, stem: str, duration_s: float = 25.0) -> Any:
        """Return the samples, ``(n, 2)``: a tone that swells, and the clicks."""
        if (stem, duration_s) not in self._signals:
            t = np.arange(int(duration_s * RATE_HZ)) / RATE_HZ
            k = STEMS.index(stem) + 1
            x = 0.3 * np.sin(2 * np.pi * 110 * k * t) * np.abs(np.sin(2 * np.pi * 0.07 * k * t))
            for at in range(0, len(x), RATE_HZ // 2):
                x[max(0, at - 64) : at + 64] = 0
                x[at] = 0.95
            self._signals[stem, duration_s] = np.stack([x, x * 0.9], axis=1).astype(np.float32)
        return self._signals[stem, duration_s]
