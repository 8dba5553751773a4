"""The mix without some stems, made by the real program: what is left is what should be."""

import numpy as np
import pytest
import soundfile

from soundforge import errors
from soundforge.audio.engine import Engine
from soundforge.audio.mix_down import mix_down
from soundforge.engines import stem_writer

RATE_HZ = 44_100
FRAMES = 3 * RATE_HZ + 17


def noise(seed, loudest, frames=FRAMES):
    made = np.random.default_rng(seed).uniform(-loudest, loudest, (frames, 2))
    return made.astype(np.float32)


@pytest.fixture
def parts(tmp_path):
    """Two stems that are written with a common gain, and the mix they came from."""
    folder = tmp_path / "stems"
    folder.mkdir()
    stems = {"vocals": noise(1, 0.4), "other": noise(2, 1.25)}
    writer = stem_writer.StemWriter(folder, list(stems), RATE_HZ)
    writer.write(stems)
    writer.finish()
    recording = tmp_path / "mix.wav"
    soundfile.write(recording, stems["vocals"] + stems["other"], RATE_HZ, subtype="FLOAT")
    return stems, folder, recording, 20 * np.log10(writer.gain)


async def mixed(tmp_path, recording, without, gain_db, **more):
    out_dir = tmp_path / "out"
    out_dir.mkdir(exist_ok=True)
    return await mix_down(
        Engine(),
        recording=recording,
        without=without,
        gain_db=float(gain_db),
        out_dir=out_dir,
        duration_s=3.0,
        job="mix",
        **{"sample_rate_hz": RATE_HZ, **more},
    )


async def test_without_one_stem_the_other_is_left_at_the_recordings_level(tmp_path, parts):
    stems, folder, recording, gain_db = parts
    assert gain_db < -1

    made = await mixed(tmp_path, recording, [folder / "vocals.flac"], gain_db, form="wav")

    found, _ = soundfile.read(made.path, dtype="float32")
    np.testing.assert_allclose(found, stems["other"], atol=2e-6)
    assert (made.frames, made.gain_db) == (FRAMES, 0)


async def test_what_a_killed_run_left_in_the_folder_is_no_part_of_the_mix(tmp_path, parts):
    stems, folder, recording, gain_db = parts
    whole = await mixed(tmp_path, recording, [folder / "vocals.flac"], gain_db, form="wav")
    (whole.path.parent / f".{whole.path.stem}.f32").write_bytes(bytes(8 * 1000))

    made = await mixed(tmp_path, recording, [folder / "vocals.flac"], gain_db, form="wav")

    found, _ = soundfile.read(made.path, dtype="float32")
    np.testing.assert_allclose(found, stems["other"], atol=2e-6)


async def test_in_integers_it_is_as_loud_as_it_can_be_without_clipping(tmp_path, parts):
    stems, folder, recording, gain_db = parts

    made = await mixed(tmp_path, recording, [folder / "vocals.flac"], gain_db)

    assert soundfile.info(made.path).subtype == "PCM_24"
    found, _ = soundfile.read(made.path)
    np.testing.assert_allclose(found / 10 ** (made.gain_db / 20), stems["other"], atol=2e-6)
    assert made.gain_db == pytest.approx(gain_db, abs=1e-3)


async def test_without_all_of_them_only_the_rest_is_left(tmp_path, parts):
    _, folder, recording, gain_db = parts
    both = [folder / "vocals.flac", folder / "other.flac"]

    made = await mixed(tmp_path, recording, both, gain_db)

    found, _ = soundfile.read(made.path)
    assert np.abs(found).max() < 1e-6


async def test_mono_recordings_are_what_the_separation_made_of_them(tmp_path):
    mono = noise(3, 0.5)[:, :1]
    recording = tmp_path / "mono.wav"
    soundfile.write(recording, mono, RATE_HZ, subtype="FLOAT")
    half = tmp_path / "half.flac"
    soundfile.write(half, np.repeat(mono, 2, axis=1) * 0.5, RATE_HZ, subtype="PCM_24")

    made = await mixed(tmp_path, recording, [half], 0.0)

    found, _ = soundfile.read(made.path)
    np.testing.assert_allclose(found, np.repeat(mono, 2, axis=1) * 0.5, atol=1e-6)


async def test_stems_at_any_rate_of_a_recording_can_be_taken_away(tmp_path):
    rate_hz = 22_050  # not a whole number of frames in a hundredth of a second
    recording, half = tmp_path / "mix.wav", tmp_path / "half.flac"
    mix = noise(5, 0.5, 2 * rate_hz)
    soundfile.write(recording, mix, rate_hz, subtype="FLOAT")
    soundfile.write(half, mix * 0.5, rate_hz, subtype="PCM_24")

    made = await mixed(tmp_path, recording, [half], 0.0, sample_rate_hz=rate_hz)

    found, found_hz = soundfile.read(made.path)
    assert found_hz == rate_hz
    np.testing.assert_allclose(found, mix * 0.5, atol=1e-6)


@pytest.mark.parametrize("frames", [FRAMES - 1, FRAMES + 1])
async def test_stems_of_another_length_are_refused(tmp_path, parts, frames):
    _, _, recording, _ = parts
    other = tmp_path / "other_length.flac"
    soundfile.write(other, noise(4, 0.1, frames), RATE_HZ, subtype="PCM_24")

    with pytest.raises(errors.SoundForgeError) as raised:
        await mixed(tmp_path, recording, [other], 0.0)

    assert raised.value.code == "stems_do_not_fit"


async def test_as_flac_the_residual_adds_up_with_the_stems(tmp_path, parts):
    stems, folder, recording, gain_db = parts
    rest = noise(3, 0.1)
    soundfile.write(recording, stems["vocals"] + stems["other"] + rest, RATE_HZ, subtype="FLOAT")
    files = [folder / "vocals.flac", folder / "other.flac"]

    made = await mixed(tmp_path, recording, files, gain_db)

    assert made.gain_db == pytest.approx(gain_db)
    mix, _ = soundfile.read(recording)
    total = sum(soundfile.read(file)[0] for file in (*files, made.path))
    np.testing.assert_allclose(total, mix * 10 ** (gain_db / 20), atol=1e-6)


async def test_a_mix_that_would_clip_at_the_stems_gain_is_quieter_still(tmp_path, parts):
    stems, folder, recording, gain_db = parts
    soundfile.write(recording, stems["vocals"] + 3 * stems["other"], RATE_HZ, subtype="FLOAT")

    made = await mixed(tmp_path, recording, [folder / "vocals.flac"], gain_db)

    found, _ = soundfile.read(made.path)
    assert made.gain_db < gain_db - 6
    assert np.abs(found).max() <= 1
    np.testing.assert_allclose(found / 10 ** (made.gain_db / 20), 3 * stems["other"], atol=5e-6)
