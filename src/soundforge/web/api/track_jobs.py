"""Work on a track that somebody asks for: a stage anew, its notes, another tempo or key."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import Field

from soundforge.audio import analyzer
from soundforge.audio.chords import ChordEngine
from soundforge.library.lifecycle import Work
from soundforge.pipeline import actions, plans
from soundforge.pipeline.start import Plan
from soundforge.web.api.jobs import JobBody, job_out
from soundforge.web.api.separation import SeparationIn, StemType
from soundforge.web.api.text import Text
from soundforge.web.errors import answers
from soundforge.web.idempotency import IdempotencyKey, Keep, fingerprint_of, once
from soundforge.web.services import S, User

if TYPE_CHECKING:
    from soundforge.db.session import Session
    from soundforge.library import Job
    from soundforge.web.services import Services

ROUTES = APIRouter(prefix="/tracks", tags=["tracks"])

Number = Annotated[float, Field(allow_inf_nan=False, strict=True)]
Grid = Literal["1/4", "1/8", "1/8T", "1/16", "1/16T", "1/32"]


class RunIn(SeparationIn):
    """Which stage to run anew, and how."""

    stage: Work
    features: list[Text] = Field(
        default=["all"],
        max_length=20,
        description=f"For analyze: which features, or which type: {', '.join(analyzer.NAMES)}.",
    )
    chord_engine: ChordEngine | None = Field(
        default=None, description="For analyze: who names the chords; null: as the server is set."
    )
    stems: list[StemType] = Field(
        default=[],
        max_length=16,
        description="For separate and transcribe: only these stems; empty: all.",
    )
    quantise: Grid | None = Field(
        default=None,
        description="For transcribe: move notes to this grid of the beats, T for triplets.",
    )
    rate: Number | None = Field(default=None, description="For warp: 0.25 to 4; or bpm.")
    bpm: Number | None = Field(default=None, description="For warp: the tempo to have.")
    semitones: Number | None = Field(default=None, description="For warp: -24 to 24; or key.")
    key: Text | None = Field(
        default=None, max_length=20, description="For warp: the key to have, as in `A minor`."
    )
    steady: bool = Field(default=False, description="For warp: lay every bar on an even grid.")


@ROUTES.post(
    "/{track_id}/jobs",
    status_code=201,
    response_model=JobBody,
    responses=answers(404, 409, 422),
)
async def run(
    track_id: uuid.UUID,
    wanted: RunIn,
    request: Request,
    services: S,
    user: User,
    idempotency_key: IdempotencyKey = None,
) -> JSONResponse:
    """Run one stage anew, or what is done by request: transcribe, warp."""

    async def work(keep: Keep) -> None:
        async def answer(session: Session, job: Job) -> None:
            await keep(session, JobBody(data=job_out(job, None)))

        plan = plan_of(services, wanted)
        await actions.run_stage(services.tools, user, track_id, plan, also=answer)

    fingerprint = fingerprint_of(request, wanted.model_dump_json())
    return await once(services, user, idempotency_key, fingerprint, status=201, work=work)


def plan_of(services: Services, wanted: RunIn) -> Plan:
    """Return the plan that ``wanted`` asks for."""
    match wanted.stage:
        case "separate":
            return plans.separate(services.tools.models, wanted.separation)
        case "analyze":
            return plans.analyze(analyzer.select(wanted.features), wanted.chord_engine)
        case "transcribe":
            return plans.transcribe(wanted.quantise, wanted.stems)
        case "warp":
            return plans.warp(
                rate=wanted.rate,
                bpm=wanted.bpm,
                semitones=wanted.semitones,
                key=wanted.key,
                is_steady=wanted.steady,
            )
        case "download":
            return Plan("download")
