"""How recordings shall be separated: a part of what several requests ask for."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from soundforge.audio.separator import SampleRate
from soundforge.pipeline.plans import Separation
from soundforge.web.api.text import Text

STEM_PATTERN = "^[a-z][a-z0-9_]{0,39}$"

StemType = Annotated[str, Field(pattern=STEM_PATTERN)]


class SeparationIn(BaseModel):
    """How to separate."""

    model: Text | None = Field(
        default=None,
        max_length=64,
        description="To separate with: a model, or instant, balanced, best; null: the best here.",
    )
    stems: list[StemType] = Field(
        default=[], max_length=16, description="Make only these stems; empty: all."
    )
    sample_rate: SampleRate = Field(
        default="model", description="Of the stems' files; `source`: each recording's own."
    )

    @property
    def separation(self) -> Separation:
        """What the pipeline is asked for."""
        return Separation(self.model, tuple(self.stems), self.sample_rate)
