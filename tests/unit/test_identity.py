"""The identity of an event is published: it must not change with a release of protobuf, nor of this code."""

from __future__ import annotations

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from hypothesis import given, settings
from hypothesis import strategies as st

from generated.google.cloud.retail.v2.product_pb2 import Product
from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from generated.google.cloud.talent.v4.event_pb2 import ClientEvent
from service.events import identity
from tests.unit.strategies import messages

ANY_EVENT = st.one_of(messages(UserEvent), messages(ClientEvent), messages(Product))


def test_fingerprint_of_the_sample_is_as_published():
    assert identity.fingerprint(identity.SAMPLE).hex() == "6749bc3d74ab6f586bd5083e7d86799e"


def test_fingerprint_has_16_bytes():
    assert len(identity.fingerprint(b"")) == identity.FINGERPRINT_SIZE == 16


def test_installed_protobuf_is_trusted_and_the_reference_agrees_on_the_sample():
    assert identity._PROTOBUF_AGREES
    assert identity.reference_bytes(UserEvent.FromString(identity.SAMPLE)) == identity.SAMPLE


def test_reference_takes_over_when_protobuf_differs(monkeypatch):
    monkeypatch.setattr(identity, "_PROTOBUF_AGREES", False)
    calls = []
    monkeypatch.setattr(identity, "reference_bytes", lambda message: calls.append(message) or b"reference")
    event = UserEvent(visitor_id="v")
    assert identity.canonical_bytes(event) == b"reference"
    assert calls == [event]


@settings(max_examples=2_000)
@given(ANY_EVENT)
def test_reference_and_protobuf_agree(event):
    assert identity.reference_bytes(event) == event.SerializeToString(deterministic=True)


@given(ANY_EVENT)
def test_canonical_bytes_are_the_message_and_a_fixed_point(event):
    canonical = identity.canonical_bytes(event)
    again = type(event).FromString(canonical)
    assert identity.canonical_bytes(again) == canonical
    assert again.SerializeToString(deterministic=True) == event.SerializeToString(deterministic=True)


@given(st.permutations(["", "a", "ab", "abc", "b", "é", "\uffff", "\U0001f600"]))
def test_order_of_map_entries_does_not_matter(keys):
    events = [UserEvent(), UserEvent()]
    for event, order in zip(events, [keys, sorted(keys)], strict=True):
        for key in order:
            event.attributes[key].text.append("x")
    assert identity.canonical_bytes(events[0]) == identity.canonical_bytes(events[1])


def test_order_of_fields_on_the_wire_does_not_matter():
    ascending = UserEvent.FromString(b"\x0a\x01a\x12\x01v")
    descending = UserEvent.FromString(b"\x12\x01v\x0a\x01a")
    assert identity.canonical_bytes(ascending) == identity.canonical_bytes(descending)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (UserEvent(visitor_id="v"), UserEvent(visitor_id="w")),
        (UserEvent(experiment_ids=["a", "b"]), UserEvent(experiment_ids=["b", "a"])),
        (UserEvent(uri="x"), UserEvent(referrer_uri="x")),
        (UserEvent(), UserEvent.FromString(b"\x1a\x00")),
    ],
    ids=["value", "order of a list", "field", "presence of a message"],
)
def test_different_content_has_a_different_fingerprint(one, other):
    fingerprints = {identity.fingerprint(identity.canonical_bytes(event)) for event in (one, other)}
    assert len(fingerprints) == 2


def _reachable(descriptor: Descriptor) -> set[FieldDescriptor]:
    found: dict[str, Descriptor] = {}
    waiting = [descriptor]
    while waiting:
        each = waiting.pop()
        if each.full_name not in found:
            found[each.full_name] = each
            waiting += [field.message_type for field in each.fields if field.message_type is not None]
    return {field for each in found.values() for field in each.fields}


@pytest.mark.parametrize("event", [UserEvent, ClientEvent, Product])
def test_reference_knows_every_type_that_an_event_can_hold(event):
    fields = _reachable(event.DESCRIPTOR)
    other = {FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_MESSAGE}
    assert {field.type for field in fields} <= identity._SCALARS.keys() | other
    keys = {field.type for field in fields if field.name == "key" and field.containing_type.GetOptions().map_entry}
    assert keys <= {FieldDescriptor.TYPE_STRING}
