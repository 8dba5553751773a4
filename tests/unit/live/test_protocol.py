"""Frames survive the way to the wire and back; everything else is refused, quietly."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundforge.live import protocol
from soundforge.live.protocol import Frame, ProtocolError

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
refs = st.none() | st.integers(1, 10**6).map(str)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=8,
)
payloads = st.dictionaries(names, values, max_size=4)


@given(join_ref=refs, ref=refs, topic=names, event=names, payload=payloads)
def test_a_text_frame_comes_back_as_it_was(join_ref, ref, topic, event, payload):
    frame = Frame(join_ref, ref, topic, event, payload)

    assert protocol.decode(protocol.encode(frame), max_depth=100) == frame


@given(join_ref=refs, ref=refs, topic=names, event=names, payload=st.binary(max_size=50))
def test_a_binary_push_comes_back_as_it_was(join_ref, ref, topic, event, payload):
    strings = (join_ref or "", ref or "", topic, event)
    pushed = protocol._pack(protocol._PUSH, strings, payload)

    assert protocol.decode(pushed) == Frame(join_ref, ref, topic, event, payload)


@given(st.text() | st.binary() | values.map(json.dumps))
def test_nothing_but_a_protocol_error_leaves_the_decoder(data):
    try:
        frame = protocol.decode(data)
    except ProtocolError:
        return
    assert isinstance(frame, Frame)


@pytest.mark.parametrize(
    "data",
    [
        "",
        "null",
        "{}",
        "[]",
        "[1,2,3,4]",
        '[null,null,"t","e",{},1]',
        '[null,null,"t","e",[]]',
        '[null,null,"t","e",null]',
        '[null,null,"","e",{}]',
        '[null,null,"t",5,{}]',
        '[1,"2","t","e",{}]',
        '[null,null,"' + "t" * 256 + '","e",{}]',
        '[null,null,"t","e",{"n":NaN}]',
        '[null,null,"t","e",{"n":-Infinity}]',
        '[null,null,"t","e",{"half":"\\ud800"}]',
        '[null,null,"\\udfff","e",{}]',
        '[null,null,"t","e",{"n":' + "1" * 5000 + "}]",
        '[null,null,"t","e",' + '{"a":' * 40 + "1" + "}" * 40 + "]",
        "[" * 100_000,
        b"",
        b"\x00",
        b"\x01\x00\x00\x01\x01te",
        b"\x00\x00\x00\x01\x01t",
        b"\x00\x00\x00\x00\x01e",
        b"\x00\x00\x00\x02\x01\xff\xffe",
    ],
)
def test_hostile_frames_are_protocol_errors(data):
    with pytest.raises(ProtocolError):
        protocol.decode(data)


def test_brackets_inside_strings_are_no_nesting():
    text = '[null,null,"t","e",{"s":"' + '[{\\"' * 50 + '"}]'

    assert protocol.decode(text).event == "e"


def test_half_a_character_from_us_is_sent_as_an_escape():
    frame = Frame(None, None, "t", "e", {"s": "\ud800"})

    assert protocol.encode(frame) == '[null,null,"t","e",{"s":"\\ud800"}]'


@pytest.mark.parametrize(
    ("frame", "wire"),
    [
        (Frame("1", None, "t", "ev", b"!"), b"\x00\x01\x01\x021tev!"),
        (Frame(None, None, "t", "ev", b"!"), b"\x02\x01\x02tev!"),
        (
            protocol.reply(Frame("1", "23", "t", "ev", b""), "ok", b"!"),
            b"\x01\x01\x02\x01\x02123tok!",
        ),
    ],
)
def test_binary_frames_to_the_client_have_its_layout(frame, wire):
    assert protocol.encode(frame) == wire


def test_a_binary_frame_with_a_long_topic_is_an_error_not_a_broken_frame():
    with pytest.raises(ProtocolError, match="255"):
        protocol.encode(Frame(None, None, "t" * 256, "e", b""))
