"""A track goes through these stages; analyze runs beside separate, both after download."""

from soundforge.pipeline import analyze, download, separate, transcribe, warp
from soundforge.pipeline.tools import Tools

STAGES = (download.STAGE, separate.STAGE, analyze.STAGE)
BY_REQUEST = (transcribe.STAGE, warp.STAGE)
"""What is done with a track's stems only when somebody asks for it."""

__all__ = ["BY_REQUEST", "STAGES", "Tools"]
