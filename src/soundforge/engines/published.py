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
        published_name: What the file is called; empty for the signature and the beginning of
            the hash, as the authors of Demucs do it.
    """

    signature: str
    sha256: str
    folder: str
    stems: tuple[str, ...] = ()
    published_name: str = ""

    @property
    def network(self) -> str:
        """Name of the network in the installed weights."""
        return self.signature

    @property
    def file_name(self) -> str:
        """What the published file is called."""
        return self.published_name or f"{self.signature}-{self.sha256[:8]}.th"


@dataclass(frozen=True, slots=True)
class FileWeights:
    """The files of a model.

    Args:
        base_url: What the files' addresses begin with; a mirror replaces it.
        files: One for each network.
        size_bytes: About what there is to download.
        read: ``module:function`` that takes a file's path and the model, and returns the
            network's arrays by name; it refuses everything else, and runs nothing of the file.
        skeleton: The graphs they belong to, for families that have skeletons; see
            `soundforge.engines.skeleton`.
    """

    base_url: str
    files: tuple[WeightFile, ...]
    size_bytes: int
    read: str
    skeleton: str = ""

    def url(self, file: WeightFile, mirror: str = "") -> str:
        """Return where a file can be fetched; ``mirror`` holds all files side by side."""
        if mirror:
            return f"{mirror.rstrip('/')}/{file.file_name}"
        return f"{self.base_url.rstrip('/')}/{file.folder}/{file.file_name}"
