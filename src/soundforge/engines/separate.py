"""The separation program: ``python -m soundforge.engines.separate``.

Params: ``path`` (the recording), ``out_dir`` (an existing folder), ``model``, ``models_dir``,
and optional ``stems`` (default all), ``format`` (``flac`` or ``wav``), ``chunk_s``
(length of the chunks in which it can be heard while it runs, in whole seconds; 0 for none), ``threads`` (0 for all), ``duration_s`` (for the progress of files that do not
say how long they are), ``precision`` (``auto``, ``f32`` or ``f16``), ``device`` (one of
`devices.ASKED`; ``auto``), ``overlap`` (of segments; the model's own), ``segment_s`` (one of the
model's `smaller` segments; 0 for its own), ``sample_rate`` (of the masters: ``model`` or
``source``) and ``earlier_dirs`` (what attempts that ended early have left: the work goes on from
there).
"""

from __future__ import annotations

import contextlib
import importlib
import math
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from soundforge.engines import devices, runtime, weights
from soundforge.engines.runtime import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from soundforge.engines.mix import Mix
    from soundforge.engines.runtime import Report
    from soundforge.engines.separation import Task
    from soundforge.engines.separators import Separator
    from soundforge.engines.stem_writer import StemWriter
    from soundforge.engines.weights import Installed

    Run = Callable[[Task], Iterator[dict[str, NDArray[np.float32]]]]

Known = TypeVar("Known", str, int)

_NULL_TEST: Final = 0.25  # of the time that is left once all stems are made


@dataclass(frozen=True, slots=True)
class _Params:
    path: Path
    out_dir: Path
    models_dir: Path
    model: str
    stems: tuple[str, ...]
    form: Any
    chunk_s: int
    threads: int
    duration_s: float
    precision: Any
    device: str
    overlap: float
    segment_s: int
    sample_rate: str
    earlier_dirs: tuple[Path, ...]


def separate(params: dict[str, Any], report: Report) -> dict[str, Any]:
    """Separate one recording into stem files; return what was made and how well it adds up.

    Raises:
        EngineError: ``model_unknown``, ``model_not_available``, ``model_not_installed``,
            ``weights_hash_mismatch``, ``stem_unknown``, ``params_invalid``, ``no_audio``, or what decoding raises.
    """
    return separate_with(weights.description(str(params.get("model", ""))), params, report)


def separate_with(model: Separator, params: dict[str, Any], report: Report) -> dict[str, Any]:
    """Separate with a model by its description, as `separate` does by its name."""
    asked = _parse(params, model)
    installed = weights.require(asked.models_dir, model)
    report(0.0, _doing("loading the model", asked))

    from soundforge.engines import stem_checkpoint

    with stem_checkpoint.locked(asked.out_dir), weights.damage_told(model):
        stem_checkpoint.take_over(asked.earlier_dirs, asked.out_dir)
        return _separate(asked, model, installed, report)


def _separate(
    asked: _Params, model: Separator, installed: Installed, report: Report
) -> dict[str, Any]:
    from soundforge.engines import held
    from soundforge.engines.mix import Mix
    from soundforge.engines.stem_writer import StemWriter

    began = time.monotonic()
    mix = Mix(asked.path, model.sample_rate_hz)
    writer = StemWriter(
        asked.out_dir,
        asked.stems,
        model.sample_rate_hz,
        form=asked.form,
        chunk_s=asked.chunk_s,
    )
    with contextlib.closing(writer):
        task = _task(asked, model, installed, mix, writer, report)
        run: Run = _resolve(model.run)
        for block in run(task):
            writer.write(block)
            _tell(report, writer, mix, asked, model)
        held.rest()
        report(model.making, "writing the stems")
        is_as_source = asked.sample_rate == "source"
        written = writer.finish(
            threads=asked.threads or os.cpu_count() or 1,
            masters_rate_hz=mix.source_rate_hz if is_as_source else 0,
            masters_frames=mix.source_frames if is_as_source else 0,
        )
    report(1 - _NULL_TEST * (1 - model.making), "checking the sum")
    mended_samples = mix.mended_samples
    if is_as_source:
        mix = Mix(asked.path, mix.source_rate_hz)
    null_db = _check(mix, writer, asked, model)
    task.checkpoint.discard()
    took_s = time.monotonic() - began
    duration_s = writer.masters_frames / writer.masters_rate_hz
    return {
        "model": model.name,
        "weights_hash": installed.weights_hash,
        "stems": [asdict(stem) for stem in written],
        "sample_rate_hz": writer.masters_rate_hz,
        "channels": 2,
        "frames": writer.masters_frames,
        "duration_s": duration_s,
        "gain_db": 20 * math.log10(writer.gain),
        "null_test_db": null_db,
        "mended_samples": mended_samples,
        "took_s": took_s,
        "realtime_factor": duration_s / max(took_s, 1e-3),
        **task.notes,
    }


def _task(
    asked: _Params,
    model: Separator,
    installed: Installed,
    mix: Mix,
    writer: StemWriter,
    report: Report,
) -> Task:
    from soundforge.engines.separation import Task
    from soundforge.engines.stem_checkpoint import StemCheckpoint

    identity = {
        "weights": installed.weights_hash,
        "stems": asked.stems,
        "overlap": asked.overlap,
        "segment_s": asked.segment_s,
    }

    def tell() -> None:  # at once: the next segment may take long, and nothing is lost
        _tell(report, writer, mix, asked, model)

    return Task(
        model=model,
        installed=installed,
        mix=mix,
        stems=asked.stems,
        threads=asked.threads,
        precision=asked.precision,
        device=asked.device,
        overlap=asked.overlap,
        segment_s=asked.segment_s,
        checkpoint=StemCheckpoint(asked.out_dir, writer, identity, tell),
        notes={
            "precision": "f32",
            "resumed_segments": 0,
            "mended_segments": 0,
            "device": "cpu",
            "device_fallback": "",
            "segment_s": asked.segment_s,
        },
    )


def _parse(params: dict[str, Any], model: Separator) -> _Params:
    stems = tuple(params.get("stems") or model.stems)
    if unknown := [stem for stem in stems if stem not in model.stems]:
        raise EngineError(
            "stem_unknown",
            f"{model.label} makes no stem called {unknown[0]}.",
            f"Choose from {', '.join(model.stems)}.",
        )
    form = params.get("format", "flac")
    if form not in ("flac", "wav"):
        raise EngineError("params_invalid", f"{form} is no format for stems.", "Use flac or wav.")
    try:
        return _Params(
            path=Path(params["path"]),
            out_dir=Path(params["out_dir"]),
            models_dir=Path(params["models_dir"]),
            model=model.name,
            stems=tuple(stem for stem in model.stems if stem in stems),
            form=form,
            chunk_s=max(0, int(params.get("chunk_s") or 0)),
            threads=max(0, int(params.get("threads") or 0)),
            duration_s=float(params.get("duration_s") or 0),
            precision=_one_of(params.get("precision") or "auto", ("auto", "f32", "f16")),
            device=_one_of(params.get("device") or "auto", devices.ASKED),
            overlap=_share(params.get("overlap", model.overlap)),
            segment_s=_one_of(
                params.get("segment_s") or 0, (0, *(one.segment_s for one in model.smaller))
            ),
            sample_rate=_one_of(params.get("sample_rate") or "model", ("model", "source")),
            earlier_dirs=tuple(map(Path, params.get("earlier_dirs") or ())),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise EngineError("params_invalid", f"A parameter is missing or wrong: {error}.") from error


def _one_of(value: Any, known: tuple[Known, ...]) -> Known:
    for one in known:
        if value == one:
            return one
    raise ValueError(f"{value!s:.40} is none of {', '.join(map(str, known))}")


def _share(value: Any) -> float:
    share = float(value)
    if not 0 <= share <= 0.95:
        raise ValueError(f"an overlap of {share} is not between 0 and 0.95")
    return share


def _resolve(reference: str) -> Any:
    module, _, name = reference.partition(":")
    return getattr(importlib.import_module(module), name)


def _tell(report: Report, writer: StemWriter, mix: Mix, asked: _Params, model: Separator) -> None:
    # What a file says of its own length may be wrong: never less than what is there already.
    expected = max(
        mix.expected_frames or round(asked.duration_s * model.sample_rate_hz), mix.frames, 1
    )
    report(
        model.making * min(1.0, writer.frames / expected),
        _doing("separating", asked),
        ready_s=writer.ready_s,
    )


def _doing(what: str, asked: _Params) -> str:
    if not asked.segment_s:
        return what
    return f"{what}; memory is short, so it hears pieces of {asked.segment_s} s"


def _check(mix: Mix, writer: StemWriter, asked: _Params, model: Separator) -> float | None:
    """Return the null test of the written files; None for a part of the stems, or silence."""
    from soundforge.engines.null_test import null_test_db

    if asked.stems != model.stems:
        return None
    paths = [asked.out_dir / f"{stem}.{asked.form}" for stem in asked.stems]
    return null_test_db(mix.blocks(), writer.gain, paths)


if __name__ == "__main__":
    runtime.serve(separate)
