"""Payloads: what fits, what does not, what strangers send."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundforge.pubsub import MAX_PAYLOAD_BYTES, Message, message

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(st.text(), st.text(), st.dictionaries(st.text(), json_values))
def test_what_was_encoded_is_decoded(topic, event, data):
    payload = message.encode(topic, event, data)

    assert message.decode(payload) in (
        Message(topic, event, data),
        Message(topic, event, {"reload": True}),
    )


@given(st.integers(0, 20_000), st.sampled_from("aé🎵\0\n"))
def test_a_payload_never_exceeds_the_limit_in_bytes(length, letter):
    payload = message.encode("tracks", "changed", {"text": letter * length})

    assert len(payload.encode()) <= MAX_PAYLOAD_BYTES


@pytest.mark.parametrize(
    "payload",
    ["", "x", "null", "[]", "{}", '{"topic":"a","event":"b"}', '{"topic":1,"event":"b","data":{}}',
     '{"topic":"a","event":"b","data":[]}', "[" * 100_000],
)  # fmt: skip
def test_payloads_of_strangers_are_none(payload):
    assert message.decode(payload) is None


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_number_that_json_does_not_have_is_refused_at_the_sender(value):
    with pytest.raises(ValueError, match="JSON"):
        message.encode("tracks", "changed", {"tempo": value})
