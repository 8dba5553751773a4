"""Notes out of tunes whose notes are known, by the engine in a process of its own."""

from __future__ import annotations

import mido
import numpy as np
import pytest

from soundforge import errors
from soundforge.audio import transcriber
from soundforge.audio.engine import Engine
from soundforge.audio.pulse import Pulse
from soundforge.engines import pull_model
from soundforge.engines.networks import basic_pitch
from soundforge.engines.notes import drums, network, polyphonic
from tests.fixtures import audio, tunes

SCALE = [60, 62, 64, 65, 67, 69, 71, 72]
BASS_LINE = [28, 28, 31, 33, 33, 35, 36, 40, 38, 36, 33, 31, 43, 31, 28, 28]
MELODY = [57, 60, 62, 60, 64, 67, 65, 64]


@pytest.fixture(scope="session")
def note_models(models_dir):
    """Return a models folder that has the note network, fetched when it is not there yet."""
    pull_model.pull(
        {"model": basic_pitch.NETWORK.name, "models_dir": str(models_dir)}, lambda *_, **__: None
    )
    return models_dir


@pytest.fixture
def transcribe(note_models, tmp_path):
    """Return a function that transcribes signals, given by stem."""

    async def run(*, rate_hz=audio.RATE_HZ, models=note_models, **stems):
        options = {name: stems.pop(name) for name in ("pulse", "keys", "quantise") if name in stems}
        sources = {}
        for name, signal in stems.items():
            sources[name] = tmp_path / f"{name}.wav"
            audio.write(sources[name], signal, rate_hz=rate_hz, subtype="FLOAT")
        return await transcriber.transcribe(
            Engine(),
            sources=sources,
            out_path=tmp_path / "song.mid",
            models_dir=models,
            job="1",
            duration_s=5.0,
            report=lambda *_: None,
            **options,
        )

    return run


async def test_a_scale_is_heard_note_for_note(transcribe):
    notes = tunes.line(SCALE)

    made = await transcribe(other=tunes.plucked(notes))

    assert tunes.onset_f1(notes, made.notes["other"]) == 1.0


async def test_chords_are_heard_as_all_their_notes(transcribe):
    notes = [
        tunes.Played(0.5 + bar, 1.3 + bar, pitch)
        for bar, chord in enumerate([(60, 64, 67), (57, 60, 64), (53, 57, 60), (55, 59, 62)])
        for pitch in chord
    ]

    made = await transcribe(piano=tunes.plucked(notes, decay_s=1.0))

    assert tunes.onset_f1(notes, made.notes["piano"]) > 0.9


async def test_a_bass_line_is_heard_with_its_repeated_notes_and_without_a_network(
    transcribe, tmp_path
):
    notes = tunes.line(BASS_LINE, each_s=0.25, gap_s=0.02)

    made = await transcribe(bass=tunes.plucked(notes), models=tmp_path / "no models")

    assert tunes.onset_f1(notes, made.notes["bass"]) >= 0.95


async def test_a_bass_line_without_gaps_begins_its_notes_where_they_are_played(transcribe):
    notes = tunes.line([28, 33, 35, 36, 33, 31, 30, 28], gap_s=0.0)

    made = await transcribe(bass=tunes.plucked(notes))

    late_s = [b.onset_s - a.onset_s for a, b in zip(notes, made.notes["bass"], strict=True)]
    assert np.abs(late_s).max() < 0.03


async def test_a_sung_melody_with_vibrato_is_one_note_each(transcribe):
    notes = tunes.line(MELODY, each_s=0.7, gap_s=0.1)
    sung = tunes.plucked(notes, decay_s=5.0, vibrato=0.6, attack_s=0.05)

    made = await transcribe(vocals=sung)

    assert tunes.onset_f1(notes, made.notes["vocals"]) >= 0.9


async def test_drums_are_heard_by_their_classes(transcribe):
    hits = []
    for bar in range(4):
        hits += [(0.5 + 2 * bar + beat * 0.25, "hat") for beat in range(8)]
        hits += [(0.5 + 2 * bar, "kick"), (1.5 + 2 * bar, "kick")]
        hits += [(1.0 + 2 * bar, "snare"), (2.0 + 2 * bar, "snare")]

    made = await transcribe(drums=tunes.drummed(hits))

    for name in ("kick", "snare"):
        heard = [n.onset_s for n in made.notes["drums"] if n.pitch == drums.KEYS[name]]
        played = sorted(at_s for at_s, kind in hits if kind == name)
        assert heard == pytest.approx(played, abs=0.03), name
    hats = [n.onset_s for n in made.notes["drums"] if n.pitch == drums.KEYS["hat"]]
    assert len(hats) >= 16


async def test_louder_notes_are_faster_keys(transcribe):
    notes = tunes.line([40, 40, 40, 40])
    signal = tunes.plucked(notes)
    signal[: round(1.25 * audio.RATE_HZ)] *= 0.25

    heard = (await transcribe(bass=signal)).notes["bass"]

    assert heard[0].velocity < heard[3].velocity - 20


async def test_notes_on_a_grid_lie_on_the_lines_of_the_file(transcribe, tmp_path):
    notes = [tunes.Played(n.onset_s + 0.03, n.offset_s, n.pitch) for n in tunes.line(BASS_LINE)]
    beats = Pulse(tuple(0.1 + 0.4 * number for number in range(20)))

    made = await transcribe(bass=tunes.plucked(notes), pulse=beats, quantise="1/8")

    track = mido.MidiFile(tmp_path / "song.mid").tracks[1]
    now, starts = 0, []
    for message in track:
        now += message.time
        starts += [now] if message.type == "note_on" else []
    assert made.tempo_bpm == pytest.approx(150.0)
    assert starts
    assert all(start % 240 == 0 for start in starts)


async def test_the_songs_bars_and_keys_are_those_of_the_file(transcribe, tmp_path):
    beats_s = tuple(0.5 + 0.5 * number for number in range(12))

    await transcribe(
        bass=tunes.plucked(tunes.line(BASS_LINE)),
        pulse=Pulse(beats_s, beats_s[2::3], 3),
        keys=((0.0, "Eb major"),),
    )

    said = {m.type: m for m in reversed(mido.MidiFile(tmp_path / "song.mid").tracks[0])}
    assert said["time_signature"].numerator == 3
    assert said["key_signature"].key == "Eb"


@pytest.mark.parametrize("samples", [0, 1, 256, 36_096, 150_000])
def test_the_network_judges_every_hop_once(note_models, samples):
    listener = network.Listener(note_models / "basic_pitch" / "weights.npz")
    listener.hear(np.zeros(samples, np.float32))

    made = listener.finish()

    assert made.sounding.shape == made.struck.shape == (-(-samples // 256), network.KEYS)


async def test_a_long_recording_in_sections_has_the_same_notes(note_models, monkeypatch):
    weights = note_models / "basic_pitch" / "weights.npz"
    signal = tunes.plucked(tunes.line(SCALE * 3))[::2, 0].copy()

    def heard():
        ear = polyphonic.Ear(weights)
        for start in range(0, len(signal), 10_000):
            ear.hear(signal[start : start + 10_000])
        return ear.notes()

    whole = heard()
    monkeypatch.setattr(polyphonic, "SECTION_FRAMES", 400)
    monkeypatch.setattr(polyphonic, "_SEARCH_FRAMES", 60)

    assert [(round(n.onset_s, 1), n.pitch) for n in heard()] == [
        (round(n.onset_s, 1), n.pitch) for n in whole
    ]


@pytest.mark.parametrize(
    ("signal", "rate_hz"),
    [
        (audio.silence(2.0), 44_100),
        (audio.silence(1 / 44_100), 44_100),
        (audio.tone(1 / 44_100), 44_100),
        (audio.tone(0.1), 44_100),
        (audio.silence(1.0, rate_hz=8_000, channels=1), 8_000),
        (np.full((44_100, 2), np.nan, np.float32), 44_100),
        (np.full((44_100, 1), 3e38, np.float32), 44_100),
    ],
    ids=["silence", "one zero", "one sample", "0.1 s", "8 kHz", "no numbers", "huge"],
)
async def test_what_holds_no_music_has_few_notes_and_no_crash(transcribe, signal, rate_hz):
    made = await transcribe(
        bass=signal, vocals=signal, drums=signal, other=signal, rate_hz=rate_hz
    )  # fmt: skip

    # A tone that is cut off ends in a click, which is a hit.
    assert all(len(made.notes[name]) <= 1 for name in ("bass", "vocals", "other"))
    assert len(made.notes["drums"]) <= 3


async def test_six_channels_at_96_khz_are_heard(transcribe):
    signal = audio.tone(1.0, 110.0, rate_hz=96_000, channels=6)

    made = await transcribe(bass=signal, other=signal, rate_hz=96_000)

    assert [note.pitch for note in made.notes["bass"]] == [45]


async def test_noise_is_no_melody(transcribe):
    noise = 0.3 * np.random.default_rng(0).standard_normal((3 * 44_100, 2)).astype(np.float32)

    made = await transcribe(bass=noise, vocals=noise, other=noise)

    assert sum(len(notes) for notes in made.notes.values()) <= 2


async def test_a_file_without_audio_is_invalid(transcribe, tmp_path):
    with pytest.raises(errors.Invalid) as refused:
        await transcribe(bass=audio.silence(0.0))

    assert refused.value.code == "no_audio"
    assert not (tmp_path / "song.mid").exists()


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"quantise": "1/16"}, "beats_needed"),
        ({"quantise": "1/5", "pulse": Pulse((0.0, 1.0))}, "grid_unknown"),
        ({"quantise": "1/4", "pulse": Pulse((1.0, 0.0))}, "beats_invalid"),
        ({"pulse": Pulse((0.0, 1.0), (0.0, 1.0), 99)}, "beats_invalid"),
    ],
)
async def test_a_grid_that_cannot_be_is_refused(transcribe, options, code):
    with pytest.raises(errors.Invalid) as refused:
        await transcribe(bass=audio.tone(0.5), **options)

    assert refused.value.code == code


async def test_without_a_network_to_fetch_the_user_is_told(
    tmp_path, monkeypatch: pytest.MonkeyPatch, transcribe
):
    monkeypatch.setenv("PIP_NO_INDEX", "1")

    with pytest.raises(errors.Unavailable) as refused:
        await transcribe(other=audio.tone(0.5), models=tmp_path / "empty")

    assert refused.value.code == "weights_unreachable"
