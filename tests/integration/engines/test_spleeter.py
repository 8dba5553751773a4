"""Our graph and our stream against plain numpy written from the description of the network."""

from __future__ import annotations

import numpy as np
import pytest

from soundforge.engines import spleeter, stem_checkpoint, weights
from soundforge.engines.mix import Mix
from soundforge.engines.separation import Task
from soundforge.engines.stem_checkpoint import StemCheckpoint
from soundforge.engines.stem_writer import StemWriter
from tests.fixtures import audio

SIZE, HOP, FRAMES, BINS = 4096, 1024, 512, 1024


@pytest.fixture(scope="module")
def arrays(models_dir):
    with np.load(weights.find(models_dir, "spleeter_2stems").path) as file:
        return dict(file)


@pytest.fixture(scope="module")
def masker(models_dir):
    return spleeter.Masker(weights.find(models_dir, "spleeter_2stems").path)


@pytest.fixture(scope="module")
def song(example_song):
    return audio.read_all(example_song)[0]


def convolve(x, kernel, bias, stride, before, after, dilation=1):
    """Correlate ``(in, h, w)`` with ``(out, in, k, k)``."""
    x = np.pad(x, ((0, 0), (before, after), (before, after)))
    reach = (kernel.shape[-1] - 1) * dilation + 1
    high, wide = (x.shape[1] - reach) // stride + 1, (x.shape[2] - reach) // stride + 1
    y = np.zeros((len(kernel), high, wide), np.float32)
    for i, j in np.ndindex(kernel.shape[2:]):
        top, left = i * dilation, j * dilation
        part = x[:, top : top + stride * high : stride, left : left + stride * wide : stride]
        y += np.tensordot(kernel[:, :, i, j], part[:, :high, :wide], 1)
    return y + bias[:, None, None]


def spread(x, kernel, bias):
    """Transposed 5x5 convolution of stride 2, cut by 1 and 2: twice the size."""
    _, high, wide = x.shape
    y = np.zeros((kernel.shape[1], 2 * high + 3, 2 * wide + 3), np.float32)
    for i, j in np.ndindex(5, 5):
        y[:, i : i + 2 * high : 2, j : j + 2 * wide : 2] += np.tensordot(kernel[:, :, i, j].T, x, 1)
    return y[:, 1:-2, 1:-2] + bias[:, None, None]


def norm(x, w, name):
    scale = w[f"{name}.weight"] / np.sqrt(w[f"{name}.running_var"] + 1e-3)
    shift = w[f"{name}.bias"] - w[f"{name}.running_mean"] * scale
    return x * scale[:, None, None] + shift[:, None, None]


def network(w, magnitude):
    x, skips = magnitude, []
    for step in range(1, 7):
        name = f"down{step}_conv.1"
        x = convolve(x, w[f"{name}.weight"], w[f"{name}.bias"], 2, 1, 2)
        skips.append(x)
        x = norm(x, w, f"down{step}_act.0")
        x = np.where(x > 0, x, 0.2 * x)
    x = skips.pop()
    for step in range(1, 7):
        x = spread(x, w[f"up{step}.0.weight"], w[f"up{step}.0.bias"])
        x = norm(np.maximum(x, 0), w, f"up{step}.3")
        if skips:
            x = np.concatenate([skips.pop(), x])
    x = convolve(x, w["up7.0.weight"], w["up7.0.bias"], 1, 3, 3, dilation=2)
    return magnitude / (1 + np.exp(-x))


def spectra_of(song):
    window = np.hanning(SIZE + 1)[:-1]
    padded = np.pad(song.T, ((0, 0), (SIZE // 2, SIZE // 2 + -len(song) % HOP)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, SIZE, axis=1)[:, ::HOP]
    return np.fft.rfft(frames * window)


def samples_of(spectra, length):
    window = np.hanning(SIZE + 1)[:-1]
    total = np.zeros((2, spectra.shape[1] * HOP + SIZE))
    weight = np.zeros(total.shape[1])
    for t, frame in enumerate(np.fft.irfft(spectra).swapaxes(0, 1)):
        total[:, t * HOP : t * HOP + SIZE] += frame * window
        weight[t * HOP : t * HOP + SIZE] += window**2
    return (total / np.maximum(weight, 1e-8))[:, SIZE // 2 : SIZE // 2 + length].T


def agreement_db(reference, found):
    rest = np.sum((np.asarray(reference, np.float64) - found) ** 2)
    return 10 * np.log10(np.sum(np.square(reference, dtype=np.float64)) / max(rest, 1e-30))


def joined(blocks, stem):
    return np.concatenate([block[stem] for block in blocks])


def cut(song, frames=50_000):
    return (song[at : at + frames] for at in range(0, len(song), frames))


def test_the_graph_is_the_network(arrays, masker, song):
    magnitude = np.abs(spectra_of(song)[:, :FRAMES, :BINS]).astype(np.float32)
    magnitude = np.pad(magnitude, ((0, 0), (0, FRAMES - magnitude.shape[1]), (0, 0)))
    power = {}
    for stem in ("vocals", "accompaniment"):
        w = {k.partition("/")[2]: v for k, v in arrays.items() if k.startswith(stem)}
        power[stem] = np.square(network(w, magnitude))

    expected = (power["vocals"] + 5e-11) / (sum(power.values()) + 1e-10)

    assert agreement_db(expected, masker.vocals_mask(magnitude)) > 80


def test_without_overlap_the_stream_equals_the_whole_song_at_once(masker, song):
    long = np.concatenate([song, song[::-1], song * np.float32(0.5)])[:1_200_001]
    spectra = spectra_of(long)
    vocals = np.zeros_like(spectra)
    for at in range(0, spectra.shape[1], FRAMES):
        window = spectra[:, at : at + FRAMES, :BINS]
        padded = np.pad(window, ((0, 0), (0, FRAMES - window.shape[1]), (0, 0)))
        mask = masker.vocals_mask(np.abs(padded).astype(np.float32))
        vocals[:, at : at + FRAMES, :BINS] = window * mask[:, : window.shape[1]]

    found = list(spleeter.separate_with(cut(long), masker, context_frames=0))

    assert agreement_db(samples_of(vocals, len(long)), joined(found, "vocals")) > 100


def test_the_stems_add_up_sample_by_sample(masker, song):
    found = list(spleeter.separate_with(cut(song), masker))

    total = joined(found, "vocals") + joined(found, "accompaniment")

    np.testing.assert_allclose(total, song, atol=2e-7)


def test_overlap_makes_the_masks_depend_less_on_where_windows_lie(masker, song):
    """Move the windows: with context the vocals change less than without."""
    long = np.concatenate([song, song])
    moved_by = 192 * HOP

    def moved_agreement_db(context_frames):
        plain = list(spleeter.separate_with(cut(long), masker, context_frames=context_frames))
        late = np.concatenate([np.zeros((moved_by, 2), np.float32), long])
        moved = list(spleeter.separate_with(cut(late), masker, context_frames=context_frames))
        return agreement_db(joined(plain, "vocals"), joined(moved, "vocals")[moved_by:])

    assert moved_agreement_db(spleeter.CONTEXT_FRAMES) > moved_agreement_db(0) + 3


def test_a_block_of_any_size_gives_the_same(masker, song):
    short = song[: 14 * 44100]

    one, other = (
        joined(spleeter.separate_with(cut(short, frames), masker), "vocals")
        for frames in (10_007, 400_000)
    )

    assert len(one) == len(other) == len(short)
    assert agreement_db(one, other) > 100


def begin(folder, models_dir, path):
    folder.mkdir(exist_ok=True)
    model = weights.description("spleeter_2stems")
    writer = StemWriter(folder, model.stems, model.sample_rate_hz, chunk_s=4)
    task = Task(
        model=model,
        installed=weights.require(models_dir, model),
        mix=Mix(path, model.sample_rate_hz),
        stems=model.stems,
        threads=2,
        precision="auto",
        overlap=0.25,
        checkpoint=StemCheckpoint(folder, writer, {}),
        notes={},
    )
    return writer, task


def stopped(folder, models_dir, path):
    """Separate past the first checkpoint, then stop as if killed."""
    writer, task = begin(folder, models_dir, path)
    for block in spleeter.run(task):
        writer.write(block)
        if (folder / stem_checkpoint.FILE_NAME).is_file():
            break
    assert 40 < writer.frames / 44100 < 60
    writer.close()


def finished(folder, models_dir, path):
    writer, task = begin(folder, models_dir, path)
    for block in spleeter.run(task):
        writer.write(block)
    writer.finish()
    task.checkpoint.discard()
    return task.notes, {stem: (folder / f"{stem}.flac").read_bytes() for stem in task.stems}


def test_a_killed_run_goes_on_and_ends_the_same_bit_by_bit(models_dir, tmp_path):
    path = audio.write(tmp_path / "song.flac", audio.chord(62))
    stopped(tmp_path / "stems", models_dir, path)

    notes, stems = finished(tmp_path / "stems", models_dir, path)

    assert notes == {"resumed_segments": 5}
    assert stems == finished(tmp_path / "whole", models_dir, path)[1]


def test_another_recording_does_not_go_on_from_there(models_dir, tmp_path):
    stopped(tmp_path / "stems", models_dir, audio.write(tmp_path / "a.flac", audio.chord(62)))
    other = audio.write(tmp_path / "b.flac", audio.chord(30))

    notes, stems = finished(tmp_path / "stems", models_dir, other)

    assert notes == {}
    assert stems == finished(tmp_path / "whole", models_dir, other)[1]
