"""The real pages over the fake studio, as an ASGI app: for the browser's tests, and to look at.

``uvicorn tests.fakes.studio_app:app`` serves the library of `tests.fakes.studio.library`.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from soundforge import errors
from soundforge.live.limits import Access
from soundforge.web import security
from soundforge.web.layout import error_page
from soundforge.web.site import file_routes, live_site
from tests.fakes import fetches, song
from tests.fakes.clicks import ClickStems
from tests.fakes.library import library
from tests.fakes.studio import FakeStudio
from tests.fakes.tracks import NOW, a_track

TAP = Path(__file__).with_name("tap.js")


def make_app(studio: FakeStudio, clicks: ClickStems | None = None) -> Starlette:
    """Return the app; ``app.state.site`` is its live site."""
    audio = clicks or ClickStems()

    async def session_of(_: Request) -> dict[str, Any]:
        return {"user_id": "somebody"}

    async def chunk(request: Request) -> Response:
        content = audio.chunk(**request.path_params)
        return Response(content or b"", 200 if content else 404, media_type="audio/flac")

    async def peaks(request: Request) -> Response:
        return Response(audio.peaks(request.path_params["stem"]))

    async def upload(request: Request) -> Response:
        async with request.form() as form:
            name = getattr(form["file"], "filename", "") or ""
        if name.endswith(".txt"):
            problem = {
                "title": "Unprocessable Content",
                "detail": f"{name} is not audio.",
                "next_step": "Send an MP3, FLAC or WAV file.",
                "code": "file_not_audio",
            }
            return JSONResponse(problem, 422, media_type="application/problem+json")
        studio.put(
            a_track(f"up-{name}", name, state="queued", inserted_at=NOW + timedelta(hours=1))
        )
        return JSONResponse({"data": {}}, 201)

    def not_found(_: Request, error: Exception) -> Response:
        assert isinstance(error, errors.NotFound)
        page = error_page(404, code=error.code, message=error.message, next_step=error.next_step)
        return HTMLResponse(page, 404)

    site = live_site(
        lambda _: studio,
        secret=b"x" * 32,
        bus=studio.bus,
        access=Access(hosts=frozenset({"127.0.0.1"})),
        session_of=session_of,
    )
    app = Starlette(
        routes=[
            *site.routes(),
            *file_routes(),
            Route("/fake/tap.js", lambda _: FileResponse(TAP)),
            Route("/fake/{chunk_s:int}/{duration_s:float}/stems/{stem}/chunks/{number:int}", chunk),
            Route("/fake/stems/{stem}/peaks", peaks),
            Route("/fake/song/timeline", _timeline),
            Route("/api/v1/uploads", upload, methods=["POST"]),
            *fetches.routes(studio),
        ],
        exception_handlers={errors.NotFound: not_found},
    )
    app.state.site = site
    app.state.studio = studio
    app.add_middleware(security.Gate, allowed_hosts=["127.0.0.1"])
    return app


async def _timeline(request: Request) -> Response:
    query = request.query_params
    rate = 0.8 if query.get("version") == "job-slow" else 1.0
    found = song.timeline(query.get("labels", "simple"), int(query.get("transpose", 0)), rate)
    return JSONResponse({"data": found})


app = make_app(FakeStudio(library()))
empty = make_app(FakeStudio())
