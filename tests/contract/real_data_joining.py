"""Google's sample catalog and the events of its shop: what joins, what doesn't, and what a rejoin changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.contract.imports import counts
from tests.contract.real_data_session import (
    CLICKSTREAM,
    PRODUCTS,
    Event,
    Session,
    distinct,
    expect,
    lines_of,
    product_ids,
    timed,
)
from tests.support.reflected import EVENT_LOG


def check_joining(session: Session) -> None:
    """The whole catalog, then one without some of its products."""
    whole(session)
    lines = lines_of(session.data / PRODUCTS)
    lacking, deleted, changed = lines[30:310:28], lines[::70], lines[7]
    assert not set(lacking) & {*deleted, changed}
    assert (len(lacking), len(deleted)) == (10, 5)
    events = distinct(session.data / CLICKSTREAM)
    lack(session, [line for line in lines if line not in lacking], events, ids_of(lacking))
    add(session, lacking, events)
    delete(session, events, ids_of(deleted))
    change(session, events, json.loads(changed))


def ids_of(lines: list[str]) -> set[str]:
    return {json.loads(line)["id"] for line in lines}


def naming(events: list[Event], ids: set[str]) -> int:
    """How many events of the file name one of these products."""
    return sum(bool(product_ids(event) & ids) for event in events)


def named(stored: list[Any], ids: set[str]) -> set[str]:
    """The names of the stored events that name one of these products."""
    return {each.name for each in stored if ids & {detail.product.id for detail in each.user_event.product_details}}


def unjoined(stored: list[Any]) -> set[str]:
    return {each.name for each in stored if not each.joined}


def whole(session: Session) -> None:
    print("Google's sample catalog, whole")
    expect("products", session.import_products("whole", PRODUCTS), (316, 0))
    listed = list(session.products.list_products({"parent": session.branch("whole"), "page_size": 1_000}))
    expect("listed", len(listed), 316)
    with timed("the import of the clickstream", 31_106):
        operation = session.import_events("whole", CLICKSTREAM)
    summary = operation.result().import_summary
    expect("counts", counts(operation), (31_106, 0))
    expect("joined_events_count", summary.joined_events_count, 31_086)
    expect("unjoined_events_count", summary.unjoined_events_count, 0)


def lack(session: Session, lines: list[str], events: list[Event], lacking: set[str]) -> None:
    print("A catalog that lacks 10 products")
    Path(session.data / "most.jsonl").write_text("\n".join(lines))
    expect("products", session.import_products("shop", "most.jsonl"), (306, 0))
    summary = session.import_events("shop", CLICKSTREAM).result().import_summary
    independent = naming(events, lacking)
    expect("unjoined_events_count", summary.unjoined_events_count, independent)
    expect("joined_events_count", summary.joined_events_count, 31_086 - independent)
    expect("counted unjoined", session.count("shop", "joined=false"), independent)
    stored = session.stored("shop")
    assert unjoined(stored) == named(stored, lacking)


def add(session: Session, lines: list[str], events: list[Event]) -> None:
    print("They are added")
    (session.data / "rest.jsonl").write_text("\n".join(lines))
    expect("products", session.import_products("shop", "rest.jsonl"), (10, 0))
    independent = naming(events, ids_of(lines))
    expect("unjoined until the rejoin", session.count("shop", "joined=false"), independent)
    expect("rejoined, JOINED_EVENTS", session.rejoin("shop", "JOINED_EVENTS"), 0)
    with timed("the rejoin", independent):
        expect("rejoined, UNJOINED_EVENTS", session.rejoin("shop", "UNJOINED_EVENTS"), independent)
    expect("unjoined", session.count("shop", "joined=false"), 0)
    expect("rejoined, once more", session.rejoin("shop", "USER_EVENT_REJOIN_SCOPE_UNSPECIFIED"), 0)


def delete(session: Session, events: list[Event], ids: set[str]) -> None:
    print("5 products are deleted")
    for each in ids:
        session.products.delete_product({"name": f"{session.branch('shop')}/products/{each}"})
    independent = naming(events, ids)
    expect("rejoined, UNJOINED_EVENTS", session.rejoin("shop", "UNJOINED_EVENTS"), 0)
    with timed("the rejoin", 31_086):
        expect("rejoined, JOINED_EVENTS", session.rejoin("shop", "JOINED_EVENTS"), independent)
    stored = session.stored("shop")
    assert unjoined(stored) == named(stored, ids)
    expect("unjoined", len(unjoined(stored)), independent)


def change(session: Session, events: list[Event], product: dict[str, Any]) -> None:
    print("A product changes")
    stored = [each for each in session.stored("shop") if named([each], {product["id"]})]
    independent = naming(events, {product["id"]})
    expect("events that name it", len(stored), independent)
    before = (product["title"], float(product["priceInfo"]["price"]))
    name = stored[0].name
    expect("title and price of an event's product", seen(session, name), before)
    session.products.update_product(
        {
            "product": {
                "name": f"{session.branch('shop')}/products/{product['id']}",
                "title": "Another title",
                "price_info": {"price": 12.5, "currency_code": "USD"},
            },
            "update_mask": {"paths": ["title", "price_info"]},
        }
    )
    expect("after the change", seen(session, name), before)
    expect("rejoined, JOINED_EVENTS", session.rejoin("shop", "JOINED_EVENTS"), independent)
    expect("after the rejoin", seen(session, name), ("Another title", 12.5))


def seen(session: Session, name: str) -> tuple[str, float]:
    """Title and price of the product of an event, read back."""
    event = session.reflected.call(EVENT_LOG, "GetUserEvent", name=name).user_event
    (detail,) = event.product_details
    return detail.product.title, detail.product.price_info.price
