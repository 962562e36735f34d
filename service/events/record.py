"""From a checked event in normal form to what is stored of it: identity, the columns that are asked for, the bytes."""

from __future__ import annotations

from collections.abc import Callable
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
    product_ids: tuple[str, ...]
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


def product_ids(event: UserEvent) -> tuple[str, ...]:
    """The products that an event names, each once, in the order in which they come."""
    details = event.product_details
    return tuple(dict.fromkeys(detail.product.id for detail in details)) if details else ()


def user_event_record(
    event: UserEvent, now_us: int, salt: bytes, fill: Callable[[UserEvent], None] | None = None
) -> UserEventRecord:
    """The record of `event`, which passed its check and is in normal form.

    Args:
        event: Gets the time `now_us` when it has none.
        now_us: The time of receipt.
        salt: 16 bytes, used once: they are the identity of an event that came without a time, since nothing that the
            client sent tells it from another one.
        fill: Adds to the event what the server knows and what is not part of its identity.
    """
    if event.HasField("event_time"):
        payload = canonical_bytes(event)
        identity = fingerprint(payload)
    else:
        set_microseconds(event.event_time, now_us)
        payload = canonical_bytes(event)
        identity = salt
    if fill is not None:
        fill(event)
        payload = canonical_bytes(event)
    return UserEventRecord(
        event_time_us=microseconds(event.event_time),
        fingerprint=identity,
        event_type=event.event_type,
        visitor_id=event.visitor_id,
        user_id=event.user_info.user_id or None,
        product_ids=product_ids(event),
        payload=payload,
    )


def client_event_record(event: ClientEvent, now_us: int) -> ClientEventRecord:
    """The record of `event`, which passed its check.

    Args:
        event: Gets the time `now_us` when it has none; its identity is that without a time, so that it can come again.
        now_us: The time of receipt.
    """
    payload = canonical_bytes(event)
    identity = fingerprint(payload)
    if not event.HasField("create_time"):
        set_microseconds(event.create_time, now_us)
        payload = canonical_bytes(event)
    return ClientEventRecord(
        event_id=event.event_id,
        fingerprint=identity,
        create_time_us=microseconds(event.create_time),
        request_id=event.request_id or None,
        event_type=event.job_event.type,
        payload=payload,
    )
