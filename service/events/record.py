"""From a checked event in normal form to what is stored of it: identity, the columns that are asked for, the bytes."""

from __future__ import annotations

from typing import NamedTuple

from google.protobuf.timestamp_pb2 import Timestamp

from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from generated.google.cloud.talent.v4.event_pb2 import ClientEvent
from service.events.identity import canonical_bytes, fingerprint


class UserEventRecord(NamedTuple):
    """What is stored of a user event; times in microseconds since the Unix epoch."""

    event_time_us: int
    fingerprint: bytes
    event_type: str
    visitor_id: str
    user_id: str | None
    names_products: bool
    payload: bytes


class ClientEventRecord(NamedTuple):
    """What is stored of a client event; times in microseconds since the Unix epoch."""

    event_id: str
    fingerprint: bytes
    create_time_us: int
    request_id: str | None
    event_type: int
    payload: bytes


def microseconds(time: Timestamp) -> int:
    """A timestamp as whole microseconds since the Unix epoch, rounded down."""
    return time.seconds * 1_000_000 + time.nanos // 1_000


def set_microseconds(time: Timestamp, us: int) -> None:
    """Sets a timestamp to `us` microseconds since the Unix epoch."""
    time.seconds, rest = divmod(us, 1_000_000)
    time.nanos = rest * 1_000


def user_event_record(event: UserEvent, now_us: int, salt: bytes) -> UserEventRecord:
    """The record of `event`, which passed its check and is in normal form.

    Args:
        event: Gets the time `now_us` when it has none.
        now_us: The time of receipt.
        salt: 16 bytes, used once: they are the identity of an event that came without a time, since nothing that the
            client sent tells it from another one.
    """
    if event.HasField("event_time"):
        payload = canonical_bytes(event)
        identity = fingerprint(payload)
    else:
        set_microseconds(event.event_time, now_us)
        payload = canonical_bytes(event)
        identity = salt
    return UserEventRecord(
        event_time_us=microseconds(event.event_time),
        fingerprint=identity,
        event_type=event.event_type,
        visitor_id=event.visitor_id,
        user_id=event.user_info.user_id or None,
        names_products=bool(event.product_details),
        payload=payload,
    )


def client_event_record(event: ClientEvent) -> ClientEventRecord:
    """The record of `event`, which passed its check."""
    payload = canonical_bytes(event)
    return ClientEventRecord(
        event_id=event.event_id,
        fingerprint=fingerprint(payload),
        create_time_us=microseconds(event.create_time),
        request_id=event.request_id or None,
        event_type=event.job_event.type,
        payload=payload,
    )
