"""Lines of a file become records in their order, whichever way each of them goes."""

from __future__ import annotations

import json
from typing import Any

from service.events.user_event import UserEventRules
from service.sources.decoding import Decoded, DecodeOptions, decode_lines

OPTIONS = DecodeOptions("gs://b/o", UserEventRules(), None, 2**20)


def line(visitor: str, **fields: Any) -> str:
    return json.dumps({"eventType": "view", "visitorId": visitor, "eventTime": "2024-01-31T13:00:00Z", **fields})


def decoded(*lines: str) -> Decoded:
    return decode_lines("\n".join(lines).encode(), 7, OPTIONS)


def test_plain_lines_and_others_keep_their_order():
    other = line("second", eventTime="2024-01-31T14:00:00+01:00")
    found = decoded(line("first"), other, "", "{", line("third"), line(""), line("last"))
    assert found.user_events.visitor_ids == ["first", "second", "third", "last"]
    assert len(found.user_events.payloads) == len(found.user_events.event_times_us) == 4
    assert [rejection.line_number for rejection in found.rejections] == [10, 12]


def test_equal_types_and_products_are_sent_once():
    details = [{"product": {"id": "p"}}, {"product": {"id": "q"}}]
    events = decoded(line("a", productDetails=details), line("b", productDetails=details), line("c")).user_events
    assert events.event_types[0] is events.event_types[1]
    assert events.product_ids[0] is events.product_ids[1]
    assert list(events.product_ids) == [("p", "q"), ("p", "q"), ()]


def test_a_chunk_without_events_has_none():
    assert not decoded("", " ").user_events.payloads
