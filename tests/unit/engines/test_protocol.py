import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundforge.engines import protocol
from soundforge.engines.protocol import Error, Progress, ProtocolError, Request, Result

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    # Any code point, lone surrogates too: names of files hold them.
    | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.text(), VALUES, max_size=4)
TEXTS = st.text(st.characters(exclude_categories=()))
MESSAGES = (
    st.builds(Request, job=TEXTS, params=OBJECTS)
    | st.builds(Progress, fraction=st.floats(0, 1), message=TEXTS, detail=OBJECTS)
    | st.builds(Result, value=OBJECTS)
    | st.builds(Error, code=TEXTS, message=TEXTS, next_step=TEXTS, retryable=st.booleans())
)


@given(MESSAGES)
def test_every_message_comes_back_as_it_was_sent(message):
    assert protocol.decode(protocol.encode(message)) == message


@given(MESSAGES)
def test_a_message_is_one_line_of_plain_ascii(message):
    line = protocol.encode(message)

    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert line.isascii()


@given(st.binary(max_size=200))
def test_noise_is_a_protocol_error_and_nothing_else(noise):
    with pytest.raises(ProtocolError):
        protocol.decode(noise)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"null",
        b"[]",
        b'"result"',
        b"{}",
        b'{"type":null}',
        b'{"type":[]}',
        b'{"type":"message"}',
        b'{"type":"result"}',
        b'{"type":"result","value":[]}',
        b'{"type":"result","value":{},"more":1}',
        b'{"type":"result","value":{"tempo":NaN}}',
        b'{"type":"result","value":{"tempo":-Infinity}}',
        b'{"type":"result","value":{"tempo":1e999}}',
        b'{"type":"result","value":{}} {"type":"result","value":{}}',
        b'{"type":"progress","fraction":"0.5","message":"half way"}',
        b'{"type":"progress","fraction":true,"message":"half way"}',
        b'{"type":"progress","fraction":1.5,"message":"past the end"}',
        b'{"type":"progress","fraction":-0.1,"message":"before the start"}',
        b'{"type":"progress","fraction":NaN,"message":"nowhere"}',
        b'{"type":"error","code":"x","message":"y","next_step":"","retryable":1}',
        '{"type":"result","value":{}}'.encode("utf-16"),
        b'{"type":"result","value":{"big":' + b"9" * 5000 + b"}}",
        b"[" * 100_000,
    ],
)
def test_what_is_almost_a_message_is_refused(line):
    with pytest.raises(ProtocolError):
        protocol.decode(line)


def test_a_broken_line_is_quoted_but_not_whole():
    with pytest.raises(ProtocolError) as caught:
        protocol.decode(b"x" * 1_000_000)

    assert len(str(caught.value)) < 200


def test_what_may_be_left_out_gets_its_empty_value():
    line = b'{"type":"progress","fraction":1,"message":"done"}'

    assert protocol.decode(line) == Progress(1.0, "done", {})


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_not_finite_is_not_sent(number):
    with pytest.raises(ValueError, match="not JSON compliant"):
        protocol.encode(Result({"tempo": number}))


def test_a_message_over_the_limit_is_not_sent():
    with pytest.raises(ValueError, match="a message of 1048611 bytes is over 1048576"):
        protocol.encode(Result({"x": "x" * protocol.MAX_LINE_BYTES}))
