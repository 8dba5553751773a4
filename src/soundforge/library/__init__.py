"""The tracks we keep, what we know of them, and the work the user sees on them.

Functions take a session and never open or commit one. Whoever asks names the owner: a row of
somebody else's is not found.
"""

from soundforge.library.lifecycle import Status
from soundforge.library.models import (
    AnalysisJob,
    AnalysisResult,
    Batch,
    DownloadJob,
    Job,
    ProcessingJob,
    Stem,
    Track,
)

__all__ = [
    "AnalysisJob",
    "AnalysisResult",
    "Batch",
    "DownloadJob",
    "Job",
    "ProcessingJob",
    "Status",
    "Stem",
    "Track",
]
