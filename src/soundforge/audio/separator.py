"""The door to separation: a recording in, stem files out, in a process of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from soundforge.audio.report import of_engine

if TYPE_CHECKING:
    from pathlib import Path

    from soundforge.audio.engine import Engine
    from soundforge.audio.models import Models
    from soundforge.audio.report import Report

SampleRate: TypeAlias = Literal["model", "source"]

ENGINE: Final = "separate"
MIN_TIMEOUT_S: Final = 300.0
_TIMEOUT_PER_SECOND: Final = 10.0


@dataclass(frozen=True, slots=True)
class StemFile:
    """One stem; every name is relative to the folder that was given.

    Args:
        stem_type: ``vocals``, ``drums`` …
        file_name: The master.
        size_bytes: Size of the master.
        peaks_name: Loudest sample per hundredth of a second, one byte each (255 = full scale).
        sha256: Hash of the master.
        chunks: How many files ``<stem>/00000.flac`` … there are; 0 when not asked for.
    """

    stem_type: str
    file_name: str
    size_bytes: int
    peaks_name: str
    sha256: str
    chunks: int = 0


@dataclass(frozen=True, slots=True)
class Separated:
    """What a separation made.

    Args:
        stems: The files, in the model's order.
        sample_rate_hz: Of every stem.
        channels: Of every stem: 2.
        frames: Of every stem, and of the mix at this rate.
        duration_s: The same in seconds.
        null_test_db: How far the stems' sum is from the mix, measured on the written files
            (higher is better); None for a part of the stems, or silence.
        gain_db: What every stem was changed by so that none clips: 0 or below.
        took_s: Working time of the engine.
        realtime_factor: ``duration_s / took_s``.
        model: The model's name.
        weights_hash: The identity of its weights, the same on every machine.
        mended_samples: Samples of the recording that were not numbers; silence instead.
        precision: What the networks computed in: ``f32`` or ``f16``.
        resumed_segments: How many segments an earlier attempt had finished.
        mended_segments: How many overflowed in ``f16`` and ran again in ``f32``.
        device: What computed at the end: ``cpu``, ``cuda`` or ``mps``.
        device_fallback: Why it was the CPU although something else was wanted; else empty.
        segment_s: Length of its segments where they were smaller than the model's own; else 0.
    """

    stems: tuple[StemFile, ...]
    sample_rate_hz: int
    channels: int
    frames: int
    duration_s: float
    null_test_db: float | None
    gain_db: float
    took_s: float
    realtime_factor: float
    model: str
    weights_hash: str
    mended_samples: int = 0
    precision: str = "f32"
    resumed_segments: int = 0
    mended_segments: int = 0
    device: str = "cpu"
    device_fallback: str = ""
    segment_s: int = 0


async def separate(  # noqa: PLR0913 -- one call says all of a separation; all by keyword
    engine: Engine,
    models: Models,
    *,
    source: Path,
    out_dir: Path,
    model: str,
    job: str,
    duration_s: float,
    report: Report,
    stems: tuple[str, ...] | None = None,
    form: str = "flac",
    chunk_s: int = 0,
    threads: int = 0,
    sample_rate: SampleRate = "model",
    segment_s: int = 0,
    earlier_dirs: tuple[Path, ...] = (),
) -> Separated:
    """Separate ``source`` into files in ``out_dir``.

    Args:
        engine: How engine processes are started.
        models: Where the weights are, and what precision and device are wanted.
        source: The recording, in any format we read; an absolute path.
        out_dir: An existing folder, absolute; give one of its own and rename it when this returns.
        model: Name of the model.
        job: Whose work this is, for the log.
        duration_s: Length of the recording: sets the time-out and, for files that do not
            say how long they are, the progress.
        report: Told the progress; the detail has ``ready_s`` (how much can be heard from chunks).
        stems: Which stems; None for all.
        form: ``flac`` (24 bit) or ``wav`` (float, never any gain).
        chunk_s: Length of the chunks that can be played while it runs, in seconds; 0 for none.
        threads: CPU threads; 0 for all.
        sample_rate: Of the files: the model's, or the ``source``'s own with exactly its length.
            Chunks and peaks are always the model's.
        segment_s: One of the model's `smaller` segments, for when memory is short; 0 for its own.
        earlier_dirs: What attempts that ended early have left, the last one last: the work
            goes on from there where the model can.

    Raises:
        errors.Invalid: ``model_unknown``, ``stem_unknown``, or the file: ``not_audio``,
            ``file_truncated``, ``decode_failed``, ``codec_unsupported``, ``no_audio``.
        errors.Conflict: ``model_not_installed``.
        errors.Unavailable: The engine crashed or hung; worth another try.
    """
    patience = models.require(model).patience
    params: dict[str, Any] = {
        "path": str(source),
        "out_dir": str(out_dir),
        "models_dir": str(models.models_dir),
        "model": model,
        "stems": list(stems) if stems is not None else None,
        "format": form,
        "chunk_s": chunk_s,
        "threads": threads,
        "duration_s": duration_s,
        "precision": models.precision,
        "device": models.device,
        "sample_rate": sample_rate,
        "segment_s": segment_s,
        "earlier_dirs": [str(folder) for folder in earlier_dirs],
    }

    value = await engine.run(
        ENGINE,
        params,
        job=job,
        timeout_s=patience * timeout_s(duration_s),
        on_progress=of_engine(report),
        kept_as=model,
        most_cores=threads or engine.cores.count,
    )
    return _parse(value)


def timeout_s(duration_s: float) -> float:
    """Return how long a separation may take: ten times the recording, never below 5 minutes."""
    return max(MIN_TIMEOUT_S, _TIMEOUT_PER_SECOND * duration_s)


def _parse(value: dict[str, Any]) -> Separated:
    stems = tuple(
        StemFile(
            stem_type=stem["stem"],
            file_name=stem["file_name"],
            size_bytes=stem["size_bytes"],
            peaks_name=stem["peaks_name"],
            sha256=stem["sha256"],
            chunks=stem["chunks"],
        )
        for stem in value.pop("stems")
    )
    return Separated(stems=stems, **value)
