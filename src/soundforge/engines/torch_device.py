"""torch and the devices it finds; imported only where the extra ``gpu`` is installed."""

from __future__ import annotations

import importlib.util
import logging
from typing import TYPE_CHECKING, Any

from soundforge.engines.devices import Found, Seen

if TYPE_CHECKING:
    from collections.abc import Iterator

logger = logging.getLogger(__name__)


def look() -> Seen:
    """Return what torch can use here; quick, and without an import, where torch is not."""
    if not all(importlib.util.find_spec(name) for name in ("torch", "demucs_infer")):
        return Seen()
    try:
        import torch

        return Seen(str(torch.__version__), tuple(found_by(torch)))
    except Exception as error:
        logger.warning("torch cannot be used", exc_info=error)
        return Seen(trouble=f"torch cannot be used: {str(error).partition(chr(10))[0]}"[:200])


def set_up(threads: int) -> Any:
    """Return torch, set to repeatable sums and full precision; ``threads`` is 0 for all cores."""
    import torch

    # TF32 keeps 10 bits of a number and is on by default in convolutions: that is no f32.
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False
    # The same sums on each run: work that goes on later must fit what was made before.
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
    if threads > 0:
        torch.set_num_threads(threads)
    return torch


def give_back(torch: Any, kind: str) -> None:
    """Give the memory that no tensor uses back to the device."""
    if kind == "cuda":
        torch.cuda.empty_cache()
    elif kind == "mps":
        torch.mps.empty_cache()


def found_by(torch: Any) -> Iterator[Found]:
    """Yield the devices that ``torch`` can use, the best first."""
    if torch.cuda.is_available():
        about = torch.cuda.get_device_properties(0)
        yield Found("cuda", str(about.name), int(about.total_memory))
    if torch.backends.mps.is_available():
        yield Found("mps", "Apple graphics")
    yield Found("torch-cpu", "torch on the CPU")
