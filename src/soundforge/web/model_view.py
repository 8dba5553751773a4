"""The shapes in which the pages see what separates and what listens: models, presets, networks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModelView:
    """A model that separates.

    Args:
        stems: What it makes: ``("vocals", "accompaniment")``.
        is_available: Whether this release can run it at all; ``reason`` says why not.
        size_bytes: What a fetch would bring; 0 when unknown.
        licence: What is known of the weights' licence.
        licence_url: Where that is stated; may be empty.
        needs_consent: Whether it is shown, and accepted, before the first fetch.
        is_fetching: Whether it is being fetched now.
        sample_rate_hz: Rate that its stems are made at.
    """

    name: str
    label: str
    description: str
    stems: tuple[str, ...]
    is_installed: bool
    is_available: bool = True
    reason: str = ""
    size_bytes: int = 0
    licence: str = ""
    licence_url: str = ""
    needs_consent: bool = False
    is_fetching: bool = False
    sample_rate_hz: int = 44_100


@dataclass(frozen=True, slots=True)
class NetworkView:
    """A network that analyses listen with.

    Args:
        features: What it helps to find.
        licence: What is known of the weights' licence, with whose they are.
        licence_url: Where that is stated; may be empty.
    """

    label: str
    features: tuple[str, ...]
    licence: str
    licence_url: str = ""


@dataclass(frozen=True, slots=True)
class PresetView:
    """A name for how long one is willing to wait; taken wherever a model is.

    Args:
        name: ``instant``, ``balanced``, ``best``.
        model: The model that it means here and now.
        note: What stands in for what; empty when nothing does.
    """

    name: str
    label: str
    model: str
    note: str = ""
