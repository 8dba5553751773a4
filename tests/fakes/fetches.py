"""The models over HTTP as the page's fetch asks for them, over the fake studio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.fakes.models import MODELS

if TYPE_CHECKING:
    from starlette.requests import Request

    from tests.fakes.studio import FakeStudio


def routes(studio: FakeStudio) -> list[Route]:
    """Return the routes; each look at the list finds the next of ``studio.fetch_steps``."""

    async def pull(request: Request) -> Response:
        studio.calls.append(("pull", request.path_params["name"], str(request.query_params)))
        studio.fetch = list(studio.fetch_steps)
        return JSONResponse({"data": {}}, 202)

    async def cancel(request: Request) -> Response:
        studio.calls.append(("cancel_pull", request.path_params["name"]))
        studio.fetch = []
        return JSONResponse({"data": {}})

    async def index(_: Request) -> Response:
        model = MODELS[1]
        received_bytes = studio.fetch.pop(0) if len(studio.fetch) > 1 else sum(studio.fetch)
        is_installed = received_bytes == model.size_bytes
        fetching = {
            "fraction": received_bytes / model.size_bytes,
            "message": "downloading",
            "received_bytes": received_bytes,
            "total_bytes": model.size_bytes,
        }
        found = {
            "name": model.name,
            "is_installed": is_installed,
            "fetching": fetching if studio.fetch and not is_installed else None,
            "fetch_error": None,
        }
        return JSONResponse({"data": [found]})

    return [
        Route("/api/v1/models", index),
        Route("/api/v1/models/{name}/pull", pull, methods=["POST"]),
        Route("/api/v1/models/{name}/pull", cancel, methods=["DELETE"]),
    ]
