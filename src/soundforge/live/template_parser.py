"""Reads a template's text into statics and nodes; knows at which place of the HTML it stands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from soundforge.live import escape
from soundforge.live.template_code import CodeReader
from soundforge.live.template_nodes import (
    Body,
    Condition,
    Each,
    Expression,
    Part,
    Place,
)

if TYPE_CHECKING:
    from types import CodeType


def parse(source: str, path: str) -> Body:
    """Compile a template's text; see `Template.parse`.

    Raises:
        TemplateError: With the file and the line.
    """
    parser = _Parser(source, path)
    body, ended_by = parser.body()
    if ended_by:
        parser.fail(f"{{{ended_by}}} without a beginning")
    return body


_TAG_START = re.compile(r"</?([a-zA-Z][\w:-]*)")
_ATTRIBUTE = re.compile(r"([^\s=>/\"'{}<]+)(\s*=\s*)?")
_UNQUOTED = re.compile(r"[^\s>\"'{}=<`]+")
_BLOCK = re.compile(r"\{([#:/])(\w+)\s*")
_COMMENT = re.compile(r"\{!--.*?--\}", re.DOTALL)
_SPACE = re.compile(r"\s+")
_BREAK = re.compile(r"[ \t]*\n\s*")
_RAW_TEXT: Final = frozenset({"script", "style"})
_KEEPS_SPACE: Final = frozenset({"pre", "textarea"})


class _Parser(CodeReader):
    """One pass over the text; `at` is where we stand."""

    def __init__(self, source: str, path: str) -> None:
        super().__init__(source, path)
        self.statics = [""]
        self.nodes: list[Part] = []
        self.keeps_space = 0

    def body(self) -> tuple[Body, str]:
        """Parse up to the end of the text or of the block; return what ended it, like ``/if``."""
        outer, self.statics, self.nodes = (self.statics, self.nodes), [""], []
        ended_by = ""
        while self.at < len(self.source) and not ended_by:
            ended_by = self._step()
        body = Body(tuple(self.statics), tuple(self.nodes))
        self.statics, self.nodes = outer
        return body, ended_by

    def _step(self) -> str:
        rest = self.source[self.at]
        if rest == "<":
            self._markup()
            return ""
        if rest == "{":
            return self._braces()
        if rest == "}":
            self.fail("} without {; write &#125; for the character")
        end = self._find_any("<{}")
        text = self.source[self.at : end]
        self._write(text if self.keeps_space else _BREAK.sub("\n", text))
        self.at = end
        return ""

    # --- blocks ---

    def _braces(self) -> str:
        if comment := _COMMENT.match(self.source, self.at):
            self.at = comment.end()
            return ""
        block = _BLOCK.match(self.source, self.at)
        if block is None:
            self._add(Expression(self.code(self.at + 1), Place.TEXT))
            return ""
        kind, word = block.groups()
        if kind == "#":
            self._open(word, block)
            return ""
        self.at = block.end()
        return kind + word

    def _open(self, word: str, block: re.Match[str]) -> None:
        start = self.at
        self.at = block.end()
        match word:
            case "if":
                self._add(self._condition(start))
            case "for":
                self._add(self._each(start))
            case _:
                self.fail(f"unknown block {{#{word}}}", start)

    def _condition(self, start: int) -> Condition:
        branches: list[tuple[CodeType | None, Body]] = []
        code: CodeType | None = self.code(self.at)
        while True:
            body, ended_by = self.body()
            branches.append((code, _trimmed(body)))
            match ended_by:
                case "/if":
                    self._expect_brace()
                    return Condition(tuple(branches))
                case ":elif" if code is not None:
                    code = self.code(self.at)
                case ":else" if code is not None:
                    self._expect_brace()
                    code = None
                case _:
                    self.fail("{#if} without {/if}", start)

    def _each(self, start: int) -> Each:
        targets, code, key = self.loop_header()
        body, ended_by = self.body()
        if ended_by != "/for":
            self.fail("{#for} without {/for}", start)
        self._expect_brace()
        return Each(targets, code, key, _trimmed(body))

    def _expect_brace(self) -> None:
        if not self.source.startswith("}", self.at):
            self.fail("} is missing")
        self.at += 1

    # --- HTML ---

    def _markup(self) -> None:
        if self.source.startswith("<!--", self.at):
            self._copy_to("-->")
            return
        tag = _TAG_START.match(self.source, self.at)
        if tag is None:
            if self.source.startswith("<!", self.at):
                self._copy_to(">")
                return
            self.fail("< that begins no tag; write &lt; for the character")
        self._write(tag[0])
        self.at = tag.end()
        is_closing, name = tag[0].startswith("</"), tag[1].lower()
        self._attributes()
        if name in _KEEPS_SPACE:
            self.keeps_space += -1 if is_closing else 1
        if name in _RAW_TEXT and not is_closing:
            self._raw_text(name)

    def _attributes(self) -> None:
        start = self.at
        while self.at < len(self.source):
            char = self.source[self.at]
            if char == ">":
                self._write(">")
                self.at += 1
                return
            if space := _SPACE.match(self.source, self.at):
                self._write(" ")
                self.at = space.end()
            elif char == "/":
                self._write("/")
                self.at += 1
            elif attribute := _ATTRIBUTE.match(self.source, self.at):
                self._attribute(attribute)
            else:
                self.fail(f'{char} between attributes; only name={{…}} and name="…" may be')
        self.fail("the tag does not end", start)

    def _attribute(self, attribute: re.Match[str]) -> None:
        name = attribute[1].lower()
        start, self.at = self.at, attribute.end()
        if not attribute[2]:
            self._write(attribute[1])
            return
        opening = self.source[self.at : self.at + 1]
        if opening == "{":
            self._check_dynamic(name, start)
            if name == "style":
                self.fail('write style="property: {value}"', start)
            self.statics[-1] = self.statics[-1].rstrip(" ")
            self._add(Expression(self.code(self.at + 1), Place.ATTRIBUTE, attribute[1]))
        elif opening and opening in "\"'":
            self._write(f"{attribute[1]}={opening}")
            self.at += 1
            self._quoted(name, opening, start)
        elif unquoted := _UNQUOTED.match(self.source, self.at):
            self._write(f'{attribute[1]}="{unquoted[0]}"')
            self.at = unquoted.end()
        else:
            self.fail(f"attribute {name} has no value", start)

    def _quoted(self, name: str, quote: str, start: int) -> None:
        begin = self.at
        while True:
            end = self._find_any(quote + "{")
            self._write(self.source[self.at : end])
            self.at = end
            if end == len(self.source):
                self.fail(f"attribute {name} does not end", start)
            if self.source[end] == quote:
                self._write(quote)
                self.at += 1
                return
            self._check_dynamic(name, start)
            place = self._place(name, self.source[begin:end])
            self._add(Expression(self.code(self.at + 1), place))
            if place is Place.URL and self.source[self.at : self.at + 1] not in {quote, *"/?#"}:
                self.fail(f"in {name}, / ? # or the end must follow the first expression", start)

    def _place(self, name: str, before: str) -> Place:
        if name == "style":
            return Place.CSS
        if name not in escape.URL_ATTRIBUTES:
            return Place.QUOTED
        if not before.strip():
            return Place.URL
        # "java{x}" would let the value finish the scheme.
        if not set(before) & set("/?#"):
            self.fail(f"in {name}, text before an expression must hold / ? or #")
        return Place.QUOTED

    def _check_dynamic(self, name: str, start: int) -> None:
        if name in escape.NEVER_DYNAMIC or name.startswith("on"):
            self.fail(f"attribute {name} may not hold an expression", start)

    def _raw_text(self, name: str) -> None:
        end = self.source.lower().find(f"</{name}", self.at)
        if end < 0:
            self.fail(f"<{name}> does not end")
        self._write(self.source[self.at : end])
        self.at = end

    # --- small ---

    def _add(self, node: Part) -> None:
        self.nodes.append(node)
        self.statics.append("")

    def _write(self, text: str) -> None:
        self.statics[-1] += text

    def _copy_to(self, ending: str) -> None:
        end = self.source.find(ending, self.at)
        if end < 0:
            self.fail(f"{ending} is missing")
        self._write(self.source[self.at : end + len(ending)])
        self.at = end + len(ending)

    def _find_any(self, chars: str) -> int:
        found = [at for char in chars if (at := self.source.find(char, self.at)) >= 0]
        return min(found, default=len(self.source))


def _trimmed(body: Body) -> Body:
    """Drop the line breaks around a block's content: they are the template's, not the page's."""
    statics = list(body.statics)
    statics[0] = statics[0].removeprefix("\n")
    statics[-1] = statics[-1].removesuffix("\n")
    return Body(tuple(statics), body.nodes)
