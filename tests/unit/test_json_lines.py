"""What the renderer of exports gives is what `json.encode` gives, byte for byte, whatever the message."""

from __future__ import annotations

import json as standard_json
from itertools import pairwise
from operator import attrgetter

import pytest
from google.protobuf import json_format
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import example, given, settings
from hypothesis import strategies as st

from generated.google.cloud.retail.v2.product_pb2 import Product
from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from service.events import json, json_fields
from service.events.identity import canonical_bytes
from service.events.json import JsonError
from service.events.json_lines import Renderer
from service.events.record import microseconds
from tests.unit.strategies import messages

RENDERERS = {cls: Renderer(cls) for cls in (UserEvent, Product)}
ANY = st.one_of(*(messages(cls) for cls in RENDERERS))
PRINTABLE = st.one_of(*(messages(cls, printable=True) for cls in RENDERERS))
TIMES = st.integers(-62_135_596_800 - 3_600, 253_402_300_799 + 3_600)
USUAL = {
    UserEvent: canonical_bytes(UserEvent(event_type="search", visitor_id="v", attributes={"a": {"text": ["b"]}})),
    Product: canonical_bytes(Product(id="p", title="t", price_info={"price": 1.5})),
}
NANOS = st.sampled_from([0, 1, 999_999_999, 1_000, 120_000_000, 123_456_000, 1_000_000])


def encoded(cls, wire: bytes) -> bytes | None:
    try:
        return json.encode(cls.DESCRIPTOR.full_name, wire).encode()
    except JsonError:
        return None


def rendered(cls, *wires: bytes) -> list[bytes] | None:
    try:
        found = RENDERERS[cls].read(b"".join(wires), list(map(len, wires))).json()
    except JsonError:
        return None
    return [found.values[begin:end] for begin, end in pairwise(found.offsets.tolist())]


def check(cls, wire: bytes) -> None:
    """A message alone, and among others, which are rendered whatever it is."""
    alone = encoded(cls, wire)
    assert rendered(cls, wire) == (None if alone is None else [alone])
    if alone is not None:
        others = [USUAL[cls], wire, USUAL[cls], b"", wire]
        assert rendered(cls, *others) == [encoded(cls, each) for each in others]


WITHOUT_JSON = Product(type=Product.Type.PRIMARY, variants=[Product(expire_time=Timestamp(nanos=-1))])


@settings(max_examples=1_500)
@given(ANY)
@example(WITHOUT_JSON)
def test_messages_as_they_are_stored(message):
    check(type(message), canonical_bytes(message))


@settings(max_examples=500)
@given(st.lists(messages(UserEvent), max_size=8))
def test_many_at_once(several):
    wires = list(map(canonical_bytes, several))
    assert rendered(UserEvent, *wires) == [encoded(UserEvent, wire) for wire in wires]


@given(PRINTABLE)
def test_the_values_are_those_of_json_format(message):
    (mine,) = map(standard_json.loads, rendered(type(message), canonical_bytes(message)))
    assert mine == standard_json.loads(standard_json.dumps(json_format.MessageToDict(message)))


@settings(max_examples=500)
@given(st.lists(PRINTABLE, min_size=2, max_size=4), st.data())
def test_what_is_in_no_canonical_form(several, data):
    wire = b"".join(map(canonical_bytes, several))
    begin, end = (data.draw(st.integers(0, len(wire))) for _ in range(2))
    for cls in RENDERERS:
        for odd in (wire, wire[:begin], wire[begin:], wire[:begin] + wire[end:]):
            check(cls, odd)


@given(st.binary(max_size=40))
@example(b"\x0a\x02\xff\xff")  # no UTF-8
@example(b"\x0a\x00")  # an empty string, which canonical form leaves out
@example(b"\xa0\x07\x01")  # an unknown field
@example(b"\x1a\x00")
@example(b"\x1a\x0b\x08" + b"\xff" * 9 + b"\x01")  # a second before 1970
def test_any_bytes(wire):
    check(UserEvent, wire)


@settings(max_examples=500)
@given(TIMES, NANOS)
@example(253_402_300_800, 0)
def test_times(seconds, nanos):
    event = UserEvent(event_type="search")
    event.event_time.seconds, event.event_time.nanos = seconds, nanos
    check(UserEvent, canonical_bytes(event))


@pytest.mark.parametrize(
    "text", ['"', "\\", "\n", "\x7f", "\x00", "ü", "\u2028", "😀", "a" * 127, "a" * 128, "a" * 20_000]
)
def test_strings(text):
    event = UserEvent(event_type=text, page_categories=[text, "", text])
    event.user_info.user_agent = text
    event.attributes[text].text.append(text)
    check(UserEvent, canonical_bytes(event))


def test_what_comes_again_does_not_pile_up(monkeypatch):
    monkeypatch.setattr(json_fields, "_KEPT", 3)
    for number in range(10):
        event = UserEvent(event_type="search", page_categories=[f"c{number}"])
        check(UserEvent, canonical_bytes(event))
    (kept,) = (field.kept for field in RENDERERS[UserEvent]._fields.values() if field.path == "page_categories")
    assert 0 < len(kept) <= 3


@settings(max_examples=300)
@given(st.lists(messages(UserEvent, printable=True), max_size=8))
@example([UserEvent(event_type='"', visitor_id="v"), UserEvent(event_type="search", user_info={"user_id": "\\"})])
def test_columns(several):
    piece = RENDERERS[UserEvent].read(*payloads(several))
    for path in ("visitor_id", "user_info.user_id"):
        texts = piece.texts(path)
        found = [texts.values[begin:end].decode() for begin, end in pairwise(texts.offsets.tolist())]
        assert found == [attrgetter(path)(event) for event in several]
        bits = texts.filled()
        assert [bits is None or bool(bits[at // 8] >> at % 8 & 1) for at in range(len(several))] == list(
            map(bool, found)
        )
    assert piece.times("event_time").tolist() == [microseconds(event.event_time) for event in several]


def payloads(several) -> tuple[bytes, list[int]]:
    wires = list(map(canonical_bytes, several))
    return b"".join(wires), list(map(len, wires))
