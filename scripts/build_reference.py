"""Write the pages of docs/reference that repeat what the code says: settings, cli, api, errors, analysis.

python scripts/build_reference.py            write them
python scripts/build_reference.py --check    say which are out of date, and change nothing
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import analysis_fields
import click
import error_codes
from fastapi import FastAPI
from fastapi.routing import RouteContext, iter_route_contexts
from pydantic import BaseModel, SecretStr

from soundforge.cli import main as sfa
from soundforge.settings import Settings
from soundforge.web import router

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydantic.fields import FieldInfo

REFERENCE = Path(__file__).resolve().parents[1] / "docs" / "reference"
GENERATED = "<!-- Written by scripts/build_reference.py; change the code, then run `make docs`. -->"


API_TEXT = """\
The whole description, with bodies and answers, is the page `/api/v1/docs` of the running
server, and for programs its OpenAPI 3.1 document, `/api/v1/openapi.json`.

**Answers.** A success is an envelope, `{"data": …}`. A page of tracks also has `next_cursor`;
give it back as `cursor` until it is null. A cursor stays good while tracks come and go.

**Errors.** A failure is a problem as in RFC 9457, `application/problem+json`: `status`, `title`,
`detail` (a sentence), a stable `code` ([all of them](errors.md)), `next_step`, `request_id` (also
the header `X-Request-Id`; the log has it) and, for `validation_failed`, `errors`: a list of
`field` and `message`. 429 and 503 may say `Retry-After`.

**Sent twice.** The routes that make something take `Idempotency-Key` (1 to 255 visible ASCII
characters). The same request with the same key is done once; the first answer is given again,
with `Idempotency-Replayed: true`, for 24 hours. The same key with another request, or another
file, is `idempotency_key_reused` (422); while the first is at work, `request_in_progress` (409).
After a failure the key is free. The answer is kept together with what was done: after a server that
was killed in the middle, send the request again, and it is done, or answered when it was.

**Uploads.** `multipart/form-data` with one file in `file`; `stages` and `model` may stand before
or after it. The file is checked while it arrives and then decoded to its end: the answer says
whether it is kept. Bodies of other routes end at 1 MB.

**Files** know `ETag`, `If-None-Match` and one `Range`; several ranges get the whole file. Every
`GET` can be asked as `HEAD`. An address ends without a slash.

**Who may ask.** `Host` must be one of `SFA_ALLOWED_HOSTS` (421). A request that changes something
and names an `Origin` must come from the same host and port (403). There is no CORS.

**Compatibility.** The routes below `/api/` without a version keep the bodies, statuses and
sentences of the Elixir original: flat, with `"success": true`, or `{"error": sentence}`. They
differ on purpose:

- Failures also carry `code` and `next_step`; a job also carries `error`, a separation `stems`.
- `/api/download/track` takes albums and playlists whole and answers with the first track's job;
  the same song again answers with the download that is there.
- `file_path` is the path that the download's `result` gives, below the data folder, or a
  `track_id` instead. Any other path is `Audio file not found`, whether it exists or not.
- `/api/processing/separate` uses `htdemucs` unless `model` says otherwise; while its weights are
  not there, that is `model_not_installed`.
- A second run of a stage that waits or runs is `stage_running` (400).
"""


def settings_page() -> str:
    """Return every setting with its type, default and sentence."""
    rows = [
        f"| `{variable}` | {_type(field)} | {_default(field)} | {_cell(field.description)} |"
        for variable, field in variables(Settings)
    ]
    return "\n".join(
        [
            "# Settings",
            "",
            GENERATED,
            "",
            "Each setting is an environment variable, or a line of `soundforge.toml` in the data",
            "folder (`SFA_SPOTIFY__CLIENT_ID` is `client_id` under `[spotify]`). A later source",
            "wins: default, file, environment, command line.",
            "",
            "| variable | type | default | what it says |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


def variables(model: type[BaseModel], prefix: str = "SFA_") -> Iterator[tuple[str, FieldInfo]]:
    """Yield the environment variable and the field of every setting below ``model``."""
    for name, field in model.model_fields.items():
        variable = prefix + name.upper()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from variables(field.annotation, variable + "__")
        else:
            yield variable, field


def _type(field: FieldInfo) -> str:
    choices = [repr(choice).strip("'") for choice in get_args(field.annotation)]
    if choices and all(isinstance(choice, str) for choice in get_args(field.annotation)):
        return " or ".join(f"`{choice}`" for choice in choices)
    words: dict[object, str] = {
        str: "text",
        SecretStr: "text, secret",
        int: "whole number",
        float: "number",
        bool: "`true` or `false`",
        Path: "folder",
    }
    return words.get(field.annotation, "list")


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None:
        return "the platform's user data folder"
    value = field.get_default()
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, tuple):
        return ", ".join(f"`{item}`" for item in value)
    return f"`{value}`" if value != "" else "empty"


def cli_page() -> str:
    """Return every command with its arguments and options."""
    parts = ["# The command `sfa`", "", GENERATED, ""]
    for path, command in commands(sfa, "sfa"):
        context = click.Context(command, info_name=path)
        usage = " ".join(command.collect_usage_pieces(context))
        parts += [f"## `{path}`", "", _text(command.help), "", f"    {path} {usage}", ""]
        options = [_option_row(p) for p in command.params if isinstance(p, click.Option)]
        if options:
            parts += ["| option | what it says |", "|---|---|", *options, ""]
    return "\n".join(parts)


def commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    """Yield ``command`` and everything below it, with the words that call it."""
    yield path, command
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from commands(inner, f"{path} {name}")


def _option_row(option: click.Option) -> str:
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    choices = ""
    if isinstance(option.type, click.Choice):
        choices = " One of " + ", ".join(f"`{choice}`" for choice in option.type.choices) + "."
    return f"| {names} | {_cell(option.help)}{choices} |"


def api_page() -> str:
    """Return every route of the HTTP interface with its sentence."""
    rows = [
        f"| `{method}` | `{route.path}` | {_cell(_first_line(route.endpoint.__doc__))} |"
        for route in routes()
        for method in sorted(route.methods or ())
    ]
    return "\n".join(
        [
            "# HTTP interface",
            "",
            GENERATED,
            "",
            *API_TEXT.splitlines(),
            "| method | path | what it does |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def routes() -> list[RouteContext]:
    """Return every JSON and file route, in the order in which they are tried."""
    app = FastAPI(openapi_url=None)
    router.install(app)
    return list(iter_route_contexts(app.routes))


def _first_line(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0]


def _text(text: str | None) -> str:
    return "\n".join(line.strip() for line in (text or "").strip().splitlines())


def _cell(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


PAGES: dict[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "cli.md": cli_page,
    "api.md": api_page,
    "errors.md": lambda: error_codes.page(GENERATED),
    "analysis.md": lambda: analysis_fields.page(GENERATED),
}


def main() -> int:
    """Write the pages, or only compare them."""
    stale = []
    for name, page in PAGES.items():
        path, text = REFERENCE / name, page()
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
            print(f"wrote docs/reference/{name}")
    if stale and "--check" in sys.argv:
        print(f"out of date: {', '.join(stale)}; run `make docs`")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
