"""retail v2 WriteUserEvent through the official clients.

What is sent comes back as sent, with what the server fills in (event_time, and quantity 1 where one is needed), and is
stored before the answer. The same event with the same time of the client's is stored once, however often it comes; one
without a time is a new event every time.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from google.api_core.exceptions import InvalidArgument

from tests.contract.clients import Official, every_route
from tests.contract.refusals import refused
from tests.contract.samples import FULL_PURCHASE, FULL_SEARCH, MINIMAL, Event, user_event
from tests.support.reflected import ReflectedClient


def write(retail: Official, catalog: str, event: Event, **fields: object) -> object:
    return retail.client.write_user_event({"parent": catalog, "user_event": event, **fields})


def stored(retail: Official, reflected: ReflectedClient, catalog: str) -> list[object]:
    """What is stored, as messages of the official client."""
    events = reflected.user_events(catalog)
    return [retail.types.UserEvent.deserialize(event.user_event.SerializeToString()) for event in events]


@pytest.mark.parametrize("event_type", MINIMAL)
def test_every_type_comes_back_as_sent_and_is_stored(
    retail: Official, reflected, catalog: str, event_type: str
) -> None:
    event = user_event(event_type)

    echo = write(retail, catalog, event)

    assert echo == retail.types.UserEvent(event)
    assert stored(retail, reflected, catalog) == [echo]


@every_route
@pytest.mark.parametrize("event", [FULL_PURCHASE, FULL_SEARCH], ids=["purchase", "search"])
def test_every_field_comes_back_as_sent_and_is_stored(retail: Official, reflected, catalog: str, event: Event) -> None:
    echo = write(retail, catalog, event)

    assert echo == retail.types.UserEvent(event)
    assert stored(retail, reflected, catalog) == [echo]


@pytest.mark.parametrize("event_type", ["page-view", "login", "signup", "0_a-b", "x" * 128])
def test_a_custom_type_may_carry_every_field(retail: Official, reflected, catalog: str, event_type: str) -> None:
    event = {**FULL_SEARCH, **FULL_PURCHASE, "event_type": event_type}

    echo = write(retail, catalog, event)

    assert echo == retail.types.UserEvent(event)
    assert stored(retail, reflected, catalog) == [echo]


@every_route
def test_a_missing_time_becomes_the_time_of_receipt(retail: Official, reflected, catalog: str) -> None:
    before = datetime.now(UTC)
    echo = write(retail, catalog, user_event(event_time=None))
    after = datetime.now(UTC)

    assert before <= echo.event_time <= after
    (event,) = reflected.user_events(catalog)
    assert event.user_event.event_time == event.receive_time
    assert stored(retail, reflected, catalog) == [echo]


@pytest.mark.parametrize("event_type", ["add-to-cart", "purchase-complete"])
def test_a_missing_quantity_becomes_one_where_one_is_needed(
    retail: Official, reflected, catalog: str, event_type: str
) -> None:
    details = [{"product": {"id": "p1"}}, {"product": {"id": "p2"}, "quantity": 3}]

    echo = write(retail, catalog, user_event(event_type, product_details=details))

    assert [detail.quantity for detail in echo.product_details] == [1, 3]
    assert stored(retail, reflected, catalog) == [echo]


def test_a_missing_quantity_stays_missing_elsewhere(retail: Official, catalog: str) -> None:
    echo = write(retail, catalog, user_event("detail-page-view"))

    assert echo.product_details[0].quantity is None


def test_nanoseconds_of_the_time_survive(retail: Official, reflected, catalog: str) -> None:
    time = {"seconds": 1_700_000_000, "nanos": 123_456_789}

    echo = write(retail, catalog, user_event(event_time=time))

    assert echo.event_time.nanosecond == 123_456_789
    assert stored(retail, reflected, catalog) == [echo]


@pytest.mark.parametrize("year", [1, 9999])
def test_any_year_is_a_time(retail: Official, reflected, catalog: str, year: int) -> None:
    echo = write(retail, catalog, user_event(event_time=datetime(year, 7, 1, tzinfo=UTC)))

    assert echo.event_time.year == year
    assert stored(retail, reflected, catalog) == [echo]


@every_route
def test_write_async_answers_alike_and_stores(retail: Official, reflected, catalog: str) -> None:
    event = user_event()

    echo = write(retail, catalog, event, write_async=True)

    assert echo == retail.types.UserEvent(event)
    # The answer does not wait for the disk, but a write that does joins the same queue behind it.
    write(retail, catalog, user_event(visitor_id="visitor-2"))
    assert echo in stored(retail, reflected, catalog)


@every_route
def test_write_async_is_checked_first(retail: Official, reflected, catalog: str) -> None:
    with refused(InvalidArgument) as refusal:
        write(retail, catalog, user_event(visitor_id=None), write_async=True)

    assert refusal.fields == {"user_event.visitor_id": "MISSING_FIELD"}
    assert not reflected.user_events(catalog)


@every_route
@pytest.mark.parametrize("event", [user_event(), FULL_PURCHASE, FULL_SEARCH], ids=["small", "purchase", "search"])
def test_an_event_sent_again_is_stored_once(retail: Official, reflected, catalog: str, event: Event) -> None:
    echoes = [write(retail, catalog, event) for _ in range(3)]

    assert echoes[0] == echoes[1] == echoes[2]
    assert stored(retail, reflected, catalog) == echoes[:1]


def test_a_default_that_is_spelled_out_is_the_same_event(retail: Official, reflected, catalog: str) -> None:
    write(retail, catalog, user_event("add-to-cart", product_details=[{"product": {"id": "p1"}}]))
    write(retail, catalog, user_event("add-to-cart", product_details=[{"product": {"id": "p1"}, "quantity": 1}]))

    assert len(stored(retail, reflected, catalog)) == 1


def test_another_content_at_the_same_time_is_another_event(retail: Official, reflected, catalog: str) -> None:
    write(retail, catalog, user_event())
    write(retail, catalog, user_event(uri="https://example.com/"))

    assert len(stored(retail, reflected, catalog)) == 2


def test_the_same_event_in_two_catalogs_is_two_events(retail: Official, reflected, catalog: str) -> None:
    other = f"{catalog}-other"
    write(retail, catalog, user_event())
    write(retail, other, user_event())

    assert len(stored(retail, reflected, catalog)) == len(stored(retail, reflected, other)) == 1


def test_an_event_without_a_time_is_new_every_time(retail: Official, reflected, catalog: str) -> None:
    for _ in range(2):
        write(retail, catalog, user_event(event_time=None))

    assert len(stored(retail, reflected, catalog)) == 2


def test_the_source_of_a_direct_write_is_kept(retail: Official, reflected, catalog: str) -> None:
    write(retail, catalog, user_event())

    (event,) = reflected.user_events(catalog)
    assert event.source == 1  # EVENT_SOURCE_WRITE
    assert event.joined


def test_an_event_that_names_products_is_not_joined_without_a_catalog(
    retail: Official, reflected, catalog: str
) -> None:
    write(retail, catalog, user_event("detail-page-view"))

    (event,) = reflected.user_events(catalog)
    assert not event.joined
