"""Where the app keeps the weights of networks, for an engine by hand that nobody tells."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Final

import platformdirs

from soundforge.engines.runtime import EngineError

#: In the data folder; see `soundforge.settings`, which engines cannot read.
_SETTINGS_FILE: Final = "soundforge.toml"


def default() -> Path:
    """Return the folder that the setting ``models_dir`` names, else ``models`` in the data folder.

    Raises:
        EngineError: ``settings_invalid``: the settings file is not in TOML.
    """
    data_dir = Path(
        os.environ.get("SFA_DATA_DIR") or platformdirs.user_data_dir("soundforge", appauthor=False)
    ).expanduser()
    named = os.environ.get("SFA_MODELS_DIR") or _written(data_dir / _SETTINGS_FILE)
    return (Path(named).expanduser() if named else data_dir / "models").absolute()


def _written(file: Path) -> str:
    try:
        return str(tomllib.loads(file.read_text()).get("models_dir", ""))
    except OSError:
        return ""  # most people have none
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise EngineError(
            "settings_invalid", f"{file.name} in the data folder is not in TOML.", "Mend it."
        ) from error
