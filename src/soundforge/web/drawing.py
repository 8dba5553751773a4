"""Pictures the server draws as SVG: covers for tracks that have none, pitch classes, the wheel.

Shapes follow from their input alone: the same title has the same cover everywhere.
"""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

PITCHES: Final = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")
_PALETTES: Final = (
    ("#e9dfcc", "#c8553d", "#2b2d42"),
    ("#1f2a33", "#e6b566", "#d9d3c7"),
    ("#dfe3dc", "#3d6b5c", "#e0a458"),
    ("#2e2433", "#c97b84", "#e8d6cb"),
    ("#f0e6d2", "#40577a", "#b6465f"),
    ("#20302b", "#a7c4a0", "#e3b23c"),
    ("#ece4da", "#7a4e6d", "#d98e4a"),
    ("#1d2430", "#6fa3bf", "#e9e2d0"),
)


def seed_of(*parts: str | None) -> str:
    """Return the seed of a cover for a track's title and artist: 16 hexadecimal digits."""
    text = "\n".join((part or "").strip().casefold() for part in parts)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def cover(seed: str) -> str:
    """Return a square cover, 400 by 400, as an SVG document.

    Args:
        seed: From `seed_of`; any text does.
    """
    digest = hashlib.sha256(seed.encode("utf-8")).digest()
    ground, first, second = _PALETTES[digest[0] % len(_PALETTES)]
    pattern = _PATTERNS[digest[1] % len(_PATTERNS)]
    shapes = "".join(pattern(digest[2:], first, second))
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400">'
        f'<path fill="{ground}" d="M0 0h400v400H0z"/>{shapes}</svg>'
    )


def chroma_bars(chroma: Sequence[float]) -> str:
    """Return twelve bars, one for each pitch class from C; the three strongest are marked ``hit``.

    Args:
        chroma: Twelve strengths, 0 to 1.
    """
    highest = max(chroma) or 1.0
    strongest = set(strongest_pitches(chroma))
    parts = []
    for i, (name, value) in enumerate(zip(PITCHES, chroma, strict=True)):
        height = max(1.0, 112 * value / highest)
        mark = ' class="hit"' if name in strongest else ""
        parts.append(
            f'<rect{mark} x="{i * 26 + 3}" y="{118 - height:.1f}" width="20" '
            f'height="{height:.1f}" rx="1"/><text x="{i * 26 + 13}" y="134">{name}</text>'
        )
    label = f"Pitch classes. Strongest: {', '.join(strongest_pitches(chroma))}."
    return _picture("chroma", "0 0 312 138", label, "".join(parts))


def strongest_pitches(chroma: Sequence[float]) -> tuple[str, ...]:
    """Return the names of the three strongest pitch classes, strongest first."""
    order = sorted(range(len(chroma)), key=lambda i: -chroma[i])
    return tuple(PITCHES[i] for i in order[:3])


def camelot_wheel(camelot: str, key_name: str) -> str:
    """Return the wheel of keys with ``camelot`` marked, and those that mix well with it."""
    near = neighbours(camelot)
    parts = []
    for ring, (inner, outer) in (("A", (52, 76)), ("B", (78, 102))):
        for n in range(1, 13):
            name = f"{n}{ring}"
            mark = "hit" if name == camelot else "near" if name in near else ""
            parts.append(_sector(name, n, inner, outer, mark))
    parts.append(f'<text class="mid" x="110" y="104">{camelot}</text>')
    parts.append(f'<text x="110" y="126">{key_name}</text>')
    label = f"Camelot wheel: {camelot}, {key_name}. Mixes well with {', '.join(near)}."
    return _picture("wheel", "4 4 212 212", label, "".join(parts))


def neighbours(camelot: str) -> tuple[str, str, str]:
    """Return the codes that mix well with ``camelot``: one less, one more, its relative."""
    hour, letter = int(camelot[:-1]), camelot[-1]
    return (
        f"{(hour - 2) % 12 + 1}{letter}",
        f"{hour % 12 + 1}{letter}",
        f"{hour}{'B' if letter == 'A' else 'A'}",
    )


def hero() -> str:
    """Return the picture of the empty library: one mix pulled apart into four stems."""
    bars = 185
    paths = []
    for row, stem in ((3, "other"), (2, "bass"), (0, "vocals"), (1, "drums")):
        boxes = []
        for i in range(bars):
            spread = _smooth((i / bars - 0.12) / 0.55)
            middle = 72 + (row - 1.5) * spread * 33
            height = max(2.0, _loudness(stem, i) * (27 + 34 * (1 - spread)))
            boxes.append(f"M{i * 5} {middle - height / 2:.1f}h3v{height:.1f}h-3z")
        paths.append(f'<path class="{stem}" d="{"".join(boxes)}"/>')
    return (
        '<svg class="hero" viewBox="0 0 925 144" preserveAspectRatio="none" aria-hidden="true">'
        f"{''.join(paths)}</svg>"
    )


def flat_line() -> str:
    """Return the picture of the error page: a wave that breaks off."""
    bars, cut = 230, 82
    boxes = []
    for i in range(cut):
        loud = max(_loudness("drums", i), _loudness("bass", i))
        height = max(2.0, 100 * loud * (1 - i / cut) ** 0.35)
        boxes.append(f"M{i * 5} {56 - height / 2:.1f}h3v{height:.1f}h-3z")
    silence = "".join(f"M{i * 5} 55h3v2h-3z" for i in range(cut, bars))
    return (
        '<svg class="flat" viewBox="0 0 1150 112" preserveAspectRatio="none" aria-hidden="true">'
        f'<path class="heard" d="{"".join(boxes)}"/><path class="silence" d="{silence}"/>'
        f'<path class="cut" d="M{cut * 5} 13h2v86h-2z"/></svg>'
    )


def _picture(name: str, box: str, label: str, content: str) -> str:
    return f'<svg class="{name}" viewBox="{box}" role="img" aria-label="{label}">{content}</svg>'


def _sector(name: str, hour: int, inner: int, outer: int, mark: str) -> str:
    begin, end = math.radians(hour * 30 - 105), math.radians(hour * 30 - 75)
    middle, radius = math.radians(hour * 30 - 90), (inner + outer) / 2

    def at(r: float, angle: float) -> str:
        return f"{110 + r * math.cos(angle):.1f} {110 + r * math.sin(angle):.1f}"

    path = (
        f"M{at(inner, begin)}A{inner} {inner} 0 0 1 {at(inner, end)}"
        f"L{at(outer, end)}A{outer} {outer} 0 0 0 {at(outer, begin)}Z"
    )
    x, y = at(radius, middle).split()
    return f'<path class="{mark}" d="{path}"/><text x="{x}" y="{y}">{name}</text>'


def _smooth(x: float) -> float:
    x = min(1.0, max(0.0, x))
    return x * x * (3 - 2 * x)


def _loudness(stem: str, i: int) -> float:
    """A plausible level, 0 to 1, of bar ``i`` of a made-up song."""
    noise = (math.sin(i * 12.9898 + len(stem) * 78.233) * 43758.5453) % 1.0
    if stem == "drums":
        return (0.95 if i % 6 == 0 else 0.7 if i % 6 == 3 else 0.3) * (0.75 + 0.25 * noise)
    if stem == "bass":
        return 0.35 + 0.55 * abs(math.sin(i * 0.21)) * (0.8 + 0.2 * noise)
    if stem == "vocals":
        phrase = max(0.0, math.sin(i * 0.115 + 0.4))
        return 0.08 + 0.9 * math.sqrt(phrase) * (0.7 + 0.3 * noise)
    return 0.4 + 0.2 * math.sin(i * 0.06) + 0.1 * noise


# --- covers ---


def _stripes(digest: bytes, first: str, second: str) -> Iterator[str]:
    y = 40 + digest[0] % 40
    for i in range(9):
        height = 4 + digest[i + 1] % (26 - 2 * i)
        yield f'<path fill="{(first, second)[i % 2]}" d="M0 {y}h400v{height}H0z"/>'
        y += height + 14 + digest[i + 10] % 16


def _rings(digest: bytes, first: str, second: str) -> Iterator[str]:
    x, y = 100 + digest[0] % 200, 100 + digest[1] % 200
    width = 8 + digest[2] % 12
    for i in range(7, 0, -1):
        yield (
            f'<circle cx="{x}" cy="{y}" r="{i * (width + 18)}" fill="none" '
            f'stroke="{(first, second)[i % 2]}" stroke-width="{width}"/>'
        )


def _bars(digest: bytes, first: str, second: str) -> Iterator[str]:
    for i in range(20):
        height = 30 + digest[i] % 220 * abs(math.sin(0.4 + i * 0.16))
        colour = first if digest[i] % 3 else second
        yield (
            f'<rect fill="{colour}" x="{24 + i * 18}" y="{200 - height / 2:.0f}" width="10" '
            f'height="{height:.0f}" rx="1"/>'
        )


def _quarters(digest: bytes, first: str, second: str) -> Iterator[str]:
    for i in range(16):
        x, y, turn = i % 4 * 100, i // 4 * 100, digest[i] % 4
        if digest[i] % 7 == 0:
            continue
        colour = (first, second)[digest[i] // 4 % 2]
        yield (
            f'<path fill="{colour}" transform="translate({x} {y}) rotate({turn * 90} 50 50)" '
            'd="M0 0h100A100 100 0 0 1 0 100z"/>'
        )


def _sun(digest: bytes, first: str, second: str) -> Iterator[str]:
    radius, y = 80 + digest[0] % 50, 150 + digest[1] % 60
    yield f'<circle cx="{140 + digest[2] % 120}" cy="{y}" r="{radius}" fill="{first}"/>'
    for i in range(7):
        top = 250 + i * 22
        yield f'<path fill="{second}" d="M0 {top}h400v{4 + i * 1.6:.1f}H0z"/>'


_PATTERNS: Final[tuple[Callable[[bytes, str, str], Iterator[str]], ...]] = (
    _stripes,
    _rings,
    _bars,
    _quarters,
    _sun,
)
