"""What a template is once it is read: statics, and the nodes between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from types import CodeType

    from soundforge.live.diff import Statics
    from soundforge.live.rows import Shapes


class TemplateError(Exception):
    """A template that cannot be compiled; the text names file, line and fault."""


class Place(Enum):
    """Where in the HTML an expression stands: each place escapes in its own way."""

    TEXT = auto()
    ATTRIBUTE = auto()  # name={…}
    QUOTED = auto()  # name="… {…} …"
    URL = auto()  # href="{…}"
    CSS = auto()  # style="… {…}"


@dataclass(frozen=True, slots=True)
class Expression:
    """``{expr}``; ``name`` is the attribute's, for `Place.ATTRIBUTE`."""

    code: CodeType
    place: Place
    name: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """``{#if}``: the first branch whose code is true; None is ``{:else}``."""

    branches: tuple[tuple[CodeType | None, Body], ...]


@dataclass(frozen=True, slots=True)
class Each:
    """``{#for targets in code by key}``."""

    targets: tuple[str, ...]
    code: CodeType
    key: CodeType | None
    body: Body
    shapes: Shapes = field(default_factory=dict, compare=False)


Part: TypeAlias = "Expression | Condition | Each"


@dataclass(frozen=True, slots=True)
class Body:
    """Statics, and the nodes between them: one less."""

    statics: Statics
    nodes: tuple[Part, ...]
