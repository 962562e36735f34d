"""Durable writes against an empty grpc.aio call and against raw SQLite: ratios, medians of alternating rounds."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

import grpc

from benchmarks import load
from benchmarks.baselines import raw_sqlite
from generated.footfall.v1 import event_log_service_pb2, event_log_service_pb2_grpc
from generated.google.cloud.retail.v2.user_event_service_pb2 import WriteUserEventRequest

ROUNDS = 5
CALLS = 12_000  # a round of one server
IN_FLIGHT = 128
RAW_ROWS = 60_000
PATH = "/google.cloud.retail.v2.UserEventService/WriteUserEvent"
CATALOG = "projects/bench/locations/global/catalogs/default_catalog"


def request() -> WriteUserEventRequest:
    """A typical event, about 300 bytes; the server fills in its time, so that each is a new event."""
    wanted = WriteUserEventRequest(parent=CATALOG)
    event = wanted.user_event
    event.event_type = "detail-page-view"
    event.visitor_id = "visitor-1234567890"
    event.session_id = "session-1234567890"
    event.user_info.user_id = "user-123456"
    event.user_info.user_agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36"
    event.uri = "https://example.com/products/product-123?ref=home"
    event.page_categories.append("Electronics > Laptops")
    detail = event.product_details.add()
    detail.product.id = "product-123"
    detail.quantity.value = 1
    return wanted


def stored(address: str) -> int:
    """How many events the server has."""
    with grpc.insecure_channel(address) as channel:
        stub = event_log_service_pb2_grpc.EventLogServiceStub(channel)
        wanted = event_log_service_pb2.ListUserEventsRequest(parent=CATALOG, page_size=1)
        return int(stub.ListUserEvents(wanted).total_size)


def show(name: str, rates: list[float], against: list[float] | None = None) -> None:
    """One line of the table; the ratio is the median of the rounds' ratios."""
    spread = (max(rates) - min(rates)) / statistics.median(rates)
    ratio = f"{statistics.median(a / b for a, b in zip(rates, against, strict=True)):.2f}" if against else ""
    print(f"{name:<44}{statistics.median(rates):>10,.0f}/s{spread:>8.0%}{ratio:>10}")


def main() -> None:
    """Runs the rounds and prints the table."""
    load.require_h2load()
    message = request().SerializeToString()
    payload = request().user_event.SerializeToString()
    noop: list[float] = []
    durable: list[float] = []
    single: tuple[list[float], list[float]] = ([], [])
    raw: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ours = (
            "-m",
            "service",
            "serve",
            "--grpc-address",
            "127.0.0.1:0",
            "--database",
            f"sqlite:///{folder}/footfall.db",
        )
        theirs = ("-m", "benchmarks.baselines.noop")
        with load.serving(*theirs, "--") as empty, load.serving(*ours, "--log-level", "warning") as footfall:
            calls = 0
            for number in range(ROUNDS + 1):
                for address, rates, one in ((empty, noop, single[0]), (footfall, durable, single[1])):
                    rates.append(
                        load.calls_per_second(address, PATH, message, calls=CALLS, in_flight=IN_FLIGHT, folder=folder)
                    )
                    one.append(
                        load.calls_per_second(address, PATH, message, calls=CALLS // 6, in_flight=1, folder=folder)
                    )
                calls += CALLS + CALLS // 6
                print(f"round {number}: {calls:,} calls answered, {stored(footfall):,} events stored", flush=True)
                if stored(footfall) != calls:
                    raise SystemExit("the server answered calls whose events it did not store")
        for number in range(ROUNDS + 1):
            (folder / str(number)).mkdir()
            raw.append(raw_sqlite.rows_per_second(folder / str(number), payload, RAW_ROWS, IN_FLIGHT))
    del noop[0], durable[0], single[0][0], single[1][0], raw[0]  # the first round warms up
    print(f"\n{ROUNDS} rounds, {len(message)}-byte requests{'':>11}{'median':>12}{'spread':>8}{'ratio':>10}")
    show(f"empty grpc.aio call, {IN_FLIGHT} in flight", noop)
    show(f"durable WriteUserEvent, {IN_FLIGHT} in flight", durable, noop)
    show("empty grpc.aio call, 1 in flight", single[0])
    show("durable WriteUserEvent, 1 in flight", single[1], single[0])
    show(f"raw SQLite, {IN_FLIGHT} rows to a commit", raw)
    show("durable WriteUserEvent against raw SQLite", durable, raw)


if __name__ == "__main__":
    main()
