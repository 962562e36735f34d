"""Retention: events that are older than a setting go, by their own time, and the log says how many."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.contract.own_events import own
from tests.contract.samples import client_event, user_event
from tests.support.reflected import EVENT_LOG, ReflectedClient
from tests.support.server import Server

CATALOG = "projects/p/locations/global/catalogs/retention"
TENANT = "projects/p/tenants/retention"
DAYS = 30
OLD, YOUNG = 1_100, 70  # more old ones than one step deletes
PATIENCE_S = 60


def times(now: datetime) -> list[datetime]:
    """When the events happened: each a second from the next, on both sides of the limit, which moves on meanwhile."""
    limit = now - timedelta(days=DAYS)
    old = [limit - timedelta(seconds=number) for number in range(OLD)]
    young = [limit + timedelta(minutes=10, seconds=number) for number in range(YOUNG)]
    return [*old, *young]


def fill(reflected: ReflectedClient) -> None:
    moments = times(datetime.now(UTC))
    user_events = own([user_event(event_time=moment) for moment in moments])
    client_events = own(
        [client_event(TENANT, event_id=f"e{number}", create_time=moment) for number, moment in enumerate(moments)]
    )
    reflected.call(EVENT_LOG, "BatchWriteUserEvents", parent=CATALOG, user_events=user_events)
    reflected.call(EVENT_LOG, "BatchCreateClientEvents", parent=TENANT, client_events=client_events)


def counts(reflected: ReflectedClient) -> tuple[int, int]:
    """How many events there are: counted, as the kept totals say, and listed."""
    found = []
    for method, items, parent in (("UserEvents", "user_events", CATALOG), ("ClientEvents", "client_events", TENANT)):
        counted = reflected.call(EVENT_LOG, f"Count{method}", parent=parent).total_count
        listed = reflected.call(EVENT_LOG, f"List{method}", parent=parent, page_size=1)
        assert listed.total_size == len(list(reflected.all(f"List{method}", items, parent))) == counted
        found.append(counted)
    return found[0], found[1]


def reported(server: Server) -> list[dict[str, Any]]:
    """What the log says of events that went."""
    lines = [json.loads(line) for line in server.log.read_text().splitlines() if line.startswith("{")]
    return [line for line in lines if line["event"] == "events_expired"]


def until(done: Callable[[], bool]) -> None:
    """Polls until it holds; housekeeping tells nobody when it is through."""
    deadline = time.monotonic() + PATIENCE_S
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_old_events_go_and_young_ones_stay(tmp_path: Path) -> None:
    with Server(tmp_path) as server, server.channel() as channel:
        fill(ReflectedClient(channel))
        assert counts(ReflectedClient(channel)) == (OLD + YOUNG, OLD + YOUNG)
    assert not reported(server)

    server.flags = ("--events-days", str(DAYS))
    with server, server.channel() as channel:
        reflected = ReflectedClient(channel)
        until(lambda: sum(line["events"] for line in reported(server)) == 2 * OLD)
        assert counts(reflected) == (YOUNG, YOUNG)

    lines = reported(server)
    assert sorted((line["parent"], line["events"]) for line in lines) == [(CATALOG, OLD), (TENANT, OLD)]
    assert lines[-1]["since_start"] == 2 * OLD
