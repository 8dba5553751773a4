"""Engines by hand: ``python -m soundforge.engines.analyze FILE`` prints one JSON document.

Standard output holds the answer or ``{"error": {"code", "message", "next_step", "retryable"}}``,
and nothing else; the exit status is 0 or 1, 2 for a wrong command line, 130 when it was
interrupted. Progress and log go to standard error. The limits on a file are checked before the
work, and the time limit ends this process, not only whoever waits for it.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import stat
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from soundforge.engines import decode, models_folder, runtime, weights
from soundforge.engines.protocol import Error
from soundforge.engines.runtime import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from typing import BinaryIO

    from soundforge.engines.runtime import Report

    Run: TypeAlias = Callable[[argparse.Namespace, Report], Any]

_LEAST_TIMEOUT_S: Final = 120.0
_TIMEOUT_PER_S: Final = 2.0
_INTERRUPTED: Final = 130


@dataclass(frozen=True, slots=True)
class Command:
    """How an engine is used by hand.

    Args:
        about: What it does, for ``--help``.
        add_arguments: Adds what the engine wants beside ``FILE``.
        run: Does the work on the parsed arguments (``file`` is absolute) and returns JSON.
    """

    about: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Run


def main(command: Command, arguments: Sequence[str]) -> int:
    """Do what the command line says; return the exit status."""
    options = _parser(command).parse_args(arguments)
    answers = runtime.claim_stdout()
    signal.signal(signal.SIGTERM, _interrupt)  # so that half-made files are swept away
    try:
        duration_s = check(options)
        limit_s = options.timeout_s or max(_LEAST_TIMEOUT_S, _TIMEOUT_PER_S * duration_s)
        timer = threading.Timer(limit_s, _expire, (answers, limit_s))
        timer.daemon = True
        timer.start()
        answer, status = command.run(options, _report(is_told=options.progress)), 0
        timer.cancel()
        text = json.dumps(answer, allow_nan=False, indent=options.indent)
    except KeyboardInterrupt:
        text, status = (
            _told(Error("cancelled", "The work was interrupted.", "", retryable=True)),
            _INTERRUPTED,
        )
    except Exception as error:  # noqa: BLE001 -- the process boundary: all must be told
        text, status = _told(runtime.explain(error)), 1
    answers.write(text.encode() + b"\n")
    answers.flush()
    return status


def check(options: argparse.Namespace) -> float:
    """See that a file is within the limits; return its length in seconds, 0 if it does not say.

    Raises:
        EngineError: ``file_missing``, ``not_a_file``, ``file_empty``, ``file_too_large``,
            ``file_too_long``, or it cannot be decoded.
    """
    path: Path = options.file
    try:
        status = path.stat()
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        raise EngineError("file_missing", "The file is not there.", "Check the name.") from error
    if not stat.S_ISREG(status.st_mode):
        raise EngineError("not_a_file", "This is a folder or a device.", "Give a song.")
    if not status.st_size:
        raise EngineError("file_empty", "The file is empty.", "Give a song.")
    if status.st_size > options.max_bytes:
        raise EngineError(
            "file_too_large",
            f"The file has {status.st_size:,} bytes; the limit is {options.max_bytes:,}.",
            "Raise --max-bytes, or send a part of it.",
        )
    with decode.open_what_is_there(path) as reader:
        duration_s = (reader.frames or 0) / reader.sample_rate_hz
    if duration_s > options.max_duration_s:
        raise EngineError(
            "file_too_long",
            f"The file holds {duration_s:.0f} s of audio; the limit is {options.max_duration_s:g}.",
            "Raise --max-duration-s, or send a part of it.",
        )
    return duration_s


def add_models_dir(parser: argparse.ArgumentParser) -> None:
    """Add ``--models-dir``, for engines that listen with a network."""
    parser.add_argument(
        "--models-dir",
        type=absolute,
        help="folder of the networks, that `sfa models pull` fills; the app's if not given",
    )


def models_dir(options: argparse.Namespace, features: Collection[str]) -> Path:
    """Return the folder of the networks; say on standard error which of them are not there.

    Args:
        options: The command line.
        features: What will be found.

    Raises:
        EngineError: ``settings_invalid``.
    """
    folder: Path = options.models_dir or models_folder.default()
    for network in weights.missing_networks(folder, features):
        found = " and ".join(one for one in network.features if one in features)
        sys.stderr.write(
            f"{network.label} is not installed, so a simpler way finds {found}. "
            f"To have it: sfa models pull {network.name}\n"
        )
    return folder


def _parser(command: Command) -> argparse.ArgumentParser:
    module = getattr(sys.modules["__main__"], "__spec__", None)
    parser = argparse.ArgumentParser(
        prog=f"python -m {module.name}" if module else None, description=command.about
    )
    parser.add_argument("file", type=absolute, metavar="FILE", help="a song in any format we read")
    command.add_arguments(parser)
    parser.add_argument(
        "--timeout-s", type=_positive, help="end after this; by length if not given"
    )
    parser.add_argument("--max-duration-s", type=_positive, default=10_800.0, help="longest file")
    parser.add_argument("--max-bytes", type=int, default=500_000_000, help="largest file")
    parser.add_argument(
        "--progress", action="store_true", help="tell it on standard error, as JSON"
    )
    parser.add_argument("--indent", type=int, help="spaces to indent by; one line if not given")
    return parser


def absolute(name: str) -> Path:
    """Return the path that ``name`` means where the command was given."""
    return Path(name).absolute()


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise ValueError(text)
    return number


def _report(*, is_told: bool) -> Report:
    def report(fraction: float, message: str, **detail: Any) -> None:
        if is_told:
            line = {"fraction": round(fraction, 4), "message": message, "detail": detail}
            sys.stderr.write(json.dumps(line) + "\n")
            sys.stderr.flush()

    return report


def _told(error: Error) -> str:
    return json.dumps({"error": asdict(error)})


def _expire(answers: BinaryIO, limit_s: float) -> None:
    """End this process; native code may hold Python for long, so nothing is asked of it."""
    error = Error(
        "timed_out",
        f"The work took more than {limit_s:.0f} s.",
        "Give more with --timeout-s.",
        retryable=True,
    )
    os.write(answers.fileno(), _told(error).encode() + b"\n")
    os._exit(1)


def _interrupt(_: int, __: object) -> None:
    raise KeyboardInterrupt
