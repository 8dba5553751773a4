"""HTML files with ``{expressions}``, compiled once into statics and dynamics.

The language is described in ``docs/howto/add-a-page.md``. Templates are our own files: expressions
are Python and run with our rights, so a template must never come from a user.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from soundforge.live import escape
from soundforge.live.diff import Loop, Node, Rendered, StreamRows
from soundforge.live.rows import stream_rows
from soundforge.live.stream import Stream
from soundforge.live.template_nodes import (
    Body,
    Condition,
    Each,
    Expression,
    Place,
    TemplateError,
)
from soundforge.live.template_parser import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

__all__ = ["Template", "TemplateError"]

Names: TypeAlias = "dict[str, Any]"

_BUILTINS: Final[dict[str, Any]] = {
    builtin.__name__: builtin
    for builtin in (
        abs, all, any, bool, dict, enumerate, float, format, int, len, list, max, min, range,
        reversed, round, set, sorted, str, sum, tuple, zip,
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled template; call it with the values its expressions name.

    Example:
        >>> from soundforge.live.diff import to_html
        >>> greeting = Template.parse("<p class={kind}>Hello {name}</p>")
        >>> to_html(greeting(name="<Ann>", kind="big"))
        '<p class="big">Hello &lt;Ann&gt;</p>'
    """

    body: Body
    names: Mapping[str, Any]

    @classmethod
    def parse(cls, source: str, *, path: str = "<template>", **names: Any) -> Template:
        """Compile a template's text.

        Args:
            source: The text.
            path: Where it came from, for error messages.
            names: Components and helpers that its expressions may use at every call.

        Raises:
            TemplateError: With the file and the line.
        """
        return cls(parse(source, path), names)

    @classmethod
    def beside(cls, module_file: str, name: str | None = None, **names: Any) -> Template:
        """Compile the HTML file that lies next to a module.

        Args:
            module_file: The module's ``__file__``.
            name: The file's name; by default the module's own with ``.html``.
            names: As for `parse`.
        """
        path = Path(module_file)
        path = path.with_name(name) if name else path.with_suffix(".html")
        return cls.parse(path.read_text(encoding="utf-8"), path=str(path), **names)

    def __call__(self, **values: Any) -> Rendered:
        """Render with these values, which hide `names` of the same name."""
        env: Names = {"__builtins__": _BUILTINS, **self.names, **values}
        return Rendered(self.body.statics, _dynamics(self.body, env), is_component=True)


def _render(body: Body, env: Names) -> Rendered:
    return Rendered(body.statics, _dynamics(body, env))


def _dynamics(body: Body, env: Names) -> tuple[Node, ...]:
    return tuple(_node(node, env) for node in body.nodes)


def _node(node: Expression | Condition | Each, env: Names) -> Node:
    match node:
        case Expression():
            return _value(node, eval(node.code, env))  # noqa: S307 - our own files, see above
        case Condition(branches):
            for code, body in branches:
                if code is None or eval(code, env):  # noqa: S307
                    return _render(body, env)
            return ""
        case Each():
            return _each(node, env)


def _value(node: Expression, value: object) -> Node:
    if node.place is Place.ATTRIBUTE:
        return escape.whole_attribute(node.name, value)
    if node.place is not Place.TEXT:
        return _ESCAPES[node.place](value)
    if isinstance(value, Rendered | Loop | StreamRows):
        return value
    if isinstance(value, list | tuple | Generator | Stream):
        raise TypeError(f"{type(value).__name__} in a template: go through it with {{#for}}")
    return escape.text(value)


_ESCAPES: Final[dict[Place, Callable[[object], str]]] = {
    Place.QUOTED: escape.attribute,
    Place.URL: escape.url,
    Place.CSS: escape.css,
}


def _each(node: Each, env: Names) -> Node:
    items = eval(node.code, env)  # noqa: S307
    if isinstance(items, Stream):
        rows = (_dynamics(node.body, scope) for scope in _scopes(node, items, env))
        return stream_rows(items, node.body.statics, rows, node.shapes)
    entries: list[tuple[Hashable, tuple[Node, ...]]] = []
    seen: dict[Hashable, int] = {}
    for i, scope in enumerate(_scopes(node, items, env)):
        key: Hashable = i if node.key is None else eval(node.key, scope)  # noqa: S307
        # The same key twice would be one item for the browser.
        nth = seen[key] = seen.get(key, -1) + 1
        entries.append(((key, nth), _dynamics(node.body, scope)))
    return Loop(node.body.statics, tuple(entries))


def _scopes(node: Each, items: Iterable[Any], env: Names) -> Generator[Names, None, None]:
    for item in items:
        if len(node.targets) == 1:
            yield {**env, node.targets[0]: item}
        else:
            yield {**env, **dict(zip(node.targets, item, strict=True))}
