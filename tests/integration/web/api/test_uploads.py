"""Files over HTTP, without a browser: read as they arrive, kept whole or not at all."""

from __future__ import annotations

import asyncio
import dataclasses
import uuid

import pytest

from soundforge import errors
from soundforge.web.api import uploads
from tests.fixtures import audio
from tests.plugins.app import client_of, services_of, tools_of

UPLOADS = "/api/v1/uploads"
BOUNDARY = "a-boundary"
FORM = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


@pytest.fixture(scope="session")
def wav(tmp_path_factory):
    """Return half a second of audio, as bytes."""
    return audio.write(tmp_path_factory.mktemp("wav") / "a.wav", audio.tone(0.5)).read_bytes()


@pytest.fixture(scope="session")
def short_wav(tmp_path_factory):
    """Return a tenth of a second of audio, as bytes."""
    path = tmp_path_factory.mktemp("wav") / "a.wav"
    return audio.write(path, audio.tone(0.1, rate_hz=8000), rate_hz=8000).read_bytes()


def part(body, *, name="file", file_name='"song.wav"', extra=""):
    """Return one part of a form; `file_name` None makes it a plain field."""
    named = "" if file_name is None else f"; filename={file_name}"
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n{extra}\r\n'
    return head.encode() + body + b"\r\n"


END = f"--{BOUNDARY}--\r\n".encode()


async def send(api, *parts, **headers):
    body = b"".join(parts)
    return await api.post(UPLOADS, content=body, headers={**FORM, **headers})


async def track_count(api):
    return len((await api.get("/api/v1/tracks")).json()["data"])


def leftovers(node):
    """Return the files of the data folder that are temporary, or belong to a recording."""
    root = node.data_dir
    return [path for path in (root / "tmp", root / "downloads") for path in path.rglob("*")]


@pytest.fixture
def clean(node):
    """Empty the folders that an upload touches; check that they are empty afterwards."""
    import shutil

    for name in ("tmp", "downloads"):
        for path in (node.data_dir / name).glob("*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    yield
    assert leftovers(node) == []


async def test_a_file_becomes_a_track_and_its_way_begins(api, wav):
    answer = await send(api, part(wav), END)

    assert answer.status_code == 201, answer.text
    track = answer.json()["data"]
    assert (track["title"], track["source"], track["recording_format"]) == ("song", "upload", "wav")
    assert (track["sample_rate_hz"], track["channels"]) == (44100, 2)
    assert {job["stage"]: job["status"] for job in track["jobs"]} == {
        "separate": "queued",
        "analyze": "queued",
    }


@pytest.mark.parametrize("size", [1, 7, 1000, 65_536])
async def test_the_pieces_in_which_a_body_arrives_do_not_matter(api, wav, short_wav, size):
    wav = wav if size > 1 else short_wav
    body = part(b"download", name="stages", file_name=None) + part(wav) + END

    async def pieces():
        for start in range(0, len(body), size):
            yield body[start : start + size]

    answer = await api.post(UPLOADS, content=pieces(), headers=FORM)

    assert answer.status_code == 201, answer.text
    track = answer.json()["data"]
    assert track["jobs"] == []
    got = await api.get(f"/api/v1/tracks/{track['id']}/recording")
    assert got.content == wav


async def test_some_stems_at_the_files_own_rate_can_be_asked_for(api, short_wav):
    fields = {"stages": b"separate", "stems": b"vocals", "sample_rate": b"source"}
    parts = [part(value, name=name, file_name=None) for name, value in fields.items()]

    answer = await send(api, *parts, part(short_wav), END)

    assert answer.status_code == 201, answer.text
    (job,) = answer.json()["data"]["jobs"]
    assert job["options"] == {"stems": ["vocals"], "sample_rate": "source"}


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("stems", b"vocals,drums", "stem_unknown"),
        ("stems", b"\x00", "stem_unknown"),
        ("sample_rate", b"48000", "sample_rate_unknown"),
    ],
)
async def test_stems_and_rates_that_there_are_not_are_refused(api, clean, wav, name, value, code):
    answer = await send(api, part(value, name=name, file_name=None), part(wav), END)

    assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.parametrize("order", ["before", "after"])
async def test_fields_may_stand_before_or_after_the_file(api, wav, order):
    fields = part(b"analyze", name="stages", file_name=None)
    parts = [fields, part(wav)] if order == "before" else [part(wav), fields]

    track = (await send(api, *parts, END)).json()["data"]

    assert [job["stage"] for job in track["jobs"]] == ["analyze"]


@pytest.mark.parametrize("audio_format", audio.FORMATS)
async def test_every_format_is_kept(api, tmp_path, audio_format):
    path = tmp_path / f"song.{audio_format}"
    audio.write(path, audio.chord(1.0, rate_hz=48_000), rate_hz=48_000)

    answer = await api.post(
        UPLOADS, data={"stages": "download"}, files={"file": (path.name, path.read_bytes())}
    )

    assert answer.status_code == 201, answer.text
    track = answer.json()["data"]
    assert track["duration_s"] == pytest.approx(1.0, abs=0.12)
    recording = await api.get(f"/api/v1/tracks/{track['id']}/recording")
    assert recording.content == path.read_bytes()
    assert recording.headers["content-type"].startswith("audio/")


NAMES = {
    '"C:\\\\Music\\\\My_song (final).mp3"': "My song (final)",
    '"../../../etc/passwd"': "passwd",
    '"/etc/cron.d/job.wav"': "job",
    '"..\\\\..\\\\boot.wav"': "boot",
    '"' + "n" * 300 + '.wav"': "n" * 300,
    '"\u97f3\u697d \U0001f3b5.wav"': "\u97f3\u697d \U0001f3b5",
    '"a%22b.wav"': "a%22b",
    '"<script>alert(1)</script>.wav"': "script>",
    '""': "Untitled",
    '".wav"': ".wav",
    '"-rf"': "-rf",
    "bare.wav": "bare",
    '"CON"': "CON",
    '"line\x01break.wav"': "line break",
}


@pytest.mark.parametrize(("file_name", "title"), NAMES.items())
async def test_a_name_becomes_a_title_and_never_a_path(api, node, wav, file_name, title):
    answer = await send(
        api, part(b"download", name="stages", file_name=None), part(wav, file_name=file_name), END
    )

    assert answer.status_code == 201, answer.text
    track = answer.json()["data"]
    assert track["title"] == title
    folder = node.data_dir / "downloads" / track["id"]
    assert {path.suffix for path in folder.iterdir()} == {".wav", ".peaks"}


BROKEN = {
    "no part": ([END], "file_missing"),
    "nothing": ([b""], "multipart_invalid"),
    "another field": ([part(b"RIFF", name="song"), END], "file_missing"),
    "a file without name of its field": ([part(b"RIFF", name=""), END], "file_missing"),
    "only fields": ([part(b"all", name="stages", file_name=None), END], "file_missing"),
    "text": ([b"hello"], "multipart_invalid"),
    "another boundary": ([b"--other\r\n\r\nx\r\n--other--\r\n"], "multipart_invalid"),
    "cut in the head": ([part(b"x" * 100)[:40]], "multipart_invalid"),
    "cut in the file": ([part(b"x" * 100)[:-40]], "multipart_invalid"),
    "no end": ([part(b"x" * 100)], "multipart_invalid"),
    "two files": ([part(b"x" * 100), part(b"y" * 100), END], "multipart_invalid"),
    "a long field": ([part(b"x" * 5000, name="a", file_name=None), END], "multipart_invalid"),
    "a hundred fields": (
        [*(part(b"x", name=f"f{n}", file_name=None) for n in range(100)), END],
        "multipart_invalid",
    ),
    "a long header": (
        [part(b"x", extra="X-A: " + "a" * 20_000 + "\r\n"), END],
        "multipart_invalid",
    ),
    "many headers": ([part(b"x", extra="X-A: aaa\r\n" * 3000), END], "multipart_invalid"),
    "an empty file": ([part(b""), END], "file_empty"),
    "text as a file": ([part(b"these are words\n" * 100), END], "not_audio"),
    "a zip": ([part(b"PK\x03\x04" + bytes(5000)), END], "not_audio"),
    "a page": ([part(b"<html><script>alert(1)</script>"), END], "not_audio"),
    "a header of WAV only": ([part(b"RIFF\x24\x00\x00\x00WAVEfmt "), END], None),
    "FLAC and noise": ([part(b"fLaC" + bytes(range(256)) * 40), END], None),
    "an unknown stage": (
        [part(b"sing", name="stages", file_name=None), part(b"x"), END],
        "unknown_stage",
    ),
    "an unknown stage after the file": (
        [part(b"x"), part(b"sing", name="stages", file_name=None), END],
        "unknown_stage",
    ),
    "an unknown model": (
        [part(b"nonesuch", name="model", file_name=None), part(b"x"), END],
        "model_unknown",
    ),
    "a model with NUL": (
        [part(b"a\x00", name="model", file_name=None), part(b"x"), END],
        "model_unknown",
    ),
}


@pytest.mark.parametrize(("parts", "code"), BROKEN.values(), ids=BROKEN)
async def test_a_body_that_is_no_song_is_refused_and_leaves_nothing(api, clean, parts, code):
    answer = await send(api, *parts)

    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert code is None or answer.json()["code"] == code
    assert answer.json()["next_step"]
    assert await track_count(api) == 0


@pytest.mark.parametrize(
    "kind",
    [
        None,
        "application/json",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/mixed; boundary=x",
        "audio/wav",
        "multipart/form-data; boundary=" + "b" * 5000,
        "\u00fc",
    ],
)
async def test_a_body_that_is_no_form_is_refused(api, clean, kind):
    headers = {} if kind is None else {"Content-Type": kind.encode()}

    answer = await api.post(UPLOADS, content=b"x" * 100, headers=headers)

    assert answer.status_code in (415, 422)
    assert answer.json()["code"] in ("media_type_unsupported", "multipart_invalid")


async def test_a_file_that_says_it_is_too_large_is_refused_before_it_is_read(node, clean):
    read = []

    async def body():
        for _ in range(10):
            read.append(1)
            yield b"x" * 1000

    async with client_of(services_of(node, tools=tools_of(node, upload_bytes=1000))) as api:
        answer = await api.post(
            UPLOADS, content=body(), headers={**FORM, "Content-Length": "9999999"}
        )

    assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")
    assert not read


async def test_a_file_without_a_length_is_refused_when_it_grows_too_large(node, clean):
    async def body():
        yield part(b"")[:-2]
        for _ in range(100):
            yield b"x" * 1000

    async with client_of(services_of(node, tools=tools_of(node, upload_bytes=50_000))) as api:
        answer = await api.post(UPLOADS, content=body(), headers=FORM)

    assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")


async def test_a_full_disk_is_said(node, clean, wav):
    async with client_of(services_of(node, tools=tools_of(node, free_disk_bytes=10**18))) as api:
        answer = await send(api, part(wav), END)

    assert (answer.status_code, answer.json()["code"]) == (507, "disk_full")


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ({"max_duration_s": 0.1}, "too_long"),
        ({"max_channels": 1}, "too_many_channels"),
        ({"max_sample_rate_hz": 8000}, "sample_rate"),
    ],
)
async def test_a_recording_beyond_a_limit_is_refused_with_the_number(
    node, clean, wav, limits, code
):
    limits = dataclasses.replace(node.tools.limits, **limits)
    async with client_of(services_of(node, tools=tools_of(node, limits=limits))) as api:
        answer = await send(api, part(wav), END)

    assert answer.status_code == 422
    assert code in answer.json()["code"], answer.text


async def test_an_engine_that_crashed_asks_to_send_the_file_again(node, clean, wav):
    class Crashed:
        async def run(self, *_, **__):
            raise errors.Unavailable(
                "engine_crashed", "It crashed.", "It is tried again by itself."
            )

    async with client_of(services_of(node, tools=tools_of(node, engine=Crashed()))) as api:
        answer = await send(api, part(wav), END)

    assert (answer.status_code, answer.json()["code"]) == (503, "engine_crashed")
    assert "by itself" not in answer.json()["next_step"]
    assert "again" in answer.json()["next_step"]


async def test_a_key_makes_one_track_of_two_sendings(api, wav):
    key = {"Idempotency-Key": uuid.uuid4().hex}

    first = await send(api, part(wav), END, **key)
    again = await send(api, part(wav), END, **key)

    assert first.json() == again.json()
    assert await track_count(api) == 1


async def test_a_key_with_another_file_of_the_same_size_is_refused(api, wav):
    key = {"Idempotency-Key": uuid.uuid4().hex}
    other = wav[:-4] + bytes(4) if wav[-4:] != bytes(4) else wav[:-4] + b"\1\1\1\1"

    await send(api, part(wav), END, **key)
    again = await send(api, part(other), END, **key)

    assert (again.status_code, again.json()["code"]) == (422, "idempotency_key_reused")
    assert await track_count(api) == 1


async def test_a_file_that_broke_off_leaves_its_key_free(api, wav):
    key = {"Idempotency-Key": uuid.uuid4().hex}

    broken = await send(api, part(wav)[:-100], **key)
    again = await send(api, part(wav), END, **key)

    assert (broken.status_code, again.status_code) == (422, 201)


async def test_several_at_once_become_a_track_each(api, wav):
    answers = await asyncio.gather(*(send(api, part(wav), END) for _ in range(3)))

    assert [answer.status_code for answer in answers] == [201] * 3
    assert await track_count(api) == 3


async def test_only_a_few_files_are_decoded_at_once(node, short_wav):
    class Watched:
        now = most = 0

        async def run(self, *arguments, **more):
            self.now += 1
            self.most = max(self.most, self.now)
            try:
                return await node.tools.engine.run(*arguments, **more)
            finally:
                self.now -= 1

    engine = Watched()
    async with client_of(services_of(node, tools=tools_of(node, engine=engine))) as api:
        answers = await asyncio.gather(*(send(api, part(short_wav), END) for _ in range(5)))

    assert [answer.status_code for answer in answers] == [201] * 5
    assert engine.most == 2


async def test_whoever_has_waited_for_too_long_is_asked_to_come_back(
    node, clean, short_wav, monkeypatch
):
    monkeypatch.setattr(uploads, "_PATIENCE_S", 0.05)
    services = services_of(node, uploads=asyncio.Semaphore(0))
    async with client_of(services) as api:
        answer = await send(api, part(short_wav), END)
        assert await track_count(api) == 0

    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_uploads")
    assert answer.headers["retry-after"] == "60"
