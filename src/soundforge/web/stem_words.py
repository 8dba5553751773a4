"""Words about the stems of a separation: who made them, and how well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from soundforge.web import words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from soundforge.web.model_view import ModelView
    from soundforge.web.track_view import SeparationView, StemView

_WHOLE_DB: Final = 60.0
"""What is left is below the noise of a 16-bit recording of music."""
_SAME_DB: Final = 0.05
"""Below it a level is the same, to one digit."""


def heading(
    separation: SeparationView | None, models: Iterable[ModelView], stems: Iterable[StemView]
) -> str:
    """Return which model made the stems, where that is known, and how large they are."""
    name = separation.model if separation else ""
    label = next((model.label for model in models if model.name == name), name)
    size = words.size(sum(stem.size_bytes for stem in stems))
    return f"{label}, {size}" if label else size


def gain(separation: SeparationView | None) -> str:
    """Return what the FLAC files were changed by, beside the WAV files that were not."""
    said = "WAV is made when you ask for it: 32-bit float, as loud as the stems came out."
    gain_db = separation.gain_db if separation else None
    if gain_db is None:
        return f"{said} In the other files a common gain keeps them from clipping."
    if abs(gain_db) < _SAME_DB:
        return f"{said} The other files are as loud."
    level = words.number(abs(gain_db), 1)
    return f"{said} The other files are all {level} dB quieter, so that none of them clips."


def about(separation: SeparationView) -> str:
    """Return how well the stems add up to the mix, and how they were made."""
    said = ["A mix without a stem is made when you ask for it; that takes some seconds."]
    if separation.null_test_db is not None:
        said.append(_adds_up(separation.null_test_db))
    if separation.mended_samples:
        n = separation.mended_samples
        counted = "1 sample that is" if n == 1 else f"{n} samples that are"
        said.append(f"The recording holds {counted} no number: silence stands there instead.")
    if separation.precision:
        how = {"f16": "half", "f32": "full"}.get(separation.precision, separation.precision)
        said.append(f"They were computed in {how} precision.")
    if separation.segment_s:
        piece = f"pieces of {separation.segment_s} s"
        said.append(f"Memory was short: the model heard the song in {piece}, shorter than its own.")
    if separation.has_card:
        said.append("A graphics card made them.")
    if separation.fallback:
        said.append(f"The processor made them, not a graphics card: {separation.fallback}.")
    if separation.is_reused:
        said.append("They were made before, from the same audio.")
    return " ".join(said)


def _adds_up(null_test_db: float) -> str:
    rest_db = f"{abs(null_test_db):.0f}"
    if null_test_db >= _WHOLE_DB:
        return f"The stems add up to the mix: what none of them holds is {rest_db} dB below it."
    if null_test_db >= 0:
        return f"What no stem holds, the residual, is {rest_db} dB below the mix."
    return f"The stems do not add up to the mix: the residual is {rest_db} dB louder than it."
