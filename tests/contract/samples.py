"""Events to send: as dicts, which every official client takes, and as lines of a file."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

Event = dict[str, Any]

TIME = datetime(2024, 3, 13, 10, 21, 14, 123456, tzinfo=UTC)

PURCHASE: Event = {"id": "txn-1", "revenue": 19.99, "tax": 1.5, "cost": 12.25, "currency_code": "USD"}

# Every type of Google's with no more than it needs.
MINIMAL: dict[str, Event] = {
    "add-to-cart": {"product_details": [{"product": {"id": "p1"}, "quantity": 1}]},
    "category-page-view": {"page_categories": ["Shoes > Running"]},
    "detail-page-view": {"product_details": [{"product": {"id": "p1"}}]},
    "home-page-view": {},
    "purchase-complete": {
        "product_details": [{"product": {"id": "p1"}, "quantity": 1}],
        "purchase_transaction": {"revenue": 19.99, "currency_code": "USD"},
    },
    "remove-from-cart": {},
    "search": {"search_query": "running shoes"},
    "shopping-cart-page-view": {},
}


def user_event(event_type: str = "home-page-view", **fields: Any) -> Event:
    """The smallest event of a type, with `fields` set or, where None, left out."""
    event = {
        "event_type": event_type,
        "visitor_id": "visitor-1",
        "event_time": TIME,
        **MINIMAL.get(event_type, {}),
        **fields,
    }
    return {name: value for name, value in event.items() if value is not None}


# Every field of UserEvent that an event of one type may carry.
FULL_PURCHASE = user_event(
    "purchase-complete",
    experiment_ids=["experiment-1", "experiment-2"],
    attribution_token="token",
    product_details=[
        {"product": {"id": "p1", "price_info": {"price": 9.99, "currency_code": "EUR"}}, "quantity": 2},
        {"product": {"id": "p2"}, "quantity": 1},
    ],
    attributes={"color": {"text": ["blue", "grün"]}, "sizes": {"numbers": [36.5, 37.0]}},
    cart_id="cart-1",
    purchase_transaction=PURCHASE,
    user_info={
        "user_id": "user-1",
        "ip_address": "2001:db8::1",
        "user_agent": "Mozilla/5.0",
        "direct_user_request": True,
    },
    uri="https://example.com/checkout",
    referrer_uri="https://example.com/cart",
    page_view_id="view-1",
    session_id="session-1",
    entity="shop-de",
)
FULL_SEARCH = user_event(
    "search",
    page_categories=["Shoes > Running"],
    filter='brands: ANY("acme")',
    order_by="price desc",
    offset=40,
    completion_detail={
        "completion_attribution_token": "token",
        "selected_suggestion": "running shoes",
        "selected_position": 3,
    },
)


def client_event(tenant: str, event_type: int = 2, **fields: Any) -> Event:
    """A client event about a job of `tenant`, a VIEW by default, with `fields` set or, where None, left out."""
    event = {
        "request_id": "request-1",
        "event_id": "event-1",
        "create_time": TIME,
        "job_event": {"type_": event_type, "jobs": [f"{tenant}/jobs/job-1"]},
        "event_notes": "seen on page 1",
        **fields,
    }
    return {name: value for name, value in event.items() if value is not None}


def line(number: int = 0, **fields: Any) -> str:
    """One line of a file: a home page view, a second after that of the number before, with `fields` in JSON names."""
    time = (TIME + timedelta(seconds=number)).isoformat()
    event = {"eventType": "home-page-view", "visitorId": f"visitor-{number}", "eventTime": time, **fields}
    return json.dumps({name: value for name, value in event.items() if value is not None})


def lines(count: int, first: int = 0) -> list[str]:
    """`count` different valid lines."""
    return [line(number) for number in range(first, first + count)]


def text(file_lines: list[str]) -> bytes:
    """The content of a file."""
    return "".join(f"{each}\n" for each in file_lines).encode()


def put(path: Path, file_lines: list[str]) -> None:
    """Writes a file of lines, compressed when it is called `*.gz`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = text(file_lines)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
