"""What funnels are split by: the values of an event, read from its payload or its time."""

from __future__ import annotations

import json as plain_json
from collections.abc import Iterable
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from generated.google.cloud.talent.v4.event_pb2 import ClientEvent
from service.events.funnels import Splitter
from service.events.record import set_microseconds

_DAY_LENGTH = len("2024-03-13")


def by_day(time_us: int, _payload: bytes | None) -> list[str]:
    """The day of an event, in UTC."""
    time = Timestamp()
    set_microseconds(time, time_us)
    return [time.ToJsonString()[:_DAY_LENGTH]]


def by_experiment(_time_us: int, payload: bytes | None) -> list[str]:
    """The experiments of a user event."""
    return _each_once(UserEvent.FromString(payload or b"").experiment_ids)


def by_attribute(name: str) -> Splitter:
    """The texts and numbers of an attribute of a user event."""

    def values(_time_us: int, payload: bytes | None) -> list[str]:
        attributes = UserEvent.FromString(payload or b"").attributes
        if name not in attributes:
            return []
        attribute = attributes[name]
        return _each_once([*attribute.text, *map(_number, attribute.numbers)])

    return values


def by_note(name: str) -> Splitter:
    """The texts, numbers and truth values of an entry of a client event's notes, where those are a JSON object."""

    def values(_time_us: int, payload: bytes | None) -> list[str]:
        try:
            notes = plain_json.loads(ClientEvent.FromString(payload or b"").event_notes)
        except (ValueError, RecursionError):
            return []
        value = notes.get(name) if isinstance(notes, dict) else None
        return _each_once(_text(each) for each in (value if isinstance(value, list) else [value]))

    return values


def _each_once(values: Iterable[str]) -> list[str]:
    return [value for value in dict.fromkeys(values) if value]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return _number(value)
    if not isinstance(value, str):
        return ""
    return value.encode(errors="replace").decode()  # JSON may have half of a surrogate pair, a response may not


def _number(value: float) -> str:
    """The shortest text of a number: 37, not 37.0."""
    return str(int(value)) if value == value // 1 else repr(value)
