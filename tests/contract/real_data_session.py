"""A server with the real files in its bucket `data`, official clients of it, and what the files hold by themselves."""

from __future__ import annotations

import gzip
import json
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from google.cloud import retail_v2, retail_v2beta

from tests.contract.clients import EventLoop, Official, Route, connected
from tests.contract.imports import counts, objects
from tests.support.reflected import EVENT_LOG, ReflectedClient
from tests.support.server import Server

CDNOW = "cdnow_purchases.jsonl.gz"
CLICKSTREAM = "shop_clickstream.jsonl.gz"
SAMPLE = "google_sample_user_events.jsonl"
PRODUCTS = "google_merch_products.jsonl"
ERRORS = "gs://data/errors"

Event = dict[str, Any]


def expect(what: str, found: Any, expected: Any) -> None:
    """Prints a figure and holds it against what it has to be."""
    print(f"  {what}: {found:,}" if type(found) is int else f"  {what}: {found}")
    assert found == expected, f"{what}: {found}, expected {expected}"


@contextmanager
def timed(what: str, events: int) -> Iterator[None]:
    """Prints how long something took that went through some events."""
    began = time.monotonic()
    yield
    took = time.monotonic() - began
    print(f"  {what} took {took:.1f} s, {events / took:,.0f} events/s")


def lines_of(file: Path) -> list[str]:
    """The lines of a file, as they are."""
    with gzip.open(file, "rt") if file.suffix == ".gz" else file.open() as text:
        return text.read().splitlines()


def distinct(file: Path) -> list[Event]:
    """The events of a file that Footfall stores: each once, without those that break a rule of purchases."""
    events = {json.dumps(event, sort_keys=True): event for event in map(json.loads, lines_of(file))}
    return [event for event in events.values() if event.get("purchaseTransaction", {"revenue": 1})["revenue"] > 0]


def product_ids(event: Event) -> set[str]:
    """The products that an event of a file names."""
    return {detail["product"]["id"] for detail in event.get("productDetails", ())}


class Session:
    """A server with the files in its bucket `data`, and clients."""

    def __init__(
        self, server: Server, events: Official, products: Official, exports: Official, reflected: ReflectedClient
    ) -> None:
        self.server = server
        self.data = server.buckets / "data"
        self.events = events.client
        self.products = products.client
        self.exports = exports.client
        self.reflected = reflected

    def catalog(self, name: str) -> str:
        return f"projects/p/locations/global/catalogs/{name}"

    def ended(self, operation: Any) -> Any:
        """The official client's operation after its end, without polling; its error is raised."""
        self.reflected.wait(operation.operation.name, timeout=600)
        operation.result()
        return operation

    def import_events(self, name: str, *files: str) -> Any:
        """The operation of an import into the catalog `name`, after its end."""
        uris = [f"gs://data/{file}" for file in files]
        return self.ended(self.events.import_user_events(objects(self.catalog(name), *uris, errors=ERRORS)))

    def import_products(self, name: str, file: str) -> tuple[int, int]:
        """How many products of a file came in and how many did not."""
        source = {"input_uris": [f"gs://data/{file}"]}
        request = {"parent": self.branch(name), "input_config": {"gcs_source": source}}
        return counts(self.ended(self.products.import_products(request)))

    def branch(self, name: str) -> str:
        return f"{self.catalog(name)}/branches/default_branch"

    def rejoin(self, name: str, scope: str) -> int:
        """How many events a rejoin changed."""
        scopes = retail_v2.RejoinUserEventsRequest.UserEventRejoinScope
        operation = self.events.rejoin_user_events(
            {"parent": self.catalog(name), "user_event_rejoin_scope": scopes[scope]}
        )
        changed: int = self.ended(operation).result().rejoined_user_events_count
        return changed

    def purge(self, name: str, wanted: str, *, force: bool) -> int:
        """How many events a purge counted or deleted."""
        operation = self.events.purge_user_events({"parent": self.catalog(name), "filter": wanted, "force": force})
        purged: int = self.ended(operation).result().purged_events_count
        return purged

    def count(self, name: str, wanted: str = "") -> int:
        """How many events there are."""
        counted = self.reflected.call(EVENT_LOG, "CountUserEvents", parent=self.catalog(name), filter=wanted)
        total: int = counted.total_count
        return total

    def stored(self, name: str) -> list[Any]:
        """Every stored event."""
        return self.reflected.user_events(self.catalog(name))


@contextmanager
def served(folder: Path, scratch: Path, *flags: str) -> Iterator[Session]:
    """A session on a server with the given flags."""
    server = Server(scratch, *flags)
    data = server.buckets / "data"
    data.mkdir()
    for file in (CDNOW, CLICKSTREAM, SAMPLE, PRODUCTS):
        shutil.copyfile(folder / file, data / file)
    routes = [
        Route(retail_v2, "UserEventService", "grpc"),
        Route(retail_v2, "ProductService", "grpc"),
        Route(retail_v2beta, "UserEventService", "grpc"),
    ]
    with ExitStack() as stack:
        stack.enter_context(server)
        loop = stack.enter_context(EventLoop())
        channel = stack.enter_context(server.channel())
        clients = [stack.enter_context(connected(route, server, loop)) for route in routes]
        yield Session(server, *clients, ReflectedClient(channel))
