"""The Python code of two public guides to Google's clients runs against the server as it is printed.

The scripts are in guides/; each departure from its page is a comment there. They run in a process of their own, as a
reader would run them, and what they sent is read back here.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path

from tests.contract.own_events import own
from tests.contract.samples import line, lines, put, user_event
from tests.support.reflected import EVENT_LOG, ReflectedClient
from tests.support.server import ROOT, Server

GUIDES = Path(__file__).with_name("guides")
CATALOG = "projects/my-project/locations/global/catalogs/default_catalog"
TENANT = "projects/my-project/tenants/my-tenant"
PRODUCTS = "google.cloud.retail.v2.ProductService"
COLLECT = 2  # EVENT_SOURCE_COLLECT

# JobEventType
IMPRESSION, VIEW, APPLICATION_START, APPLICATION_FINISH, SENT_CV = 1, 2, 4, 5, 14


def run(server: Server, *scripts: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(GUIDES / "run.py"), server.address, *scripts]
    env = {**os.environ, "FOOTFALL_SERVER": server.address, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done


def test_the_retail_guide(server: Server, reflected: ReflectedClient) -> None:
    good = [line(eventType="detail-page-view", productDetails=[{"product": {"id": "p1"}}]), *lines(2)]
    put(server.buckets / "my-bucket/user-events/events-2024-01.jsonl", [*good, line(visitorId="")])

    done = run(server, "retail_write.py", "retail_import_objects.py", "retail_import_inline.py")

    printed = done.stdout.splitlines()
    assert printed[0].startswith("Recorded event: detail-page-view at 20")
    assert printed[1:4] == [
        "Recorded purchase: $1599.969970703125",
        "Recorded search for: gaming laptop",
        "Recorded add-to-cart for product: laptop-456",
    ]
    assert printed[4].startswith(f"Import operation: {CATALOG}/operations/import-user-events-")
    assert printed[5:9] == ["Import completed:", "- Joined events: 2", "- Unjoined events: 1", "- Total errors: 1"]
    assert printed[9] == "Imported 0 events"  # all three name products, and there is no catalog yet

    events = [event.user_event for event in reflected.user_events(CATALOG)]
    assert Counter(event.event_type for event in events) == {
        "detail-page-view": 2,
        "home-page-view": 2,
        "purchase-complete": 2,
        "add-to-cart": 2,
        "search": 1,
        "page-view": 1,
    }
    (view,) = [event for event in events if event.uri == "https://example.com/products/product-123"]
    assert list(view.page_categories) == ["Electronics", "Laptops"]
    assert view.user_info.ip_address == "192.168.1.100"
    (purchase,) = [event for event in events if event.purchase_transaction.id == "txn-12345"]
    assert [detail.quantity.value for detail in purchase.product_details] == [1, 2]
    assert purchase.cart_id == "cart-abc123"
    (search,) = [event for event in events if event.event_type == "search"]
    assert search.order_by == "price_info.price desc"
    assert sum(event.visitor_id == "visitor-111" for event in events) == 3
    (errors,) = (server.buckets / "my-bucket/import-errors").iterdir()
    assert errors.read_text().count("\n") == 1


def test_the_retail_guide_on_pixels_and_maintenance(tmp_path: Path) -> None:
    with Server(tmp_path) as server, server.channel() as channel:
        reflected = ReflectedClient(channel)
        times = ["2022-12-31T23:59:59.999Z", "2023-01-01T00:00:00Z", "2023-12-31T23:59:59Z", "2024-01-01T00:00:00Z"]
        events = [own(user_event("login", event_time=datetime.fromisoformat(time))) for time in times]
        reflected.call(EVENT_LOG, "BatchWriteUserEvents", parent=CATALOG, user_events=events)
        run(server, "retail_write.py")  # its events name products that come later
        for product_id in ("product-123", "laptop-456"):
            product = {"title": product_id, "categories": ["Electronics"]}
            branch = f"{CATALOG}/branches/default_branch"
            reflected.call(PRODUCTS, "CreateProduct", parent=branch, product=product, product_id=product_id)

        done = run(server, "retail_write.py", "retail_collect.py", "retail_maintenance.py")

        printed = done.stdout.splitlines()[4:]
        assert printed == ["Event collected via pixel tracking", "Rejoined 2 events", "Purged 2 events"]
        kept = reflected.user_events(CATALOG)
        logins = [each.user_event.event_time.ToJsonString() for each in kept if each.user_event.event_type == "login"]
        assert logins == [times[0], times[3]]
        (collected,) = [each for each in kept if each.source == COLLECT]
        assert collected.user_event.event_type == "page-view"
        assert collected.user_event.uri == "https://example.com/products/product-456"
        assert [detail.product.id for detail in collected.user_event.product_details] == ["product-456"]


def test_the_talent_guide(server: Server, reflected: ReflectedClient) -> None:
    done = run(
        server,
        "talent_client_event.py",
        "talent_search_session.py",
        "talent_application_funnel.py",
        "talent_event_batcher.py",
        "talent_kit_batcher.py",
        "talent_request_metadata.py",
        "talent_analytics.py",
        "talent_safe_track_event.py",
    )

    assert done.stdout.startswith("Failed to send event wrong-1: 400 ")
    assert done.stdout.count("Failed to send event") == 1
    assert "ERROR:root:Invalid event data: 400 " in done.stderr
    assert "ERROR:root:Unexpected event tracking error: 409 " in done.stderr

    events = [event.client_event for event in reflected.client_events(TENANT)]
    steps = Counter((event.request_id.partition("-")[0], event.job_event.type) for event in events)
    assert steps == {
        ("search", IMPRESSION): 3,
        ("search", VIEW): 2 + 99,
        ("search", APPLICATION_START): 1,
        ("user", VIEW): 6,
        ("application", APPLICATION_START): 1,
        ("application", APPLICATION_FINISH): 1,
        ("application", SENT_CV): 1,
        ("analytics", IMPRESSION): 1,
        ("analytics", VIEW): 1,
        ("analytics", APPLICATION_START): 1,
        ("analytics", APPLICATION_FINISH): 1,
    }
    funnel = [event for event in events if event.request_id == "analytics-session-1"]
    assert all(len(event.job_event.jobs) == 3 for event in funnel)
    notes = {event.event_notes for event in events if event.request_id == "user-session-789"}
    assert len(notes) == 6
    assert sum(event.event_id.startswith("batched-") for event in events) == 99
