"""The mix-down program: ``python -m soundforge.engines.mix_down``.

A recording without some of its stems. They are taken away from the recording, not the others
added up: so what no stem holds stays, and without all of them it is just that, the residual. As
FLAC it has the stems' gain, so that it adds up with them, and more of it only where it would clip.

Params: ``path`` (the recording), ``without`` (paths of the stems, as `StemWriter` made them),
``gain_db`` (what they were changed by), ``sample_rate_hz`` (theirs), ``out_dir`` (an existing
folder), ``name``, and optional ``format`` (``flac`` or ``wav``), ``duration_s`` (for the
progress) and ``path_gain_db`` (what the recording was changed by; undone first).
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from soundforge.engines import runtime
from soundforge.engines.runtime import EngineError

if TYPE_CHECKING:
    from soundforge.engines.runtime import Report


def mix_down(params: dict[str, Any], report: Report) -> dict[str, Any]:
    """Write the recording without the stems, in flat memory; return the file's name and figures.

    Raises:
        EngineError: ``params_invalid``, ``stems_do_not_fit`` (other lengths than the
            recording's), or what decoding raises.
    """
    import numpy as np
    import soundfile

    from soundforge.engines.mix import Mix
    from soundforge.engines.stem_writer import StemWriter

    try:
        path, out_dir, name = Path(params["path"]), Path(params["out_dir"]), str(params["name"])
        without = [Path(stem) for stem in params["without"]]
        rate_hz, scale = int(params["sample_rate_hz"]), _undo(params["gain_db"])
        mix_scale = _undo(params.get("path_gain_db") or 0)
        form: Any = params.get("format", "flac")
        frames = max(1.0, float(params.get("duration_s") or 0) * rate_hz)
    except (KeyError, TypeError, ValueError) as error:
        raise EngineError("params_invalid", f"A parameter is missing or wrong: {error}.") from error

    common = 1 / scale if form == "flac" else 1.0
    mix = Mix(path, rate_hz)
    writer = StemWriter(out_dir, [name], rate_hz, form=form)
    writer.resume(0)  # the folder may be of a run that was killed
    with ExitStack() as stack:
        files = [stack.enter_context(soundfile.SoundFile(stem)) for stem in without]
        for block in mix.blocks():
            rest = block.astype(np.float64) * mix_scale
            for file in files:
                part = file.read(len(block), dtype="float32", always_2d=True)
                if part.shape != block.shape:
                    raise _do_not_fit()
                rest -= part * scale
            writer.write({name: (rest * common).astype(np.float32)})
            report(min(0.8, 0.8 * writer.frames / frames), "taking the stems away")
        if any(len(file.read(1)) for file in files):
            raise _do_not_fit()
    (written,) = writer.finish()
    return {
        "file_name": written.file_name,
        "size_bytes": written.size_bytes,
        "frames": writer.frames,
        "gain_db": float(20 * np.log10(writer.gain * common)),
    }


def _undo(gain_db: Any) -> float:
    return float(10 ** (-float(gain_db) / 20))


def _do_not_fit() -> EngineError:
    return EngineError(
        "stems_do_not_fit",
        "The stems are not as long as the recording.",
        "Separate the track again, then ask for the mix.",
    )


if __name__ == "__main__":
    runtime.serve(mix_down)
