"""``sfa import``: links and files into a running server's library."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, Final

import click
import httpx
from rich.markup import escape

from soundforge import errors
from soundforge.cli import terminal

_FINAL: Final = {"completed", "failed", "cancelled"}
_POLL_S: Final = 0.5
_WORDS: Final = {"download": "Downloading", "separate": "Separating", "analyze": "Analysing"}


@click.command("import")
@click.argument("things", nargs=-1, required=True, metavar="LINK-OR-FILE...")
@click.option(
    "--wait", is_flag=True, help="Stay until the work has ended; exit with 1 if some failed."
)
@click.option(
    "--model",
    help="Separation model, or instant, balanced, best; the best installed one if not given.",
)
@click.option(
    "--stages", default="", help="Comma-separated: download, separate, analyze; all if not given."
)
@click.option("--server", help="Address of the server; SFA_HOST and SFA_PORT if not given.")
@click.option("--json", "as_json", is_flag=True, help="Print the tracks as JSON.")
@terminal.command
async def import_(
    things: tuple[str, ...],
    model: str | None,
    stages: str,
    server: str | None,
    *,
    wait: bool,
    as_json: bool,
) -> None:
    """Import links or files into the library of a running server."""
    settings = terminal.load_settings()
    base = server or f"http://{settings.host}:{settings.port}"
    async with httpx.AsyncClient(base_url=f"{base}/api/v1", timeout=600) as client:
        api = _Api(client)
        found = [track for thing in things for track in await api.add(thing, model, stages)]
        if wait:
            found = [await api.follow(track) for track in found]
    for track in found:
        terminal.echo(json.dumps(track) if as_json else f"{track['id']}  {track['title']}")
    failed = [job for track in found for job in _newest(track) if job["status"] == "failed"]
    for job in failed:
        sentence = escape(job["error"]["message"])
        terminal.console.print(f"[red]{job['stage']}:[/] {sentence}", highlight=False)
    if wait and failed:
        raise SystemExit(1)


def _newest(track: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the newest job of each stage that an import runs.

    A track that was there already may have older ones, and notes or versions in the making.
    """
    of_import = [job for job in track["jobs"] if job["stage"] in _WORDS]  # the oldest first
    return list({job["stage"]: job for job in of_import}.values())


class _Api:
    """The server's API, with its problems as our errors."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._base = client.base_url.copy_with(path="/")

    async def add(self, thing: str, model: str | None, stages: str) -> list[dict[str, Any]]:
        path = Path(thing)
        if not path.is_file():
            body = {"url": thing, "model": model, "stages": [s for s in stages.split(",") if s]}
            imported = await self._send("POST", "/imports", json=body)
            return [*imported["added"], *imported["existing"]]
        with path.open("rb") as file, terminal.progress_bar(f"Sending {path.name}"):
            track: dict[str, Any] = await self._send(
                "POST",
                "/uploads",
                data={"model": model or "", "stages": stages},
                files={"file": (path.name, file)},
            )
        return [track]

    async def follow(self, track: dict[str, Any]) -> dict[str, Any]:
        with terminal.progress_bar(track["title"]) as bar:
            while True:
                track = await self._send("GET", f"/tracks/{track['id']}")
                jobs = _newest(track)
                if all(job["status"] in _FINAL for job in jobs):
                    return track
                now = next(job for job in jobs if job["status"] not in _FINAL)
                fraction = sum(job["progress"] for job in jobs) / (100 * len(jobs))
                bar(fraction, f"{track['title']}: {_WORDS[now['stage']]}")
                await asyncio.sleep(_POLL_S)

    async def _send(self, method: str, path: str, **options: Any) -> Any:
        try:
            response = await self._client.request(method, path, **options)
        except httpx.TransportError as error:
            raise errors.Unavailable(
                "server_unreachable",
                f"No server answers at {self._base}.",
                "Start one with: sfa serve",
            ) from error
        try:
            answer = response.json()
            if response.is_success:
                return answer["data"]
            problem = errors.Invalid(answer["code"], answer["detail"], answer.get("next_step", ""))
        except (ValueError, TypeError, KeyError) as error:
            raise errors.Unavailable(
                "server_unreachable",
                f"What answers at {self._base} is another program, or something stands before it.",
                "Name the server's own address with --server.",
            ) from error
        raise problem
