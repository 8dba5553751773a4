"""Stems that a job made, or found made before, and how they become rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from soundforge.library import stems
from soundforge.pipeline import reuse
from soundforge.storage import layout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from soundforge.db.session import Session
    from soundforge.library import Job, Stem


@dataclass(frozen=True, slots=True)
class Made:
    """Stems in their place.

    Args:
        content_key: What they depend on, see `reuse`; None when that is not known.
        chunk_s: Length of the chunks into which they are cut.
        stems: Columns of each, with the file's name for its path.
        results: How it went, for the job.
    """

    content_key: str | None
    chunk_s: int
    stems: tuple[dict[str, Any], ...]
    results: dict[str, Any]


def before(key: str, earlier: Job, made: Sequence[Stem]) -> Made:
    """Return what `reuse.take` found."""
    return Made(
        key,
        earlier.chunk_s,
        tuple(
            {
                "stem_type": stem.stem_type,
                "file_path": layout.name_of(stem.file_path),
                "file_size": stem.file_size,
                "sample_rate_hz": stem.sample_rate_hz,
                "duration_s": stem.duration_s,
            }
            for stem in made
        ),
        reuse.without_speed(earlier),
    )


async def save(session: Session, job: Job, made: Made) -> None:
    """Record the stems and how it went."""
    job.output_path = layout.stems_dir(job.id)
    job.content_key = made.content_key
    job.results = made.results
    job.chunk_s = made.chunk_s
    rows = [
        {**stem, "file_path": f"{layout.stems_dir(job.id)}/{stem['file_path']}"}
        for stem in made.stems
    ]
    await stems.record(session, job, rows)
