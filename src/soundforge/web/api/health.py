"""Health: for people who watch the server. No details for strangers."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel

from soundforge.web.services import S

ROUTES = APIRouter(tags=["health"])


class HealthOut(BaseModel):
    """Whether the parts work."""

    status: Literal["ok", "degraded"]
    checks: dict[str, Literal["ok", "failing"]]


class LiveOut(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


@ROUTES.get("/health/live")
async def live() -> LiveOut:
    """Say that the process answers; restart it when this fails."""
    return LiveOut()


@ROUTES.get("/health/ready", responses={503: {"model": HealthOut}})
async def ready(services: S, response: Response) -> HealthOut:
    """Say whether requests can be served; send them elsewhere when not.

    Workers do not count: they may run on other machines, and jobs wait for them.
    """
    checks = await services.health()
    checks.pop("workers", None)
    return _answer(checks, response)


@ROUTES.get("/health", responses={503: {"model": HealthOut}})
async def health(services: S, response: Response) -> HealthOut:
    """Say whether every part works."""
    return _answer(await services.health(), response)


def _answer(checks: dict[str, bool], response: Response) -> HealthOut:
    is_ok = all(checks.values())
    response.status_code = 200 if is_ok else 503
    return HealthOut(
        status="ok" if is_ok else "degraded",
        checks={name: "ok" if works else "failing" for name, works in checks.items()},
    )
