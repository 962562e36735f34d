"""Strategies: arbitrary messages, built from their descriptors, and user events with a chance to be accepted."""

from __future__ import annotations

import math
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import strategies as st

from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent

_DEPTH = 3  # messages within messages
_FIELDS = 5  # set in one message

_INT32 = st.one_of(st.sampled_from([0, 1, -1, 2**31 - 1, -(2**31)]), st.integers(-(2**31), 2**31 - 1))
_INT64 = st.one_of(st.sampled_from([0, 1, -1, 2**63 - 1, -(2**63), 2**53 + 1]), st.integers(-(2**63), 2**63 - 1))
_DOUBLE = st.one_of(st.sampled_from([0.0, -0.0, 19.99, 1e22, 5e-324]), st.floats())
_FLOAT = st.one_of(st.sampled_from([0.0, -0.0, 1e10]), st.floats(width=32))
_TEXT = st.one_of(st.sampled_from(["", "a", "ab", "b", "é", "\u2028", "\0", '"', "\U0001f600"]), st.text(max_size=20))

_SCALARS: dict[int, st.SearchStrategy[Any]] = {
    FieldDescriptor.TYPE_BOOL: st.booleans(),
    FieldDescriptor.TYPE_BYTES: st.binary(max_size=20),
    FieldDescriptor.TYPE_DOUBLE: _DOUBLE,
    FieldDescriptor.TYPE_ENUM: st.one_of(st.integers(0, 3), _INT32),
    FieldDescriptor.TYPE_FLOAT: _FLOAT,
    FieldDescriptor.TYPE_INT32: _INT32,
    FieldDescriptor.TYPE_INT64: _INT64,
    FieldDescriptor.TYPE_STRING: _TEXT,
}

# JSON has one NaN where IEEE 754 has many, and json_format can't read the largest floats that it writes.
_SPECIAL = st.sampled_from([math.nan, math.inf, -math.inf])
_PRINTABLE_SCALARS = {
    **_SCALARS,
    FieldDescriptor.TYPE_DOUBLE: st.one_of(_SPECIAL, st.floats(allow_nan=False)),
    FieldDescriptor.TYPE_FLOAT: st.one_of(_SPECIAL, st.floats(-(2.0**127), 2.0**127, width=32)),
}

# Field 700 with a varint that could be shorter, 701 with text, 702 with 8 bytes, 703 with a group.
_UNKNOWN_FIELDS = st.lists(
    st.sampled_from(
        [b"\xe0\x2b\x81\x00", b"\xea\x2b\x03abc", b"\xf1\x2b" + bytes(8), b"\xfb\x2b\x08\x01\xfc\x2b"],
    ),
    max_size=3,
).map(b"".join)

_MASK_PATHS = st.lists(st.from_regex(r"[a-z]{1,5}(_[a-z]{1,5}){0,2}(\.[a-z]{1,5}){0,2}", fullmatch=True), max_size=3)


def _well_known(cls: type[Message], *, printable: bool) -> st.SearchStrategy[Message] | None:
    """Timestamps, durations and field masks that have a form in JSON, mostly or always."""
    if cls is Timestamp:
        good = st.builds(
            Timestamp, seconds=st.integers(-62_135_596_800, 253_402_300_799), nanos=st.integers(0, 999_999_999)
        )
        return good if printable else st.one_of(good, st.builds(Timestamp, seconds=_INT64, nanos=_INT32))
    if cls is Duration:
        good = st.builds(Duration, seconds=st.integers(0, 315_575_999_999), nanos=st.integers(0, 999_999_999))
        return good if printable else st.one_of(good, st.builds(Duration, seconds=_INT64, nanos=_INT32))
    if cls is FieldMask:
        good = st.builds(FieldMask, paths=_MASK_PATHS)
        return good if printable else st.one_of(good, st.builds(FieldMask, paths=st.lists(_TEXT, max_size=3)))
    return None


def _values(field: FieldDescriptor, depth: int, *, printable: bool) -> st.SearchStrategy[Any]:
    if field.message_type is None:
        return _PRINTABLE_SCALARS[field.type] if printable else _SCALARS[field.type]
    return _messages(field.message_type._concrete_class, depth - 1, printable=printable)


@st.composite
def _generic(draw: st.DrawFn, cls: type[Message], depth: int, *, printable: bool) -> Message:
    message = cls()
    usable = [field for field in cls.DESCRIPTOR.fields if depth > 0 or field.message_type is None]
    for field in draw(st.lists(st.sampled_from(usable), max_size=_FIELDS, unique=True)) if usable else ():
        if not field.is_repeated:
            value = draw(_values(field, depth, printable=printable))
            if field.message_type is None:
                setattr(message, field.name, value)
            else:
                getattr(message, field.name).CopyFrom(value)
        elif field.message_type is not None and field.message_type.GetOptions().map_entry:
            values = _values(field.message_type.fields_by_name["value"], depth, printable=printable)
            for key, value in draw(st.dictionaries(_TEXT, values, max_size=3)).items():
                if isinstance(value, Message):
                    getattr(message, field.name)[key].CopyFrom(value)
                else:
                    getattr(message, field.name)[key] = value
        else:
            getattr(message, field.name).extend(draw(st.lists(_values(field, depth, printable=printable), max_size=3)))
    if not printable:
        message.MergeFromString(draw(_UNKNOWN_FIELDS))
    return message


def _messages(cls: type[Message], depth: int, *, printable: bool) -> st.SearchStrategy[Any]:
    well_known = _well_known(cls, printable=printable)
    return _generic(cls, depth, printable=printable) if well_known is None else well_known


def messages(cls: type[Message], *, printable: bool = False) -> st.SearchStrategy[Any]:
    """Messages of any content.

    Args:
        cls: Their class.
        printable: Leave out what JSON can't say: unknown fields, and times, durations and masks out of range.
    """
    return _messages(cls, _DEPTH, printable=printable)


_EVENT_TYPES = [
    "add-to-cart",
    "search",
    "purchase-complete",
    "home-page-view",
    "detail-page-view",
    "page-view",
    "x y",
    "",
]
_QUANTITIES = st.one_of(st.none(), st.sampled_from([-1, 0, 1, 7]))


@st.composite
def plausible_user_events(draw: st.DrawFn) -> UserEvent:
    """User events near the rules: many are accepted, and the others break one or two."""
    event = draw(st.one_of(st.just(UserEvent()), messages(UserEvent)))
    event.event_type = draw(st.sampled_from(_EVENT_TYPES))
    event.visitor_id = draw(st.sampled_from(["v", "v" * 128, "v" * 129]))
    for _ in range(draw(st.integers(0, 2))):
        detail = event.product_details.add()
        detail.product.id = draw(st.sampled_from(["p", "é" * 64, ""]))
        if (quantity := draw(_QUANTITIES)) is not None:
            detail.quantity.value = quantity
        detail.rating = draw(st.sampled_from([0.0, 1.0, 5.5]))
        if draw(st.booleans()):
            detail.product.price_info.price = draw(st.sampled_from([0.0, 9.99, -1.0]))
            detail.product.publish_time.seconds = draw(st.sampled_from([0, 2**40]))
    if draw(st.booleans()):
        event.purchase_transaction.revenue = draw(st.sampled_from([0.0, 19.99]))
        event.purchase_transaction.currency_code = draw(st.sampled_from(["USD", "usd", ""]))
    event.search_query = draw(st.sampled_from(["", "shoes"]))
    event.offset = draw(st.sampled_from([0, 1, -1]))
    return event


def put_somewhere(value: dict[str, Any], anything: Any, data: st.DataObject) -> None:
    """Puts something in the place of some value, however deep in JSON."""
    parent: Any = value
    key = data.draw(st.sampled_from(sorted(value)))
    while isinstance(parent[key], dict | list) and parent[key] and data.draw(st.booleans()):
        parent = parent[key]
        key = data.draw(st.sampled_from(list(parent if isinstance(parent, dict) else range(len(parent)))))
    parent[key] = anything
