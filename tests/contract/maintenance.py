"""A catalog with events to purge, rejoin and export, and what the operations on it say in fields of our own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.contract.clients import Official
from tests.contract.own_events import own
from tests.contract.samples import user_event
from tests.support.reflected import EVENT_LOG, OPERATIONS, ReflectedClient

START = datetime(2023, 12, 30, tzinfo=UTC)
TYPES = ("home-page-view", "search", "detail-page-view", "add-to-cart")
COUNT = 120


def event(number: int) -> dict[str, Any]:
    """One of the events: an hour after the one before; half have a user, half name a product, which nobody knows."""
    return user_event(
        TYPES[number % 4],
        visitor_id=f"v{number % 3}",
        event_time=START + timedelta(hours=number),
        user_info={"user_id": f"u{number % 5}"} if number % 2 else None,
    )


EVENTS = [event(number) for number in range(COUNT)]

Wanted = Callable[[dict[str, Any]], bool]


def expected(wanted: Wanted) -> int:
    """How many of the events are wanted."""
    return sum(map(wanted, EVENTS))


def hour(number: int) -> str:
    """The time of an event, as a filter has it."""
    return (START + timedelta(hours=number)).strftime("%Y-%m-%dT%H:%M:%SZ")


def user(event: dict[str, Any]) -> str | None:
    """The user of an event."""
    found: str | None = event.get("user_info", {}).get("user_id")
    return found


def fill(reflected: ReflectedClient, catalog: str, events: list[dict[str, Any]] = EVENTS) -> None:
    """Stores the events."""
    response = reflected.call(EVENT_LOG, "BatchWriteUserEvents", parent=catalog, user_events=own(events))
    assert response.stored_count == len(events)


def count(reflected: ReflectedClient, catalog: str, wanted: str = "") -> int:
    """How many events there are that a filter selects."""
    found: int = reflected.call(EVENT_LOG, "CountUserEvents", parent=catalog, filter=wanted).total_count
    return found


def metadata(reflected: ReflectedClient, operation: Any) -> Any:
    """The metadata of an official client's operation after its end, with the fields that are ours."""
    packed = reflected.wait(operation.operation.name).metadata
    unpacked = reflected.message(packed.TypeName())
    assert packed.Unpack(unpacked)
    return unpacked


def version(official: Official) -> str:
    """`google.cloud.retail.v2`, or another version: the package of the types of that client."""
    name: str = official.types.UserEvent.pb().DESCRIPTOR.file.package
    return name


def check_types(official: Official, reflected: ReflectedClient, operation: Any, metadata: str, response: str) -> None:
    """The metadata and the response of an ended operation are of the caller's version."""
    packed = official.client.get_operation({"name": operation.operation.name})
    assert packed.metadata.type_url == f"type.googleapis.com/{version(official)}.{metadata}"
    assert packed.response.type_url == f"type.googleapis.com/{version(official)}.{response}"
    kept = reflected.call(OPERATIONS, "GetOperation", name=operation.operation.name)
    assert kept.metadata.type_url == packed.metadata.type_url
