"""footfall.v1.EventLogService's batches: each item fares as it would have in a call of its own."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import grpc
import pytest
from google.api_core.exceptions import InvalidArgument
from grpc_status import rpc_status

from tests.contract.own_events import own
from tests.contract.refusals import refused
from tests.contract.samples import FULL_PURCHASE, FULL_SEARCH, MINIMAL, TIME, client_event, user_event
from tests.support.reflected import EVENT_LOG, RETAIL, TALENT, ReflectedClient

STORED, REPEATED, REJECTED = 1, 2, 3
BATCH = 6  # EVENT_SOURCE_BATCH
MOST = 10_000
CALLS_AT_ONCE = 16
PRODUCTS = "google.cloud.retail.v2.ProductService"

BAD_USER_EVENTS: list[dict[str, Any]] = [
    {},
    user_event(visitor_id=""),
    user_event("No Such Type", visitor_id=""),
    user_event("add-to-cart", product_details=[]),
    user_event("search", search_query="", page_categories=[]),
    user_event("purchase-complete", purchase_transaction={"revenue": -1.0, "currency_code": "XYZ"}),
    user_event(uri="x" * 5_001, referrer_uri="x" * 5_001),
    user_event(attributes={"a": {"numbers": [1], "text": ["both"]}}),
    user_event("detail-page-view", product_details=[{"product": {"id": "p"}, "rating": 7.0}]),
]


def bad_client_events(tenant: str) -> list[dict[str, Any]]:
    return [
        {},
        job_event(tenant, "", 2),
        job_event(tenant, "bad-1", 0),
        job_event(tenant, "bad-2", 2, create_time=None),
        job_event(tenant, "bad-3", 2, event_notes="x" * 1_001),
        {**job_event(tenant, "bad-4", 2), "job_event": {"type": 2, "jobs": ["projects/p/tenants/other/jobs/j", "j"]}},
    ]


def job_event(tenant: str, event_id: str, event_type: int, **fields: Any) -> dict[str, Any]:
    """A client event with the names of our own stub."""
    event: dict[str, Any] = own(client_event(tenant, event_type, event_id=event_id, **fields))
    return event


def mixed_user_events(draw: random.Random, size: int) -> list[tuple[dict[str, Any], int]]:
    """Items, each with the verdict that it is to get."""
    items: list[tuple[dict[str, Any], int]] = [(FULL_PURCHASE, STORED), (FULL_SEARCH, STORED)]
    good = [FULL_PURCHASE, FULL_SEARCH]
    while len(items) < size:
        chance = draw.random()
        if chance < 0.3:
            items.append((draw.choice(BAD_USER_EVENTS), REJECTED))
        elif chance < 0.5:
            items.append((draw.choice(good), REPEATED))
        elif chance < 0.6:
            items.append((user_event(event_time=None, visitor_id=f"timeless-{len(items)}"), STORED))
        else:
            event_type = draw.choice([*MINIMAL, "login", "page-view"])
            event = user_event(
                event_type, visitor_id=f"v{len(items)}", event_time=TIME + timedelta(seconds=draw.randrange(9))
            )
            good.append(event)
            items.append((event, STORED))
    return items


def mixed_client_events(draw: random.Random, size: int, tenant: str) -> list[tuple[dict[str, Any], int]]:
    """As `mixed_user_events`; some have the id of an event with another content."""
    items: list[tuple[dict[str, Any], int]] = [(job_event(tenant, "first", 1), STORED)]
    good = [items[0][0]]
    while len(items) < size:
        chance = draw.random()
        if chance < 0.3:
            items.append((draw.choice(bad_client_events(tenant)), REJECTED))
        elif chance < 0.45:
            items.append((draw.choice(good), REPEATED))
        elif chance < 0.6:
            items.append(({**draw.choice(good), "event_notes": f"conflict {len(items)}"}, REJECTED))
        else:
            good.append(job_event(tenant, f"e{len(items)}", draw.randrange(1, 15)))
            items.append((good[-1], STORED))
    return items


def one_by_one(call: Callable[[Any], Any], events: list[Any], identity: Callable[[Any], Any]) -> list[bytes]:
    """The status of a call for each event, empty where there was no error.

    Events of the same identity come in their order, the others meanwhile.
    """
    groups: dict[Any, list[int]] = {}
    for index, event in enumerate(events):
        groups.setdefault(identity(event), []).append(index)
    statuses = [b""] * len(events)

    def send(indices: list[int]) -> None:
        for index in indices:
            try:
                call(events[index])
            except grpc.RpcError as error:
                statuses[index] = rpc_status.from_call(error).SerializeToString(deterministic=True)

    with ThreadPoolExecutor(CALLS_AT_ONCE) as pool:
        list(pool.map(send, groups.values()))
    return statuses


def stored_form(events: list[Any], kind: str) -> list[bytes]:
    """Events without what differs from call to call: name, source and the time of receipt, for which some have none."""
    forms = []
    for stored in events:
        if kind == "user_event" and stored.user_event.visitor_id.startswith("timeless"):
            assert stored.user_event.event_time == stored.receive_time
            stored.user_event.ClearField("event_time")
        for field in ("name", "source", "receive_time"):
            stored.ClearField(field)
        forms.append(stored.SerializeToString(deterministic=True))
    return sorted(forms)


def test_ten_thousand_user_events_fare_as_in_single_calls(reflected: ReflectedClient, catalog: str) -> None:
    items = mixed_user_events(random.Random(7), MOST)
    events = [event for event, _ in items]
    sent = own(events)
    batched, singles = f"{catalog}-a", f"{catalog}-b"
    for each in (batched, singles):
        product = {"title": "a product that some events name", "categories": ["c"]}
        reflected.call(PRODUCTS, "CreateProduct", parent=f"{each}/branches/0", product=product, product_id="p1")

    response = reflected.call(EVENT_LOG, "BatchWriteUserEvents", parent=batched, user_events=sent)
    statuses = one_by_one(
        lambda event: reflected.call(RETAIL, "WriteUserEvent", parent=singles, user_event=event), sent, id
    )

    verdicts = [verdict for _, verdict in items]
    assert [result.outcome for result in response.results] == verdicts
    assert [result.status.SerializeToString(deterministic=True) for result in response.results] == statuses
    totals = (response.stored_count, response.repeated_count, response.rejected_count)
    assert totals == tuple(verdicts.count(verdict) for verdict in (STORED, REPEATED, REJECTED))
    stored = reflected.user_events(batched)
    assert {each.source for each in stored} == {BATCH}
    assert {each.joined for each in stored} == {True, False}
    by_visitor = {each.user_event.visitor_id: each.user_event.event_time for each in stored}
    for event, result in zip(events, response.results, strict=True):
        assert result.HasField("event_time") == (result.outcome != REJECTED)
        if result.outcome == STORED and event["visitor_id"] != "visitor-1":
            assert result.event_time == by_visitor[event["visitor_id"]]
    assert stored_form(stored, "user_event") == [
        form.replace(singles.encode(), batched.encode())
        for form in stored_form(reflected.user_events(singles), "user_event")
    ]
    assert not reflected.rejected(batched)


def test_ten_thousand_client_events_fare_as_in_single_calls(reflected: ReflectedClient, tenant: str) -> None:
    batched, singles = f"{tenant}-a", f"{tenant}-b"
    items = mixed_client_events(random.Random(8), MOST, batched)
    alike = [event for event, _ in mixed_client_events(random.Random(8), MOST, singles)]

    response = reflected.call(
        EVENT_LOG, "BatchCreateClientEvents", parent=batched, client_events=[event for event, _ in items]
    )
    statuses = one_by_one(
        lambda event: reflected.call(TALENT, "CreateClientEvent", parent=singles, client_event=event),
        alike,
        lambda event: event.get("event_id", ""),
    )

    verdicts = [verdict for _, verdict in items]
    assert [result.outcome for result in response.results] == verdicts
    assert [result.status.SerializeToString(deterministic=True) for result in response.results] == [
        status.replace(singles.encode(), batched.encode()) for status in statuses
    ]
    totals = (response.stored_count, response.repeated_count, response.rejected_count)
    assert totals == tuple(verdicts.count(verdict) for verdict in (STORED, REPEATED, REJECTED))
    stored = reflected.client_events(batched)
    assert {each.source for each in stored} == {BATCH}
    assert stored_form(stored, "client_event") == [
        form.replace(singles.encode(), batched.encode())
        for form in stored_form(reflected.client_events(singles), "client_event")
    ]


def test_sent_again_everything_is_repeated(reflected: ReflectedClient, catalog: str) -> None:
    events = [user_event(visitor_id=f"v{number}") for number in range(50)]
    before = reflected.call(EVENT_LOG, "BatchWriteUserEvents", parent=catalog, user_events=own(events[:20]))
    after = reflected.call(EVENT_LOG, "BatchWriteUserEvents", parent=catalog, user_events=own(events))

    assert [result.outcome for result in before.results] == [STORED] * 20
    assert [result.outcome for result in after.results] == [REPEATED] * 20 + [STORED] * 30


@pytest.mark.parametrize("event", BAD_USER_EVENTS[1:4])
def test_ten_thousand_rejections_fit_into_an_answer(reflected: ReflectedClient, catalog: str, event: Any) -> None:
    response = reflected.call(EVENT_LOG, "BatchWriteUserEvents", parent=catalog, user_events=[own(event)] * MOST)

    assert response.rejected_count == MOST


@pytest.mark.parametrize(
    ("method", "field"), [("BatchWriteUserEvents", "user_events"), ("BatchCreateClientEvents", "client_events")]
)
def test_a_wrong_request(reflected: ReflectedClient, catalog: str, tenant: str, method: str, field: str) -> None:
    parent = catalog if field == "user_events" else tenant
    with refused(InvalidArgument) as refusal:
        reflected.call(EVENT_LOG, method, parent=parent)
    assert refusal.fields == {field: "MISSING_FIELD"}
    with refused(InvalidArgument) as refusal:
        reflected.call(EVENT_LOG, method, parent="projects/p", **{field: [{}]})
    assert refusal.fields == {"parent": "INVALID_RESOURCE_ID"}
    with refused(InvalidArgument) as refusal:
        reflected.call(EVENT_LOG, method, parent=parent, **{field: [{}] * (MOST + 1)})
    assert refusal.fields == {field: "TOO_MANY"}
