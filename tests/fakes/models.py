"""The models and presets of the fake studio: one is here, one is to be fetched."""

from __future__ import annotations

from soundforge.web.model_view import ModelView, PresetView

MODELS = (
    ModelView(
        "spleeter_2stems",
        "Spleeter, 2 stems",
        "Voice and accompaniment; quick on any machine.",
        ("vocals", "accompaniment"),
        is_installed=True,
    ),
    ModelView(
        "htdemucs",
        "HT Demucs, 4 stems",
        "Voice, drums, bass and the rest.",
        ("vocals", "drums", "bass", "other"),
        is_installed=False,
        size_bytes=84_000_000,
        licence="Its author says that the weights are for scientific purposes only.",
        licence_url="https://example.org/licence",
        needs_consent=True,
    ),
)

PRESETS = (
    PresetView("instant", "Instant preview", "spleeter_2stems"),
    PresetView(
        "best", "Best", "spleeter_2stems", "HT Demucs is not installed; Spleeter stands in."
    ),
)
