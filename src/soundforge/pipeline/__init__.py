"""A track goes through these stages; analyze runs beside separate, both after download."""

from soundforge.pipeline import analyze, download, separate
from soundforge.pipeline.tools import Tools

STAGES = (download.STAGE, separate.STAGE, analyze.STAGE)

__all__ = ["STAGES", "Tools"]
