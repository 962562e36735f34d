"""From a checked event in normal form to what is stored of it: identity, the columns that are asked for, the bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from google.protobuf.timestamp_pb2 import Timestamp

from generated.footfall.v1.event_log_pb2 import ClientEventForm, StoredClientEvent
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


class RecordColumns:
    """Records of user events by column: as many as there are, they are few objects."""

    def __init__(self) -> None:
        self.event_times_us: list[int] = []
        self.fingerprints: list[bytes] = []
        self.event_types: list[str] = []
        self.visitor_ids: list[str] = []
        self.user_ids: list[str | None] = []
        self.product_ids: list[tuple[str, ...]] = []
        self.payloads: list[bytes] = []
        self._product_ids: dict[tuple[str, ...], tuple[str, ...]] = {}

    def add(self, record: tuple[int, bytes, str, str, str | None, tuple[str, ...], bytes]) -> None:
        """Adds the values of a `UserEventRecord`."""
        event_time_us, identity, event_type, visitor_id, user_id, product_ids, payload = record
        self.event_times_us.append(event_time_us)
        self.fingerprints.append(identity)
        self.event_types.append(event_type)
        self.visitor_ids.append(visitor_id)
        self.user_ids.append(user_id)
        self.product_ids.append(self._product_ids.setdefault(product_ids, product_ids))
        self.payloads.append(payload)

    def lists(self) -> tuple[list[Any], ...]:
        """The columns, in the order of a record's values."""
        return (
            self.event_times_us,
            self.fingerprints,
            self.event_types,
            self.visitor_ids,
            self.user_ids,
            self.product_ids,
            self.payloads,
        )


class ClientEventRecord(NamedTuple):
    """What is stored of a client event; times in microseconds since the Unix epoch.

    An event may come again in another form, which can't say all of what it said first. So it has a fingerprint for each
    form, of what that one can say of it: `fingerprint` is v4's, and `other_fingerprints` are v3's and the legacy
    form's. They are None where they are the same, and of an event in v4's form, of which `other_fingerprints` tells
    them when they are asked for: few ever are.
    """

    event_id: str
    fingerprint: bytes
    create_time_us: int
    request_id: str | None
    event_type: int
    payload: bytes
    form: int
    other_fingerprints: bytes | None
    beside: bytes | None  # serialised footfall.v1.StoredClientEvent with what v4's form can't say


def microseconds(time: Timestamp) -> int:
    """A timestamp as whole microseconds since the Unix epoch, rounded down."""
    return time.seconds * 1_000_000 + time.nanos // 1_000


def set_microseconds(time: Timestamp, us: int) -> None:
    """Sets a timestamp to `us` microseconds since the Unix epoch."""
    time.seconds, rest = divmod(us, 1_000_000)
    time.nanos = rest * 1_000


def product_ids(event: UserEvent) -> tuple[str, ...]:
    """The products that an event names, each once, in the order in which they come."""
    ids = [detail.product.id for detail in event.product_details[:]]  # a list is walked faster
    return tuple(ids) if len(ids) <= 1 else tuple(dict.fromkeys(ids))


def product_details(payload: bytes) -> bytes:
    """The product details of a stored event, as they stand in its bytes: a UserEvent that has nothing else.

    They are found in a fifth of the time that parsing takes. An event's fields come in the order of their numbers, and
    those up to these have one byte of tag and then their length. Unknown fields come last, whatever their numbers.
    """
    at, end = 0, len(payload)
    while at < end and payload[at] in _BEFORE_PRODUCT_DETAILS:
        size = payload[at + 1]
        at += size + 2 if size < _MORE else _long(payload, at)
    begin = at
    while at < end and payload[at] == _PRODUCT_DETAILS:
        size = payload[at + 1]
        at += size + 2 if size < _MORE else _long(payload, at)
    return payload[begin:at]


_PRODUCT_DETAILS: Final = UserEvent.PRODUCT_DETAILS_FIELD_NUMBER << 3 | 2
_BEFORE_PRODUCT_DETAILS: Final = bytes(range(1 << 3 | 2, _PRODUCT_DETAILS, 1 << 3))  # tags
_MORE: Final = 0x80  # in a byte of a varint: others follow


def _long(payload: bytes, at: int) -> int:
    """How many bytes the field at `at` takes, whatever its length."""
    size, shift, behind = 0, 0, at + 1
    while True:
        byte = payload[behind]
        behind += 1
        size |= (byte & ~_MORE) << shift
        if byte < _MORE:
            return behind + size - at
        shift += 7


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
        event_time_us = microseconds(event.event_time)
        payload = canonical_bytes(event)
        identity = fingerprint(payload)
    else:
        event_time_us = now_us
        set_microseconds(event.event_time, now_us)
        payload = canonical_bytes(event) if fill is None else b""
        identity = salt
    if fill is not None:
        fill(event)
        payload = canonical_bytes(event)
    user_id = event.user_info.user_id or None
    return UserEventRecord(
        event_time_us, identity, event.event_type, event.visitor_id, user_id, product_ids(event), payload
    )


def client_event_record(event: ClientEvent, now_us: int, beside: StoredClientEvent | None = None) -> ClientEventRecord:
    """The record of `event`, which passed its check.

    Args:
        event: Gets the time `now_us` when it has none; its identity is that without a time, so that it can come again.
        now_us: The time of receipt.
        beside: What was said beside it, and the form in which; None: nothing, it was sent in v4's form.
    """
    payload = canonical_bytes(event)
    identity = fingerprint(payload)
    is_told = beside is None and event.HasField("create_time")  # by the payload
    others = None if is_told else _other_fingerprints(event, payload, beside)
    if not event.HasField("create_time"):
        set_microseconds(event.create_time, now_us)
        payload = canonical_bytes(event)
    return ClientEventRecord(
        event.event_id,
        identity,
        microseconds(event.create_time),
        event.request_id or None,
        event.job_event.type,
        payload,
        beside.form if beside is not None else _V4,
        others,
        _canonical_beside(beside, _BESIDE) if beside is not None else None,
    )


_V4 = ClientEventForm.CLIENT_EVENT_FORM_V4
_BESIDE = ("original_type", "parent_event_id", "extra_info", "details")
_BESIDE_V3 = ("parent_event_id", "extra_info")
_BESIDE_LEGACY = ("details",)


def other_fingerprints(payload: bytes, own: bytes) -> bytes | None:
    """v3's and the legacy form's fingerprint of a stored event that was sent in v4's form; None: the same as v4's.

    Args:
        payload: The event.
        own: v4's. If it is not the payload's, the time in that is the server's, and nothing tells the others.
    """
    return _other_fingerprints(ClientEvent.FromString(payload), payload, None) if fingerprint(payload) == own else None


def _other_fingerprints(event: ClientEvent, canonical: bytes, beside: StoredClientEvent | None) -> bytes | None:
    """Those of v3's and of the legacy form, in this order; None where both are v4's."""
    of_v3 = _canonical_beside(beside, _BESIDE_V3)
    of_legacy = _canonical_beside(beside, _BESIDE_LEGACY)
    finer = event.create_time.nanos % 1_000_000  # than the milliseconds of the legacy form
    only_v4 = event.event_notes or event.job_event.profile
    if not (of_v3 or of_legacy or finer or only_v4):
        return None
    common = event
    if only_v4:
        common = ClientEvent()
        common.CopyFrom(event)
        common.ClearField("event_notes")
        common.job_event.ClearField("profile")
        canonical = canonical_bytes(common)
    in_v3 = fingerprint(canonical + (of_v3 or b""))
    if finer:
        common.create_time.nanos -= finer
        canonical = canonical_bytes(common)
        common.create_time.nanos += finer  # it may be the event itself
    return in_v3 + fingerprint(canonical + (of_legacy or b""))


def _canonical_beside(beside: StoredClientEvent | None, fields: tuple[str, ...]) -> bytes | None:
    """Some of the fields, in canonical form; None where none of them has a value."""
    if beside is None:
        return None
    kept = StoredClientEvent()
    kept.CopyFrom(beside)
    for field, _ in beside.ListFields():
        if field.name not in fields:
            kept.ClearField(field.name)
    return canonical_bytes(kept) or None
