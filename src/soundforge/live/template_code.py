"""Reads the Python between a template's braces."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NoReturn

from soundforge.live.template_nodes import TemplateError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType


class CodeReader:
    """A text, and where we stand in it.

    Args:
        source: The template's text.
        path: Where it came from, for messages.
    """

    def __init__(self, source: str, path: str) -> None:
        self.source = source
        self.path = path
        self.at = 0

    def fail(self, fault: str, at: int | None = None) -> NoReturn:
        """Raise with the line of ``at``, or of where we stand."""
        raise TemplateError(f"{self.path}:{self.line(at)}: {fault}")

    def line(self, at: int | None = None) -> int:
        """Return the line number of a position."""
        return self.source.count("\n", 0, self.at if at is None else at) + 1

    def code(self, start: int) -> CodeType:
        """Compile the expression from ``start`` to its closing brace; stand behind that."""
        for end in self._braces_from(start, "not an expression, or } is missing"):
            try:
                code = self._compile(self.source[start:end], start)
            except SyntaxError:
                continue  # the brace belonged to the expression
            self.at = end + 1
            return code
        raise AssertionError

    def _braces_from(self, start: int, fault: str) -> Iterator[int]:
        """Yield every closing brace behind ``start``; fail when there is no further one."""
        end = start
        while (end := self.source.find("}", end)) >= 0:
            yield end
            end += 1
        self.fail(fault, start)

    def _compile(self, text: str, at: int) -> CodeType:
        if not text.strip():
            self.fail("empty braces", at)
        lines = "\n" * (self.line(at) - 1)
        return compile(f"{lines}({text.strip()}\n)", self.path, "eval", dont_inherit=True)

    def loop_header(self) -> tuple[tuple[str, ...], CodeType, CodeType | None]:
        """Read ``names in expression by key`` and its brace; return names and both codes."""
        start = self.at
        for end in self._braces_from(start, "{#for} is not `names in expression`"):
            loop, _, key = self.source[start:end].partition(" by ")
            try:
                parsed = ast.parse(f"[0 for {loop.strip()}]", mode="eval").body
                key_code = self._compile(key, start) if key else None
            except SyntaxError:
                continue
            self.at = end + 1
            assert isinstance(parsed, ast.ListComp)
            if len(parsed.generators) != 1 or parsed.generators[0].ifs:
                self.fail("{#for} takes one loop without a condition", start)
            generator = parsed.generators[0]
            code = self._compile(ast.unparse(generator.iter), start)
            return self._targets(generator.target), code, key_code
        raise AssertionError

    def _targets(self, target: ast.expr) -> tuple[str, ...]:
        names = target.elts if isinstance(target, ast.Tuple) else [target]
        if not all(isinstance(name, ast.Name) for name in names):
            self.fail("{#for} takes plain names")
        return tuple(name.id for name in names if isinstance(name, ast.Name))
