"""What the verbs that listen share: networks are fetched, a file is heard, gaps are owned up to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soundforge import errors
from soundforge.audio import analyzer, media, networks
from soundforge.cli import terminal

if TYPE_CHECKING:
    from pathlib import Path

    from soundforge.audio.analyzer import Analysis
    from soundforge.audio.engine import Engine
    from soundforge.settings import Settings


def limits(settings: Settings) -> media.Limits:
    """Return what a recording may be."""
    return media.Limits(
        max_duration_s=settings.limits.duration_s,
        max_channels=settings.limits.channels,
        max_sample_rate_hz=settings.limits.sample_rate_hz,
    )


async def hear(  # noqa: PLR0913 -- one call says all of it
    engine: Engine,
    settings: Settings,
    file: Path,
    features: tuple[str, ...],
    *,
    duration_s: float,
    job: str,
    title: str,
    best: tuple[str, ...] = (),
    is_best_needed: bool = False,
) -> Analysis:
    """Analyse ``file`` with all the networks that can be had; say on standard error what could not.

    Args:
        engine: How engines are started.
        settings: Where the networks lie.
        file: The recording.
        features: What to find, see `analyzer.select`.
        duration_s: Its length, for the time limit; 0 if unknown.
        job: Whose work this is, for the log.
        title: What the progress bar says.
        best: The features that the larger networks are to hear.
        is_best_needed: Whether it is a failure when those cannot be had.

    Raises:
        errors.SoundForgeError: As `analyzer.analyze`.
        errors.Unavailable: ``weights_unreachable``: the larger networks are needed and not there.
    """
    models_dir = settings.weights_dir
    with terminal.progress_bar(title) as bar:
        larger = set(networks.missing(models_dir, features, best))
        larger -= set(networks.missing(models_dir, features))
        without = await networks.fetch(
            engine,
            models_dir,
            features,
            job=job,
            report=bar,
            best=best,
            mirror=settings.models_mirror,
        )
        if is_best_needed and larger & set(without):
            raise errors.Unavailable(
                "weights_unreachable",
                "The networks that hear chords best could not be fetched.",
                "Check the connection and retry, or leave out --engine best.",
            )
        made = await analyzer.analyze(
            engine,
            source=file.absolute(),
            out_dir=None,
            features=features,
            job=job,
            duration_s=duration_s,
            report=bar,
            models_dir=models_dir,
            best=best,
        )
    for name in without:
        terminal.note(_stand_in(networks.info(models_dir, name), features))
    return made


def _stand_in(network: networks.NetworkInfo, features: tuple[str, ...]) -> str:
    found = " and ".join(one for one in network.features if one in features)
    return (
        f"{network.label} could not be fetched, so a simpler way found {found}. "
        f"Once there is a connection: sfa models pull {network.name}"
    )
