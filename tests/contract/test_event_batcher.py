"""The client kit's batchers: each event gets one verdict and is stored once, whatever the server does."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import grpc
import pytest
from google.cloud import retail_v2, retail_v2alpha, retail_v2beta, talent_v4, talent_v4beta1

from footfall_client import ClosedError, EventBatcher, Outcome, QueueFullError, Violation
from tests.contract.batchers import Batchers, server_on_one_port
from tests.contract.clients import EventLoop
from tests.contract.samples import FULL_PURCHASE, FULL_SEARCH, client_event
from tests.support.reflected import ReflectedClient
from tests.support.server import Server

CATALOG = "projects/p/locations/global/catalogs/c"
TENANT = "projects/p/tenants/t"
FAR_S = 600.0  # an age that no event of these tests reaches
LOADED = 12_000
THREADS = 4


@pytest.fixture(params=["sync", "asyncio"])
def batchers(request: pytest.FixtureRequest, event_loop_thread: EventLoop) -> Batchers:
    """Makes batchers; each of the two kinds."""
    return Batchers(event_loop_thread if request.param == "asyncio" else None)


def view(tenant: str, event_id: str) -> talent_v4.ClientEvent:
    return talent_v4.ClientEvent(client_event(tenant, event_id=event_id))


def visit(visitor_id: str, **fields: Any) -> retail_v2.UserEvent:
    return retail_v2.UserEvent(event_type="home-page-view", visitor_id=visitor_id, **fields)


def test_events_of_googles_packages_arrive_whole(
    batchers: Batchers, server: Server, reflected: ReflectedClient, catalog: str, tenant: str
) -> None:
    purchase = retail_v2.UserEvent(FULL_PURCHASE)
    of_other_versions = [
        retail_v2beta.UserEvent(visitor_id="beta", event_type="login"),
        retail_v2alpha.UserEvent(visitor_id="alpha", event_type="login"),
    ]
    with batchers(catalog, server.address) as batcher:
        batcher.add_event(purchase)
        batcher.add_event(retail_v2.UserEvent.pb(retail_v2.UserEvent(FULL_SEARCH)))
        for event in of_other_versions:
            batcher.add_event(event)
        batcher.add_event({"eventType": "login", "visitor_id": "json", "eventTime": "2024-01-01T00:00:00Z"})
        report = batcher.flush()
    assert (report.stored_count, report.rejected_count) == (5, 0)
    stored = {each.user_event.visitor_id: each.user_event for each in reflected.user_events(catalog)}
    sent = retail_v2.UserEvent.serialize(purchase)
    bought = [each.user_event for each in reflected.user_events(catalog) if each.user_event.cart_id]
    assert [type(event).FromString(sent) for event in bought] == bought
    assert {"beta", "alpha", "json"} <= stored.keys()

    profiled = talent_v4beta1.ClientEvent(client_event(tenant, event_id="beta"))
    profiled.job_event.profile = "profile-1"
    with batchers(tenant, server.address) as batcher:
        batcher.add_event(view(tenant, "v4"))
        batcher.add_event(profiled)
        batcher.add_event({"event_id": "json", "create_time": "2024-01-01T00:00:00Z",
                           "jobEvent": {"type": "VIEW", "jobs": [f"{tenant}/jobs/j"]}})  # fmt: skip
        assert batcher.flush().stored_count == 3
    events = {each.client_event.event_id: each.client_event for each in reflected.client_events(tenant)}
    assert events["beta"].job_event.profile == "profile-1"
    assert events["v4"].job_event == events["json"].job_event.FromString(
        talent_v4.JobEvent.serialize(view(tenant, "v4").job_event)
    )


@pytest.mark.parametrize(
    ("event", "error"),
    [
        (retail_v2.Product(id="p"), TypeError),
        (view(TENANT, "e"), TypeError),
        (None, TypeError),
        ({"eventTyp": "login"}, ValueError),
        ({"eventTime": "today"}, ValueError),
    ],
)
def test_what_is_no_event_is_refused_when_it_is_added(
    batchers: Batchers, server: Server, catalog: str, event: Any, error: type[Exception]
) -> None:
    with batchers(catalog, server.address) as batcher, pytest.raises(error):
        batcher.add_event(event)


def test_what_v4s_messages_would_lose_is_refused(
    batchers: Batchers, server: Server, reflected: ReflectedClient, tenant: str
) -> None:
    event = reflected.message("google.cloud.talent.v3.ClientEvent", event_id="e", parent_event_id="e0")
    with batchers(tenant, server.address) as batcher:
        with pytest.raises(TypeError, match=r"v4\.ClientEvent.*v4beta1\.ClientEvent.*is a .*v3\.ClientEvent"):
            batcher.add_event(event)
        assert batcher.flush().stored_count == 0


@pytest.mark.parametrize("parent", ["", "projects/p", "projects/p/tenants/t/x", "projects/p/catalogs/c"])
def test_a_parent_that_has_no_events(batchers: Batchers, parent: str) -> None:
    with pytest.raises(ValueError, match="parent must be"):
        batchers(parent, "127.0.0.1:1")


def test_verdicts_of_each_event(
    batchers: Batchers, server: Server, tenant: str, caplog: pytest.LogCaptureFixture
) -> None:
    verdicts: list[Any] = []
    good, wrong = view(tenant, "good"), view(tenant, "")
    wrong.event_id = "wrong"
    wrong.job_event.jobs = []
    wrong.event_notes = "x" * 1_001
    with batchers(tenant, server.address, on_verdict=verdicts.append) as batcher:
        for event in (good, wrong, good):
            batcher.add_event(event)
        report = batcher.flush()

    assert [(verdict.event, verdict.outcome) for verdict in verdicts] == [
        (good, Outcome.STORED),
        (wrong, Outcome.REJECTED),
        (good, Outcome.REPEATED),
    ]
    rejected = verdicts[1]
    assert (rejected.code, rejected.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "MISSING_FIELD")
    assert {(violation.field, violation.reason) for violation in rejected.violations} == {
        ("client_event.job_event.jobs", "MISSING_FIELD"),
        ("client_event.event_notes", "TOO_LONG"),
    }
    assert isinstance(rejected.violations[0], Violation)
    assert rejected.message.startswith(rejected.violations[0].description)
    assert report.not_stored == (rejected,)
    assert (report.stored_count, report.repeated_count, report.rejected_count) == (1, 1, 1)
    assert [record.levelno for record in caplog.records if record.name == "footfall_client"] == [logging.WARNING]


def test_a_callback_that_fails_stops_nothing(
    batchers: Batchers, server: Server, reflected: ReflectedClient, catalog: str
) -> None:
    told = []

    def on_verdict(verdict: Any) -> None:
        told.append(verdict)
        if len(told) == 1:
            raise RuntimeError("a fault of the program's own")

    with batchers(catalog, server.address, on_verdict=on_verdict, batch_size=2) as batcher:
        for number in range(6):
            batcher.add_event(visit(f"v{number}"))
        assert batcher.flush().stored_count == 6
    assert len(told) == len(reflected.user_events(catalog)) == 6


def test_alike_events_without_a_time_are_events_of_their_own(
    batchers: Batchers, server: Server, reflected: ReflectedClient, catalog: str, tenant: str
) -> None:
    with batchers(catalog, server.address) as batcher:
        for _ in range(500):
            batcher.add_event(visit("same"))
    assert len(reflected.user_events(catalog)) == 500
    timeless = client_event(tenant, event_id=None, create_time=None)
    with batchers(tenant, server.address) as batcher:
        for _ in range(500):
            batcher.add_event(talent_v4.ClientEvent(timeless))
    stored = reflected.client_events(tenant)
    assert len({each.client_event.event_id for each in stored}) == 500
    assert all(abs(each.client_event.create_time.seconds - time.time()) < 60 for each in stored)


def test_a_later_change_of_an_event_changes_nothing(
    batchers: Batchers, server: Server, reflected: ReflectedClient, catalog: str
) -> None:
    event = visit("before")
    with batchers(catalog, server.address, max_delay_s=FAR_S) as batcher:
        batcher.add_event(event)
        event.visitor_id = "after"
    assert [each.user_event.visitor_id for each in reflected.user_events(catalog)] == ["before"]


def test_sent_by_size_by_age_and_by_flush(batchers: Batchers, server: Server, catalog: str) -> None:
    told: list[Any] = []
    decided = threading.Semaphore(0)

    def on_verdict(verdict: Any) -> None:
        told.append(verdict)
        decided.release()

    def wait(count: int) -> None:
        for _ in range(count):
            assert decided.acquire(timeout=60)

    options = {"on_verdict": on_verdict, "batch_size": 10}
    with batchers(catalog, server.address, max_delay_s=FAR_S, **options) as batcher:
        for number in range(25):
            batcher.add_event(visit(f"s{number}"))
        wait(20)
        assert len(told) == 20  # the other five are too few and too young
        assert batcher.flush().stored_count == 25
        wait(5)
    with batchers(catalog, server.address, max_delay_s=0.05, **options) as batcher:
        batcher.add_event(visit("aged"))
        wait(1)


def test_large_batches_are_sent_in_parts(batchers: Batchers, tmp_path: Path) -> None:
    event = visit("large", attributes={"a": retail_v2.CustomAttribute(text=["x" * 256] * 20)})  # 5 kB
    with (
        Server(tmp_path, "--max-message-bytes", str(2**16)) as server,
        batchers(CATALOG, server.address, max_delay_s=FAR_S) as batcher,
    ):
        for _ in range(100):
            batcher.add_event(event)
        assert batcher.flush(60).stored_count == 100
        batcher.add_event(visit("huge", attributes={"a": retail_v2.CustomAttribute(text=["x" * 256] * 400)}))
        batcher.add_event(visit("small"))
        report = batcher.flush(60)
        assert (report.stored_count, report.failed_count) == (1, 1)
        assert report.not_stored[0].code is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_what_no_retry_can_help_fails_at_once(batchers: Batchers, tmp_path: Path) -> None:
    with (
        Server(tmp_path, "--catalogs", "projects/p/locations/l/catalogs/other") as server,
        batchers(CATALOG, server.address) as batcher,
    ):
        batcher.add_event(visit("v"))
        report = batcher.flush(60)

    assert report.failed_count == 1
    (verdict,) = report.not_stored
    assert (verdict.outcome, verdict.code, verdict.reason) == (
        Outcome.FAILED,
        grpc.StatusCode.NOT_FOUND,
        "CATALOG_NOT_FOUND",
    )


@pytest.mark.parametrize("parent", [CATALOG, TENANT])
def test_killed_and_started_again_under_load(batchers: Batchers, tmp_path: Path, parent: str) -> None:
    """No event is lost, none is doubled, and each has one verdict, though its server dies three times."""
    verdicts: Counter[str] = Counter()
    changed = threading.Condition()

    def key(event: Any) -> str:
        return event.visitor_id if parent == CATALOG else event.event_notes

    def on_verdict(verdict: Any) -> None:
        with changed:
            assert verdict.outcome in (Outcome.STORED, Outcome.REPEATED), verdict
            verdicts[key(verdict.event)] += 1
            changed.notify_all()

    def add(batcher: Any, thread: int) -> None:
        for number in range(LOADED // THREADS):
            name = f"{thread}-{number}"
            # No time and no id: the batcher's stamps are what makes sending again safe.
            event = visit(name) if parent == CATALOG else talent_v4.ClientEvent(
                client_event(TENANT, event_id=None, create_time=None, event_notes=name)
            )  # fmt: skip
            batcher.add_event(event)

    server = server_on_one_port(tmp_path)
    server.start()
    try:
        options = {"batch_size": 50, "max_queued_events": 1_000, "on_verdict": on_verdict}
        with (
            batchers(parent, server.address, max_delay_s=0.05, **options) as batcher,
            ThreadPoolExecutor(THREADS) as pool,
        ):
            adding = [pool.submit(add, batcher, thread) for thread in range(THREADS)]
            for share in (0.2, 0.4, 0.6):
                with changed:
                    assert changed.wait_for(lambda share=share: len(verdicts) > share * LOADED, 120)
                server.kill()
                server.start()
            for each in adding:
                each.result()
            report = batcher.flush(120)
        with server.channel() as channel:
            reflected = ReflectedClient(channel)
            stored = (
                [each.user_event.visitor_id for each in reflected.user_events(parent)]
                if parent == CATALOG
                else [each.client_event.event_notes for each in reflected.client_events(parent)]
            )
    finally:
        server.kill()

    assert Counter(stored) == verdicts
    assert len(stored) == LOADED
    assert set(verdicts.values()) == {1}
    assert report.stored_count + report.repeated_count == LOADED
    print(f"  {report.repeated_count} events had been stored before their batch was answered")


def test_a_full_queue_raises(batchers: Batchers) -> None:
    options = {"when_full": "raise", "max_queued_events": 10, "close_timeout_s": 0.1}
    batcher = batchers(CATALOG, "127.0.0.1:1", **options)
    for number in range(10):
        batcher.add_event(visit(f"v{number}"))
    with pytest.raises(QueueFullError, match="10 events"):
        batcher.add_event(visit("one too many"))
    with pytest.raises(TimeoutError, match="10 events"):
        batcher.flush(0.1)

    report = batcher.close()

    assert report.failed_count == 10
    assert {verdict.code for verdict in report.not_stored} == {grpc.StatusCode.UNAVAILABLE}
    with pytest.raises(ClosedError):
        batcher.add_event(visit("late"))
    assert batcher.close().failed_count == 0


def test_a_queue_is_full_of_few_large_events_too(batchers: Batchers) -> None:
    event = visit("v", uri="https://shop.example/" + "x" * 2_000)
    options = {"when_full": "raise", "max_queued_bytes": 5_000, "close_timeout_s": 0.1}
    with batchers(CATALOG, "127.0.0.1:1", **options) as batcher:
        batcher.add_event(event)
        batcher.add_event(event)
        with pytest.raises(QueueFullError):
            batcher.add_event(event)


def test_a_full_queue_holds_the_caller_until_there_is_room(batchers: Batchers, tmp_path: Path) -> None:
    server = server_on_one_port(tmp_path)
    with batchers(CATALOG, server.address, max_queued_events=10, max_delay_s=0.0) as batcher:
        for number in range(10):
            batcher.add_event(visit(f"v{number}"))
        with ThreadPoolExecutor(1) as pool:
            held = pool.submit(batcher.add_event, visit("held"))
            with pytest.raises(TimeoutError):
                held.result(0.3)
            with server, server.channel() as channel:
                held.result(60)
                assert batcher.flush(60).stored_count == 11
                assert len(ReflectedClient(channel).user_events(CATALOG)) == 11


def test_a_caller_waits_only_so_long() -> None:
    with EventBatcher(CATALOG, "127.0.0.1:1", max_queued_events=1, close_timeout_s=0.1) as batcher:
        batcher.add_event(visit("v"))
        with pytest.raises(QueueFullError):
            batcher.add_event(visit("held"), timeout=0.1)


def test_a_server_whose_own_queue_is_full_gets_everything_in_the_end(batchers: Batchers, tmp_path: Path) -> None:
    with Server(tmp_path, "--write-queue-limit", "1") as server, ThreadPoolExecutor(8) as pool:
        with closing(apsw.Connection(str(server.database))) as other:
            many = [batchers(CATALOG, server.address, batch_size=5, max_delay_s=0.0) for _ in range(8)]
            other.execute("BEGIN IMMEDIATE")  # nothing can be written until this ends
            for thread, batcher in enumerate(many):
                for number in range(20):
                    batcher.add_event(visit(f"{thread}-{number}"))
            with pytest.raises(TimeoutError):
                many[0].flush(0.5)
            other.execute("ROLLBACK")
        reports = list(pool.map(lambda batcher: batcher.close(), many))
        with server.channel() as channel:
            assert len(ReflectedClient(channel).user_events(CATALOG)) == 160
    assert sum(report.stored_count + report.repeated_count for report in reports) == 160
