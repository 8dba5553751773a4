"""Every error code that the code base can say, read from its source, for docs/reference/errors.md."""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from soundforge import errors
from soundforge.web.errors import status_of

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(__file__).resolve().parents[1] / "src" / "soundforge"
_KINDS = {
    kind.__name__: kind
    for kind in (
        errors.NotFound,
        errors.Invalid,
        errors.Conflict,
        errors.Denied,
        errors.Limited,
        errors.Unavailable,
    )
}


@dataclass(frozen=True, slots=True, order=True)
class Said:
    """One place where a code is said: its HTTP status (0 on a socket), and its sentence."""

    code: str
    status: int
    sentence: str


def page(generated: str) -> str:
    """Return the page: every code with its statuses and its sentences."""
    by_code: dict[str, list[Said]] = defaultdict(list)
    for one in sorted(set(said())):
        by_code[one.code].append(one)
    rows = [
        f"| `{code}` | {_statuses(places)} | {_sentences(places)} |"
        for code, places in sorted(by_code.items())
    ]
    return "\n".join(
        [
            "# Error codes",
            "",
            generated,
            "",
            "A code never changes its meaning; sentences may be improved. The status is the one of",
            "`/api/v1`. The compatibility routes answer 404 for `job_not_found`, 503 for",
            "`database_unavailable` and 400 for the rest. The error of a job carries the same codes",
            "without a status. `…` stands for a value.",
            "",
            "| code | status | what it says |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def said() -> Iterator[Said]:
    """Yield every code that is written in the source."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield from _of_call(node)
            elif isinstance(node, ast.Tuple):
                yield from _of_gate(node)


def _of_call(call: ast.Call) -> Iterator[Said]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    texts = [_text(argument) for argument in call.args[:3]]
    if name in _KINDS and len(texts) > 1 and _is_code(texts[0]):
        yield Said(texts[0], status_of(_KINDS[name](texts[0], "")), texts[1])
    elif name == "EngineError" and len(texts) > 1 and _is_code(texts[0]):
        is_retryable = any(
            word.arg == "retryable" and getattr(word.value, "value", False)
            for word in call.keywords
        )
        kind = errors.Unavailable if is_retryable else errors.Invalid
        yield Said(texts[0], status_of(kind(texts[0], "")), texts[1])
    elif name == "problem" and len(texts) == 3 and _is_code(texts[1]):
        yield Said(texts[1], int(texts[0] or 0), texts[2])
    elif name == "refusal" and len(texts) == 3 and _is_code(texts[2]):
        yield Said(texts[2], int(texts[0] or 0), texts[1])
    elif name == "JoinRefused" and texts and _is_code(texts[0]):
        yield Said(texts[0], 0, "")


def _of_gate(node: ast.Tuple) -> Iterator[Said]:
    """Yield what the gate returns: status, code, sentence, next step."""
    if len(node.elts) != 4 or not isinstance(getattr(node.elts[0], "value", None), int):
        return
    status, code, sentence = (_text(item) for item in node.elts[:3])
    if _is_code(code):
        yield Said(code, int(status), sentence)


def _text(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str() | int() as value):
            return str(value)
        case ast.JoinedStr(values=parts):
            return "".join(_text(p) if isinstance(p, ast.Constant) else "…" for p in parts)
    return ""


def _is_code(text: str) -> bool:
    return text.isidentifier() and text.islower()


def _statuses(places: list[Said]) -> str:
    return ", ".join(map(str, sorted({one.status for one in places if one.status}))) or "socket"


def _sentences(places: list[Said]) -> str:
    found = dict.fromkeys(" ".join(one.sentence.split()) for one in places)
    return "<br>".join(sentence.replace("|", "\\|") for sentence in found if sentence)
