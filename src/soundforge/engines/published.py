"""Weights that are published as files under an address, one file for each network of a model."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WeightFile:
    """One network's file.

    Args:
        signature: The network's name among its kind; the file is called by it.
        sha256: Hash of the published file.
        folder: Where below the base address it lies.
        stems: The stems it counts for; empty for all.
    """

    signature: str
    sha256: str
    folder: str
    stems: tuple[str, ...] = ()

    @property
    def network(self) -> str:
        """Name of the network in the installed weights."""
        return self.signature

    @property
    def file_name(self) -> str:
        """The published name; it carries the beginning of the hash."""
        return f"{self.signature}-{self.sha256[:8]}.th"


@dataclass(frozen=True, slots=True)
class FileWeights:
    """The files of a model.

    Args:
        base_url: What the files' addresses begin with; a mirror replaces it.
        files: One for each network.
        size_bytes: About what there is to download.
        skeleton: The family of graphs they belong to; see `soundforge.engines.skeleton`.
    """

    base_url: str
    files: tuple[WeightFile, ...]
    size_bytes: int
    skeleton: str

    def url(self, file: WeightFile, mirror: str = "") -> str:
        """Return where a file can be fetched; ``mirror`` holds all files side by side."""
        if mirror:
            return f"{mirror.rstrip('/')}/{file.file_name}"
        return f"{self.base_url.rstrip('/')}/{file.folder}/{file.file_name}"
