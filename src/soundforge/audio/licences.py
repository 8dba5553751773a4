"""Licences that a person has accepted, once for this machine: ``accepted/<model>.json``.

Beside the models' own folders, so that it outlives their removal. Another text is another
licence and is asked about anew.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from soundforge import errors

if TYPE_CHECKING:
    from pathlib import Path

    from soundforge.engines.separators import Separator

_FOLDER: Final = "accepted"


def accept(models_dir: Path, model: Separator) -> None:
    """Note that a person was shown the model's licence and went on.

    Raises:
        OSError: It cannot be written.
    """
    if is_accepted(models_dir, model):
        return
    path = _path(models_dir, model)
    path.parent.mkdir(parents=True, exist_ok=True)
    accepted = {
        "model": model.name,
        "licence": model.licence.text,
        "licence_url": model.licence.url,
        "accepted_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_text(json.dumps(accepted, indent=2) + "\n", "utf-8")
    part.replace(path)


def is_accepted(models_dir: Path, model: Separator) -> bool:
    """Tell whether the licence as it is now was accepted here."""
    try:
        accepted = json.loads(_path(models_dir, model).read_text("utf-8"))
        return bool(accepted["licence"] == model.licence.text)
    except (OSError, ValueError, TypeError, KeyError):
        return False


def not_accepted(model: Separator) -> errors.Conflict:
    """Return why a model is not fetched before somebody has read its licence."""
    return errors.Conflict(
        "licence_not_accepted",
        f"{model.label}: {model.licence.text}",
        f"Read {model.licence.url or 'its licence'}, then fetch it with your consent:"
        f" sfa models pull {model.name} --accept-licence, or over HTTP ?accept_licence=true.",
    )


def _path(models_dir: Path, model: Separator) -> Path:
    return models_dir / _FOLDER / f"{model.name}.json"
