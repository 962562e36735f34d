"""retail v2 ImportUserEvents with the events in the request.

All events are taken or none: a wrong one fails the call, named by its path. Those without a time get one. What was
imported before is counted as success and not stored again.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from google.api_core.exceptions import InvalidArgument
from google.rpc.error_details_pb2 import ErrorInfo

from tests.contract.clients import Official, every_route
from tests.contract.imports import counts, ended, inline
from tests.contract.refusals import refused
from tests.contract.samples import FULL_PURCHASE, MINIMAL, user_event
from tests.support.reflected import ReflectedClient

EVENTS = "input_config.user_event_inline_source.user_events"


def stored(retail: Official, reflected: ReflectedClient, catalog: str) -> list[object]:
    events = reflected.user_events(catalog)
    return [retail.types.UserEvent.deserialize(event.user_event.SerializeToString()) for event in events]


@every_route
def test_three_events(retail: Official, reflected, catalog: str) -> None:
    events = [user_event(visitor_id=f"visitor-{number}") for number in range(3)]

    operation = retail.client.import_user_events(inline(catalog, *events))
    result = operation.result()

    assert re.fullmatch(rf"{catalog}/operations/import-user-events-\d{{1,20}}", operation.operation.name)
    assert isinstance(result, retail.types.ImportUserEventsResponse)
    assert result.import_summary.joined_events_count == 3
    assert result.import_summary.unjoined_events_count == 0
    assert not result.error_samples
    assert isinstance(operation.metadata, retail.types.ImportMetadata)
    assert counts(operation) == (3, 0)
    assert operation.metadata.create_time <= operation.metadata.update_time <= datetime.now(UTC)
    expected = [retail.types.UserEvent(event) for event in events]
    assert sorted(stored(retail, reflected, catalog), key=lambda event: event.visitor_id) == expected
    assert {event.source for event in reflected.user_events(catalog)} == {3}  # EVENT_SOURCE_INLINE_IMPORT


def test_every_type_and_field(retail: Official, reflected, catalog: str) -> None:
    events = [FULL_PURCHASE, *(user_event(event_type, visitor_id="v") for event_type in [*MINIMAL, "login"])]

    operation = ended(retail, reflected, inline(catalog, *events))

    assert counts(operation) == (10, 0)
    assert {event.event_type: event for event in stored(retail, reflected, catalog) if event.visitor_id == "v"} == {
        event["event_type"]: retail.types.UserEvent(event) for event in events[1:]
    }
    assert retail.types.UserEvent(FULL_PURCHASE) in stored(retail, reflected, catalog)
    summary = operation.result().import_summary
    assert (summary.joined_events_count, summary.unjoined_events_count) == (
        6,
        4,
    )  # four name products; there is no catalog


def test_events_without_a_time_get_one_and_are_all_new(retail: Official, reflected, catalog: str) -> None:
    before = datetime.now(UTC)
    for _ in range(2):
        operation = ended(retail, reflected, inline(catalog, *[user_event(event_time=None)] * 3))
        assert counts(operation) == (3, 0)
    after = datetime.now(UTC)

    events = stored(retail, reflected, catalog)
    assert len(events) == 6
    assert all(before <= event.event_time <= after for event in events)


def test_events_that_were_there_count_as_success_and_are_stored_once(retail: Official, reflected, catalog: str) -> None:
    events = [user_event(visitor_id=f"visitor-{number}") for number in range(3)]
    retail.client.write_user_event({"parent": catalog, "user_event": events[0]})

    first = ended(retail, reflected, inline(catalog, *events, events[1]))
    second = ended(retail, reflected, inline(catalog, *events))

    assert counts(first) == (4, 0)
    assert first.result().import_summary.joined_events_count == 2
    assert counts(second) == (3, 0)
    assert second.result().import_summary.joined_events_count == 0
    assert len(reflected.user_events(catalog)) == 3


def test_a_missing_quantity_becomes_one(retail: Official, reflected, catalog: str) -> None:
    ended(retail, reflected, inline(catalog, user_event("add-to-cart", product_details=[{"product": {"id": "p1"}}])))

    (event,) = stored(retail, reflected, catalog)
    assert event.product_details[0].quantity == 1


@pytest.mark.parametrize("filled", [0, 1], ids=["without times", "with times"])
def test_ten_thousand_events_fit(retail: Official, reflected, catalog: str, filled: int) -> None:
    event = retail.types.UserEvent({**FULL_PURCHASE, "event_time": None})
    request = retail.types.ImportUserEventsRequest(parent=catalog)
    source = retail.types.ImportUserEventsRequest.pb(request).input_config.user_event_inline_source
    for number in range(10_000):
        sent = source.user_events.add()
        sent.CopyFrom(retail.types.UserEvent.pb(event))
        if filled:
            sent.event_time.FromSeconds(1_700_000_000 + number)

    operation = ended(retail, reflected, request)

    assert counts(operation) == (10_000, 0)
    assert len(reflected.user_events(catalog)) == 10_000


@every_route
def test_one_wrong_event_fails_the_call_with_its_path(retail: Official, reflected, catalog: str) -> None:
    events = [user_event(), user_event("home page"), user_event("detail-page-view", product_details=[{}])]

    with refused(InvalidArgument) as refusal:
        retail.client.import_user_events(inline(catalog, *events))

    assert refusal.fields == {
        f"{EVENTS}[1].event_type": "UNSUPPORTED_EVENT_TYPE",
        f"{EVENTS}[2].product_details[0].product.id": "MISSING_FIELD",
    }
    assert refusal.message.startswith("Unsupported inputConfig.userEventInlineSource.userEvents.eventType home page.")
    assert refusal.message.endswith("(and 1 more)")
    assert not reflected.user_events(catalog)
    assert not retail.client.list_operations({"name": catalog}).operations


def test_a_missing_field_is_named_in_googles_words(retail: Official, catalog: str) -> None:
    with refused(InvalidArgument) as refusal:
        retail.client.import_user_events(inline(catalog, user_event(visitor_id=None)))

    path = "inputConfig.userEventInlineSource.userEvents.visitorId"
    assert refusal.message == f'Field "{path}" is a required field, but no value is found.'


def test_no_events_are_refused(retail: Official, catalog: str) -> None:
    with refused(InvalidArgument) as refusal:
        retail.client.import_user_events(
            retail.types.ImportUserEventsRequest(
                parent=catalog,
                input_config={"user_event_inline_source": retail.types.UserEventInlineSource()},
            )
        )

    assert refusal.fields == {EVENTS: "MISSING_FIELD"}


def test_an_errors_config_is_refused(retail: Official, catalog: str) -> None:
    request = {**inline(catalog, user_event()), "errors_config": {"gcs_prefix": "gs://bucket/errors"}}

    with refused(InvalidArgument) as refusal:
        retail.client.import_user_events(request)

    assert refusal.fields == {"errors_config": "FORBIDDEN_FIELD"}


def test_thousands_of_wrong_events_fit_into_trailers(retail: Official, catalog: str) -> None:
    events = [retail.types.UserEvent(user_event("add-to-cart", visitor_id=None, product_details=[{}] * 3))] * 5_000

    with refused(InvalidArgument) as refusal:
        retail.client.import_user_events(inline(catalog, *events))

    assert refusal.violations
    assert int(refusal.detail(ErrorInfo).metadata["violations"]) >= len(refusal.violations)
