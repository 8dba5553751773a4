"""The parts of a form, however they arrive."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from starlette.requests import Request

from soundforge import errors
from soundforge.web.multipart import FilePart

BOUNDARY = "b"


def request(chunks, kind=f"multipart/form-data; boundary={BOUNDARY}"):
    """Return a request whose body arrives in `chunks`; then the client goes away."""
    left = list(chunks)

    async def receive():
        if left:
            return {"type": "http.request", "body": left.pop(0), "more_body": True}
        return {"type": "http.disconnect"}

    headers = [(b"content-type", kind.encode())]
    return Request({"type": "http", "method": "POST", "headers": headers}, receive)


def form(content, *fields):
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields
    ]
    file = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="s"\r\n\r\n'
    return b"".join([*parts, file.encode(), content, f"\r\n--{BOUNDARY}--\r\n".encode()])


def cut(body, at):
    places = sorted({min(place, len(body)) for place in at})
    return [body[a:b] for a, b in zip([0, *places], [*places, len(body)], strict=True)]


async def read(chunks):
    part = FilePart(request(chunks), field="file")
    await part.open()
    content = b"".join([chunk async for chunk in part.chunks()])
    return part.file_name, part.fields, content


@given(
    st.one_of(
        st.binary(max_size=400), st.lists(st.sampled_from([b"\r\n--b", b"-", b"\r"])).map(b"".join)
    ),
    st.lists(st.integers(0, 600), max_size=12),
)
async def test_the_file_is_the_same_however_it_is_cut(content, at):
    body = form(content, ("stages", "separate"))
    # The boundary itself must not be in the file: a client chooses another then.
    assume(f"\r\n--{BOUNDARY}".encode() not in content)
    assume(not content.startswith(f"--{BOUNDARY}".encode()))

    assert await read(cut(body, at)) == ("s", {"stages": "separate"}, content)


@given(st.integers(0, 200))
async def test_a_body_that_breaks_off_anywhere_is_refused(at):
    body = form(b"x" * 60, ("stages", "separate"))
    at = min(at, len(body) - 5)

    with pytest.raises(errors.Invalid) as refused:
        await read([body[:at]])
    assert refused.value.code == "multipart_invalid"


@given(st.binary(max_size=300))
async def test_noise_is_refused(noise):
    with pytest.raises(errors.Invalid) as refused:
        await read([noise])
    assert refused.value.code in ("multipart_invalid", "file_missing")


async def test_bytes_after_the_end_are_not_read():
    async def endless():
        yield {"type": "http.request", "body": form(b"song"), "more_body": True}
        raise AssertionError("the body had ended")

    messages = endless()
    wanted = request([])
    wanted._receive = messages.__anext__
    part = FilePart(wanted, field="file")
    await part.open()

    assert b"".join([chunk async for chunk in part.chunks()]) == b"song"
