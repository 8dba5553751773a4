"""Published weight files become an installed model: fetched or found, checked, converted."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from soundforge.engines import file_download, weights
from soundforge.engines.checkpoints import Refused
from soundforge.engines.runtime import EngineError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from soundforge.engines.published import FileWeights, WeightFile
    from soundforge.engines.runtime import Report
    from soundforge.engines.separators import Separator

_FETCHED: Final = 0.85


def install(
    model: Separator, wanted: FileWeights, params: dict[str, Any], work: Path, report: Report
) -> Path:
    """Return a new folder below ``work`` with the weights and their manifest.

    Args:
        model: The description.
        wanted: Its files.
        params: ``file`` (a file, or a folder with the files), or ``mirror``; and
            ``accepts_unknown``: also take files that are not the published ones.
        work: A folder of our own.
        report: Told the progress.

    Raises:
        EngineError: ``weights_unreachable``, ``weights_hash_mismatch``, ``weights_invalid``.
    """
    if given := params.get("file"):
        paths = [_find(Path(given), file, wanted) for file in wanted.files]
    else:
        paths = _fetch(model, wanted, params, report)
    report(_FETCHED, "checking")
    is_open = bool(params.get("accepts_unknown"))
    hashes = [
        _check(path, file, is_open=is_open) for path, file in zip(paths, wanted.files, strict=True)
    ]
    report(0.9, "converting")
    folder = _convert(model, wanted, paths, hashes, work)
    if not params.get("file"):
        for path in paths:
            path.unlink()
    return folder


def _fetch(
    model: Separator, wanted: FileWeights, params: dict[str, Any], report: Report
) -> list[Path]:
    """Download what is not there yet; what is half there goes on."""
    kept = Path(params["models_dir"]) / f".{model.name}.download"
    kept.mkdir(exist_ok=True)
    mirror = str(params.get("mirror") or "")
    how = f"Check the network, or get the files elsewhere and run: sfa models import {model.name} FOLDER"
    each = wanted.size_bytes / len(wanted.files)
    paths = []
    for at, file in enumerate(wanted.files):

        def told(received_bytes: int, before: float = at * each) -> None:
            received = min(int(before + received_bytes), wanted.size_bytes)
            report(
                _FETCHED * received / wanted.size_bytes,
                "downloading",
                received_bytes=received,
                total_bytes=wanted.size_bytes,
            )

        path = kept / file.file_name
        part = path.with_name(f"{path.name}.part")
        if not path.is_file():
            file_download.download(wanted.url(file, mirror), part, told, how=how)
            if weights.file_sha256(part) != file.sha256:
                part.unlink()
                raise _mismatch(file, "The download", "Fetch it again, or from elsewhere")
            part.replace(path)
        paths.append(path)
    return paths


def _find(given: Path, file: WeightFile, wanted: FileWeights) -> Path:
    """Return the file on this machine that ``file`` means."""
    if given.is_file():
        if len(wanted.files) == 1:
            return given
        raise EngineError(
            "weights_invalid",
            f"The model has {len(wanted.files)} networks; {given.name} is one file.",
            f"Give a folder with {', '.join(f.file_name for f in wanted.files)}.",
        )
    endings = (".safetensors", ".th", ".ckpt")
    names = (file.file_name, *(f"{file.signature}{ending}" for ending in endings))
    for name in names:
        if (given / name).is_file():
            return given / name
    raise EngineError(
        "weights_invalid", f"{given.name} does not hold {file.file_name}.", "Check the path."
    )


def _check(path: Path, file: WeightFile, *, is_open: bool) -> str:
    """Return the file's hash, when it is the published file, or any when ``is_open``."""
    found = weights.file_sha256(path)
    if found != file.sha256 and not is_open:
        raise _mismatch(file, path.name, "Get it again, or say --unknown for weights of your own")
    return found


def source_sha256(given: Path, wanted: FileWeights) -> str:
    """Return what the manifest of weights made of ``given``, a file or a folder, would say.

    Raises:
        EngineError: ``weights_invalid``: a file is missing.
    """
    return " ".join(weights.file_sha256(_find(given, file, wanted)) for file in wanted.files)


def _mismatch(file: WeightFile, what: str, how: str) -> EngineError:
    return EngineError(
        "weights_hash_mismatch",
        f"{what} is not the published {file.file_name}: its hash differs.",
        f"{how}; the published file's SHA-256 is {file.sha256}.",
    )


def _convert(
    model: Separator, wanted: FileWeights, paths: list[Path], hashes: list[str], work: Path
) -> Path:
    import numpy as np

    from soundforge.engines import mapped_arrays

    def full(array: NDArray[Any]) -> NDArray[Any]:
        """In the precision that networks take: what must be converted first takes memory."""
        return array.astype(np.float32) if array.dtype.kind == "f" else array

    folder = work / "model"
    folder.mkdir()
    target = folder / weights.WEIGHTS_FILE
    with target.open("wb") as output:
        with contextlib.closing(mapped_arrays.Writer(output)) as writer:
            for path, file in zip(paths, wanted.files, strict=True):
                arrays = _network(path, model, wanted)
                writer.add({f"{file.network}/{key}": full(value) for key, value in arrays.items()})
        output.flush()
        os.fsync(output.fileno())
    members = "\n".join(f"{f.network} {h}" for f, h in zip(wanted.files, hashes, strict=True))
    is_published = hashes == [file.sha256 for file in wanted.files]
    manifest = weights.Manifest(
        model=model.name,
        weights_hash=hashlib.sha256(members.encode()).hexdigest(),
        sha256=weights.file_sha256(target),
        size_bytes=target.stat().st_size,
        source="published" if is_published else "unknown files",
        source_sha256=" ".join(hashes),
        converted_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    weights.write_manifest(folder, manifest)
    weights.sync_folder(folder)
    return folder


def _network(path: Path, model: Separator, wanted: FileWeights) -> dict[str, NDArray[Any]]:
    """Return what a network's file holds, as its family reads it."""
    import numpy as np

    module, _, function = wanted.read.partition(":")
    try:
        arrays: dict[str, NDArray[Any]]
        arrays = getattr(importlib.import_module(module), function)(path, model)
        for name, array in arrays.items():
            if not np.isfinite(array).all():
                raise Refused(f"{name[:80]} holds what is no number")
    except (Refused, OSError) as error:
        raise EngineError(
            "weights_invalid",
            f"{path.name} does not hold the weights of {model.label}: {error}.",
            f"Get {', '.join(file.file_name for file in wanted.files)}.",
        ) from error
    return arrays
