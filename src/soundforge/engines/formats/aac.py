"""AAC and ALAC files, in parts: packets are found here and decoded by a library.

The AAC decoder (Symphonia, through sphn) reads whole ADTS files into memory and cannot open
MP4. So the packets are cut out here, wrapped as ADTS in parts of about 50 s and decoded part
by part, each with two packets of run-up: an AAC packet needs only the one before it. ALAC
packets need none; libsndfile decodes them from a CAF wrapper. What neither can decode
(HE-AAC, 5.1) is left to the ffmpeg program, if the machine has one. See ADR 0008.
"""

from __future__ import annotations

import logging
import struct
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from soundforge.engines import reader
from soundforge.engines.formats import adts, ffmpeg_pipe, mp4

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from soundforge.engines.formats.containers import Container

logger = logging.getLogger(__name__)

_PART_PACKETS: Final = 2048
_AAC_RUN_UP_PACKETS: Final = 2
_TRIAL_PACKETS: Final = 8


@dataclass(frozen=True, slots=True)
class _Codec:
    """How one part's packets become audio."""

    sample_rate_hz: int
    channels: int
    frames_per_packet: int
    run_up_packets: int
    decode: Callable[[list[bytes]], NDArray[np.float32]]


def open_aac(path: Path, container: Container) -> reader.AudioReader:
    """Open an M4A or a raw AAC (ADTS) file.

    Raises:
        EngineError: ``decode_failed``, ``file_truncated``, ``codec_unsupported``.
    """
    try:
        track = adts.read_track(path) if container == "AAC" else mp4.read_track(path)
    except adts.CutShort as error:
        raise reader.truncated(path) from error
    except ValueError as error:
        raise reader.undecodable(path, error) from error
    if any(offset + size > path.stat().st_size for offset, size in track.packets[-1:]):
        raise reader.truncated(path)
    codec = _codec_of(track)
    if codec is None or not _can_decode(path, track, codec):
        return ffmpeg_pipe.open_with_ffmpeg(path, track.codec)
    scale = codec.sample_rate_hz / (track.timescale_hz or codec.sample_rate_hz)
    length = None if track.length is None else round(track.length * scale)
    return _PacketReader(path, container, track.packets, codec, round(track.start * scale), length)


def _can_decode(path: Path, track: mp4.Track, codec: _Codec) -> bool:
    """Try the first packets: 5.1 and unannounced HE-AAC are refused only by the decoder."""
    with path.open("rb") as file:
        packets = [_read_at(file, *where) for where in track.packets[:_TRIAL_PACKETS]]
    try:
        return not packets or codec.decode(packets).shape[1] == codec.channels
    except (ValueError, RuntimeError, ImportError) as error:
        logger.info("the built-in decoder refused: %s", error)
        return False


def _codec_of(track: mp4.Track) -> _Codec | None:
    """Return how to decode ``track`` here, or None when we cannot."""
    if track.codec == "mp4a":
        config = mp4.parse_aac_config(track.config)
        return _aac(config) if config.is_plain and 0 < config.channel_config < 8 else None
    if track.codec == "alac" and len(track.config) >= 24:
        frames, _, bits, _, _, _, channels, _, _, _, rate = struct.unpack_from(
            ">IBBBBBBHIII", track.config
        )
        cookie = track.config

        def decode_alac(packets: list[bytes]) -> NDArray[np.float32]:
            return _by_soundfile(_caf(packets, cookie, rate, channels, frames, bits))

        return _Codec(rate, channels, frames, 0, decode_alac)
    return None


def _aac(config: mp4.AacConfig) -> _Codec:
    def decode_part(packets: list[bytes]) -> NDArray[np.float32]:
        return decode_adts(b"".join(adts.wrap(config, packet) + packet for packet in packets))

    channels = 8 if config.channel_config == 7 else config.channel_config
    return _Codec(config.sample_rate_hz, channels, 1024, _AAC_RUN_UP_PACKETS, decode_part)


class _PacketReader:
    """Decode packets part by part; yield the frames that belong to the song."""

    def __init__(
        self,
        path: Path,
        name: str,
        packets: list[tuple[int, int]],
        codec: _Codec,
        start: int,
        length: int | None,
    ) -> None:
        self._path, self._packets, self._codec, self._start = path, packets, codec, start
        there = max(0, len(packets) * codec.frames_per_packet - start)
        self.sample_rate_hz, self.channels = codec.sample_rate_hz, codec.channels
        self.format = name
        self.frames: int | None = there if length is None else min(length, there)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Nothing is held open between parts."""

    def blocks(self, frames: int = reader.BLOCK_FRAMES) -> Iterator[NDArray[np.float32]]:
        skip, left = self._start, self.frames or 0
        for part in self._parts():
            kept = part[skip : skip + left]
            skip = max(0, skip - len(part))
            left -= len(kept)
            for at in range(0, len(kept), frames):
                yield kept[at : at + frames]

    def _parts(self) -> Iterator[NDArray[np.float32]]:
        codec = self._codec
        with self._path.open("rb") as file:
            for begin in range(0, len(self._packets), _PART_PACKETS):
                run_up = min(begin, codec.run_up_packets)
                wanted = self._packets[begin - run_up : begin + _PART_PACKETS]
                packets = [_read_at(file, offset, size) for offset, size in wanted]
                try:
                    part = codec.decode(packets)
                except Exception as error:
                    raise reader.undecodable(self._path, error) from error
                if part.ndim != 2 or part.shape[1] != self.channels:
                    raise reader.undecodable(self._path, f"decoded to shape {part.shape}")
                yield part[run_up * codec.frames_per_packet :]


def _read_at(file: Any, offset: int, size: int) -> bytes:
    file.seek(offset)
    return bytes(file.read(size))


def decode_adts(stream: bytes) -> NDArray[np.float32]:
    """Decode an ADTS stream; sphn opens files only, by their suffix."""
    import numpy as np
    import sphn

    with tempfile.TemporaryDirectory(prefix="sfa-aac-") as folder:
        part = Path(folder) / "part.aac"
        part.write_bytes(stream)
        try:
            samples, _ = sphn.read(str(part))
        except BaseException as error:
            # A panic of the Rust library arrives as a BaseException of its own.
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            raise ValueError(f"the AAC decoder refused: {error}") from error
    return np.ascontiguousarray(np.asarray(samples, np.float32).T)


def _by_soundfile(caf: bytes) -> NDArray[np.float32]:
    import io

    import soundfile

    samples: NDArray[np.float32] = soundfile.read(io.BytesIO(caf), dtype="float32", always_2d=True)[
        0
    ]
    return samples


def _caf(
    packets: list[bytes], cookie: bytes, rate_hz: int, channels: int, frames: int, bits: int
) -> bytes:
    """Return a Core Audio Format file around ALAC packets."""
    sizes = b"".join(_varint(len(packet)) for packet in packets)
    depth = {16: 1, 20: 2, 24: 3, 32: 4}.get(bits, 1)
    chunks = (
        (b"desc", struct.pack(">d4sIIIII", rate_hz, b"alac", depth, 0, frames, channels, 0)),
        (b"kuki", cookie),
        (b"pakt", struct.pack(">qqii", len(packets), len(packets) * frames, 0, 0) + sizes),
        (b"data", struct.pack(">I", 0) + b"".join(packets)),
    )
    body = b"".join(struct.pack(">4sq", name, len(content)) + content for name, content in chunks)
    return b"caff" + struct.pack(">HH", 1, 0) + body


def _varint(number: int) -> bytes:
    """Return ``number`` in groups of 7 bits, the highest first, all but the last marked."""
    groups = [number & 0x7F]
    while number := number >> 7:
        groups.append(number & 0x7F | 0x80)
    return bytes(reversed(groups))
