"""Small pieces of text for people."""

from __future__ import annotations

from collections.abc import Iterator

from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc.error_details_pb2 import BadRequest
from google.rpc.status_pb2 import Status

from generated.footfall.v1.event_log_pb2 import EventSource


def printable(text: str) -> str:
    """Returns `text` without what could steer a terminal: events come from strangers."""
    return text if text.isprintable() else "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def moment(time: Timestamp) -> str:
    """Returns a time to the second in UTC, such as `2026-03-14 09:26:53`; empty when it is not set."""
    return f"{time.ToDatetime():%Y-%m-%d %H:%M:%S}" if time.ByteSize() else ""


def count(number: int, noun: str) -> str:
    """Returns such as `1 event` or `1,234 events`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def source(value: EventSource) -> str:
    """Returns the way by which an event came in, such as `inline import`."""
    name = EventSource.Name(value) if value in EventSource.values() else str(value)
    return name.removeprefix("EVENT_SOURCE_").lower().replace("_", " ")


def violations(status: Status) -> Iterator[BadRequest.FieldViolation]:
    """Yields the broken rules that a status tells of."""
    bad_request = BadRequest()
    for detail in status.details:
        if detail.Unpack(bad_request):
            yield from bad_request.field_violations
