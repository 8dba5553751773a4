"""A recording becomes numbers: ``python -m soundforge.engines.analyze``.

One pass decodes, mixes down, resamples and measures; then each feature draws its own
conclusion. Memory holds a few numbers per frame, never the recording.
"""

from __future__ import annotations

import io
import json
import os
import time
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

# One thread: the products are small, a second thread doubles the time on a busy machine.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from soundforge import registry
from soundforge.engines import allocator, durable, features, runtime, spectrum
from soundforge.engines.ahead import ahead
from soundforge.engines.decode import open_what_is_there, resample
from soundforge.engines.feature import Feature, Listener, Recording
from soundforge.engines.level import Level
from soundforge.engines.runtime import EngineError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from soundforge.engines.feature import Finding
    from soundforge.engines.reader import AudioReader
    from soundforge.engines.runtime import Report
    from soundforge.engines.spectrum import Measure, Samples

RESULT_FILE: Final = "result.json"
MATRICES_FILE: Final = "features.npz"
_PASS_SHARE: Final = 0.9  # of the work; the rest are the conclusions


def answer(params: dict[str, Any], report: Report) -> dict[str, Any]:
    """`analyze` into ``params["out_dir"]``, and return the name of the file that holds it all.

    What hours of music come to is longer than a message may be.
    """
    analyze(params, report)
    return {"result_name": RESULT_FILE}


def analyze(params: dict[str, Any], report: Report) -> dict[str, Any]:
    """Analyse ``params["path"]`` for ``params["features"]``; return a value for each.

    Networks are looked for in ``models_dir``; what needs one and has none finds less. The features
    in ``best`` take the larger network where they know one.
    With an ``out_dir``, `RESULT_FILE` (the same values) and `MATRICES_FILE` (curves
    ``(frames,)`` and matrices ``(width, frames)``, at ``frame_rate_hz``) are written there.

    Raises:
        EngineError: ``unknown_feature``, ``no_audio``, or the file cannot be decoded.
    """
    began = time.perf_counter()
    chosen = _choose(params["features"])
    path = Path(params["path"])
    with open_what_is_there(path) as reader:
        sample_rate_hz = reader.sample_rate_hz
        models_dir = Path(params["models_dir"]) if params.get("models_dir") else None
        blocks = _reported(reader, report)
        best = params.get("best") or ()
        recording = listen(blocks, sample_rate_hz, chosen, models_dir, best=best)
    if not recording.level.samples:
        raise EngineError("no_audio", f"{path.name} holds no audio.", "Send another file.")
    findings = conclude(recording, chosen, report)
    value = {
        **{name: finding.value for name, finding in findings.items()},
        "duration_s": recording.duration_s,
        "sample_rate_hz": sample_rate_hz,
        "damaged_samples": recording.level.damaged_samples,
        "took_s": round(time.perf_counter() - began, 3),
    }
    if params.get("out_dir"):
        _save(Path(params["out_dir"]), value, findings)
    return value


def engines(found: Mapping[str, Any]) -> dict[str, str]:
    """Return who found what, by feature, of a value of `analyze`, as far as there is a choice."""
    return {
        name: one["engine"]
        for name, one in found.items()
        if isinstance(one, dict) and "engine" in one
    }


def listen(
    blocks: Iterable[Samples],
    sample_rate_hz: int,
    chosen: Mapping[str, Feature],
    models_dir: Path | None = None,
    *,
    best: Collection[str] = (),
) -> Recording:
    """Hear ``blocks``, each ``(n, channels)``, once, and keep what ``chosen`` will ask for.

    Networks whose weights are not in ``models_dir`` do not listen, and the larger ones only for
    the features in ``best``.
    """
    level = Level()
    meters = {
        name: make(sample_rate_hz) for one in chosen.values() for name, make in one.meters.items()
    }
    channels = 1

    def mono() -> Iterator[Samples]:
        nonlocal channels
        for block in blocks:
            planes = level.hear(np.ascontiguousarray(block.T))
            channels = len(planes)
            for meter in meters.values():
                meter.hear(planes)
            yield (planes.sum(axis=0) / np.float32(channels))[:, None]

    listeners = _listeners(chosen, models_dir, best)
    measures = _measures(chosen, listeners)

    def heard() -> Iterator[Samples]:
        for block in resample(mono(), sample_rate_hz, spectrum.SAMPLE_RATE_HZ):
            for listener in listeners.values():
                listener.hear(block[:, 0])
            yield block[:, 0]

    columns = spectrum.measure(ahead(heard()), measures)
    duration_s = level.samples / channels / sample_rate_hz
    return Recording(level, columns, duration_s, meters, listeners=listeners)


def _measures(
    chosen: Mapping[str, Feature], listeners: Mapping[str, Listener]
) -> dict[str, Measure]:
    measures: dict[str, Measure] = {}
    for one in chosen.values():
        measures |= one.measures
        if one.listeners.keys() & listeners.keys():
            measures |= one.listener_measures
    return measures


def _listeners(
    chosen: Mapping[str, Feature], models_dir: Path | None, best: Collection[str]
) -> dict[str, Listener]:
    makers = {name: make for one in chosen.values() for name, make in one.listeners.items()}
    for name in chosen.keys() & set(best):
        makers |= chosen[name].best_listeners
    made = {name: make(models_dir) for name, make in makers.items()}
    return {name: listener for name, listener in made.items() if listener is not None}


def conclude(
    recording: Recording, chosen: Mapping[str, Feature], report: Report
) -> dict[str, Finding]:
    """Return what each of ``chosen`` finds in ``recording``, by name."""
    found = recording.found
    for number, name in enumerate(_in_order(chosen)):
        done = _PASS_SHARE + (1 - _PASS_SHARE) * number / len(chosen)
        report(done, f"Finding: {chosen[name].label.lower()}", feature=name)
        found[name] = chosen[name].extract(recording)
    return {name: found[name] for name in chosen}


def _in_order(chosen: Mapping[str, Feature]) -> Iterator[str]:
    """Yield the names, each after those whose findings it uses.

    Those that wait for a listener, which may be behind, come as late as they can.
    """
    graph = {name: set(one.after) & chosen.keys() for name, one in chosen.items()}
    sorter, ready = TopologicalSorter(graph), list[str]()
    sorter.prepare()
    while sorter.is_active():
        ready = sorted([*ready, *sorter.get_ready()], key=lambda one: bool(chosen[one].listeners))
        name, *ready = ready
        yield name
        sorter.done(name)


def _choose(names: list[str]) -> dict[str, Feature]:
    unknown = sorted(set(names) - set(features.NAMES))
    if unknown or not names:
        raise EngineError(
            "unknown_feature",
            f"There is no feature called {', '.join(unknown) or 'nothing'}.",
            f"Choose from: {', '.join(features.NAMES)}.",
        )
    return registry.entries(features, "FEATURE", Feature, only=names)


def _reported(reader: AudioReader, report: Report) -> Iterator[Samples]:
    """Yield the blocks of ``reader`` and report each per cent of the way, once."""
    heard = percent = 0
    for block in reader.blocks():
        yield block
        heard += len(block)
        share = min(1.0, heard / reader.frames) if reader.frames else 0.0
        if int(share * 100) > percent:
            percent = int(share * 100)
            heard_s = round(heard / reader.sample_rate_hz, 1)
            report(share * _PASS_SHARE, "Listening to the recording", heard_s=heard_s)


def _save(folder: Path, value: dict[str, Any], findings: Mapping[str, Finding]) -> None:
    arrays: dict[str, Any] = {
        "frame_rate_hz": np.float64(spectrum.FRAME_RATE_HZ),
        "sample_rate_hz": np.int64(spectrum.SAMPLE_RATE_HZ),
        "hop_length": np.int64(spectrum.HOP_LENGTH),
        "frame_length": np.int64(spectrum.FRAME_LENGTH),
    }
    for finding in findings.values():
        arrays.update(finding.matrices)
    packed = io.BytesIO()
    np.savez(packed, **arrays)
    folder.mkdir(parents=True, exist_ok=True)
    durable.write_bytes(folder / MATRICES_FILE, packed.getbuffer())
    text = json.dumps(value, allow_nan=False, indent=1)
    durable.write_bytes(folder / RESULT_FILE, text.encode())


if __name__ == "__main__":
    allocator.keep_what_was_freed()
    runtime.serve(answer)
