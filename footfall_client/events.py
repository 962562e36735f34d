"""Events in the forms in which programs have them, made into one that can be sent again safely."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from google.protobuf import json_format
from google.protobuf.message import Message

from footfall_client.contract import message_type, pool


class Kind(NamedTuple):
    """One kind of event, and how it is sent."""

    event: str  # full name of its message in the contract
    taken: tuple[str, ...]  # full names of Google's messages that say nothing which it can't
    time: str  # the field that says when it happened
    events: str  # the field of a request that holds them
    method: str  # the path of the RPC
    request: str
    response: str


USER_EVENTS: Final = Kind(
    event="google.cloud.retail.v2.UserEvent",
    taken=tuple(f"google.cloud.retail.{version}.UserEvent" for version in ("v2", "v2beta", "v2alpha")),
    time="event_time",
    events="user_events",
    method="/footfall.v1.EventLogService/BatchWriteUserEvents",
    request="BatchWriteUserEventsRequest",
    response="BatchWriteUserEventsResponse",
)
CLIENT_EVENTS: Final = Kind(
    event="google.cloud.talent.v4.ClientEvent",
    taken=("google.cloud.talent.v4.ClientEvent", "google.cloud.talent.v4beta1.ClientEvent"),
    time="create_time",
    events="client_events",
    method="/footfall.v1.EventLogService/BatchCreateClientEvents",
    request="BatchCreateClientEventsRequest",
    response="BatchCreateClientEventsResponse",
)
_V4BETA1: Final = "google.cloud.talent.v4beta1.ClientEvent"


def kind_of(parent: str) -> Kind:
    """The kind of event that belongs to a catalog or a tenant.

    Raises:
        ValueError: It is neither.
    """
    words = parent.split("/")
    if words[::2] == ["projects", "locations", "catalogs"] and len(words) == 6:
        return USER_EVENTS
    if words[::2] == ["projects", "tenants"] and len(words) == 4:
        return CLIENT_EVENTS
    raise ValueError(f"parent must be projects/*/locations/*/catalogs/* or projects/*/tenants/*, but is {parent!r}")


def to_message(event: Any, kind: Kind) -> Any:
    """A copy of an event as a message of the contract.

    Args:
        event: One of the messages that the kind takes (of Google's packages, proto-plus or not, or of stubs of one's
            own), or a mapping in the form of proto3 JSON, names in camelCase or snake_case.
        kind: What it is to be.

    Raises:
        TypeError: It is something else.
        ValueError: The mapping is no such event.
    """
    if isinstance(event, Mapping):
        try:
            return json_format.ParseDict(dict(event), message_type(kind.event)(), descriptor_pool=pool())
        except json_format.ParseError as error:
            raise ValueError(str(error)) from error
    unwrap = getattr(type(event), "pb", None)  # of proto-plus
    message = unwrap(event) if callable(unwrap) else event
    name = message.DESCRIPTOR.full_name if isinstance(message, Message) else type(event).__name__
    if name not in kind.taken:
        raise TypeError(f"the event must be a {', a '.join(kind.taken)} or a mapping, but is a {name}")
    converted = message_type(kind.event).FromString(message.SerializeToString())
    if name == _V4BETA1:  # the one field that has another number there
        converted.job_event.DiscardUnknownFields()
        converted.job_event.profile = message.job_event.profile
    return converted


class Stamps:
    """Gives events the time and the id that they lack, so that one that is sent again is the same event.

    No two times are the same: two alike events would be one.
    """

    def __init__(self) -> None:
        self._last_us = 0
        self._lock = threading.Lock()

    def stamp(self, message: Any, kind: Kind) -> None:
        """Fills in what `message` lacks."""
        if not message.HasField(kind.time):
            with self._lock:
                self._last_us = max(self._last_us + 1, time.time_ns() // 1_000)
                now_us = self._last_us
            getattr(message, kind.time).FromMicroseconds(now_us)
        if kind is CLIENT_EVENTS and not message.event_id:
            message.event_id = str(uuid.uuid4())
