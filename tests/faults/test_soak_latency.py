"""Single writes keep their pace while an import, a rejoin and a purge of a million events run beside them.

FOOTFALL_EVENTS sets the number of events. What is held against each other was measured in one run.
"""

from __future__ import annotations

import os
import random
import shutil
import time
from collections import Counter
from contextlib import contextmanager
from typing import NamedTuple

import pytest

from generated.google.cloud.retail.v2 import (
    import_config_pb2,
    product_service_pb2_grpc,
    purge_config_pb2,
    user_event_service_pb2,
)
from tests.faults.client import CATALOG, Client
from tests.faults.steady_load import SteadyLoad
from tests.support.server import Server

EVENTS = int(os.environ.get("FOOTFALL_EVENTS", "1000000"))
RATE = 300  # single writes a second
RATIO = 5.0  # the p99 beside the work, in idle ones
_IDLE_S = 20.0  # before, between and after the works
_WARM_S = 5.0
_WORK_S = 1_200
_PRODUCTS = 1_000
_FIRST_S = 1_600_000_000
_BESIDE = "projects/p/locations/global/catalogs/beside"
_SHARES = (0.5, 0.95, 0.99, 0.999)


def _write_lines(path):
    """EVENTS events of some 300 bytes, each a view of one of the products."""
    draw = random.Random(1)
    with path.open("w") as file:
        for number in range(EVENTS):
            when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(_FIRST_S + number))
            file.write(
                f'{{"eventType":"detail-page-view","visitorId":"visitor-{draw.getrandbits(64):016x}","eventTime":"{when}",'
                f'"productDetails":[{{"product":{{"id":"sku{number % _PRODUCTS}"}},"quantity":1}}],'
                f'"uri":"https://shop.example/products/{number % _PRODUCTS}","referrerUri":"https://shop.example/",'
                f'"pageViewId":"{number:016x}","sessionId":"{draw.getrandbits(56):014x}"}}\n'
            )


def _ended(client, operation):
    """The operation once it has ended, asked for now and then: a poll is a call like any other."""
    deadline = time.monotonic() + _WORK_S
    while not (found := client.operation(operation.name)).done:
        assert time.monotonic() < deadline
        time.sleep(0.5)
    assert found.WhichOneof("result") == "response", found
    return found


def _import_products(client):
    request = import_config_pb2.ImportProductsRequest(parent=f"{CATALOG}/branches/0")
    for number in range(_PRODUCTS):
        product = request.input_config.product_inline_source.products.add(id=f"sku{number}", title=f"Product {number}")
        product.categories.append("Shoes")
    products = product_service_pb2_grpc.ProductServiceStub(client.channel)
    _ended(client, products.ImportProducts(request, timeout=60))


def _import(client):
    ended = _ended(client, client.import_objects(CATALOG, "gs://b/events.jsonl"))
    return client.progress(ended).success_count


def _rejoin(client):
    response = user_event_service_pb2.RejoinUserEventsResponse()
    request = user_event_service_pb2.RejoinUserEventsRequest(parent=CATALOG)
    assert _ended(client, client.retail.RejoinUserEvents(request, timeout=60)).response.Unpack(response)
    return response.rejoined_user_events_count


def _purge(client):
    response = purge_config_pb2.PurgeUserEventsResponse()
    request = purge_config_pb2.PurgeUserEventsRequest(parent=CATALOG, filter="*", force=True)
    assert _ended(client, client.retail.PurgeUserEvents(request, timeout=60)).response.Unpack(response)
    return response.purged_events_count


class Span(NamedTuple):
    """A part of the run."""

    name: str
    begin: float
    end: float


class Spans:
    """What ran when, on the clock of the load."""

    def __init__(self):
        self._spans = []

    @contextmanager
    def __call__(self, name):
        began = time.monotonic()
        yield
        self._spans.append(Span(name, began, time.monotonic()))

    def idle(self):
        with self("idle"):
            time.sleep(_IDLE_S)

    def latencies(self, answers):
        """By name, the latencies of the calls that were due within a span of that name, in milliseconds, sorted."""
        found = {}
        for span in self._spans:
            of_span = [answer.latency * 1e3 for answer in answers if span.begin <= answer.due < span.end]
            found.setdefault(span.name, []).extend(of_span)
        return {name: sorted(values) for name, values in found.items()}

    def seconds(self, name):
        return sum(span.end - span.begin for span in self._spans if span.name == name)


def _percentile(values, share):
    return values[min(len(values) - 1, int(len(values) * share))]


@pytest.mark.soak
@pytest.mark.timeout(3 * _WORK_S)
def test_single_writes_keep_their_pace_beside_long_work(tmp_path):
    server, spans = Server(tmp_path / "server"), Spans()
    (server.buckets / "b").mkdir()
    _write_lines(server.buckets / "b" / "events.jsonl")
    try:
        with server, Client(server.address) as client, SteadyLoad(server.address, _BESIDE, RATE) as load:
            time.sleep(_WARM_S)
            spans.idle()
            for name, work in (("import", _import), ("rejoin", _rejoin), ("purge", _purge)):
                with spans(name):
                    assert work(client) == EVENTS
                if work is _import:
                    _import_products(client)
                spans.idle()
            answers = load.end()
            stored = client.total_user_events(_BESIDE)
    finally:
        shutil.rmtree(server.folder)
    latencies = spans.latencies(answers)
    p99 = {name: _percentile(values, 0.99) for name, values in latencies.items()}
    for name, values in latencies.items():
        shares = ", ".join(f"p{share * 100:g} {_percentile(values, share):.1f}" for share in _SHARES)
        print(
            f"\n  {name}: {spans.seconds(name):.0f} s, {len(values):,} writes: {shares}, at most {values[-1]:.1f} ms;"
            f" p99 is {p99[name] / p99['idle']:.1f} of the idle one",
            end="",
        )
    print()
    assert Counter(answer.status for answer in answers) == {"OK": len(answers)}
    assert stored == len(answers)
    for name, value in p99.items():
        assert value <= RATIO * p99["idle"], f"beside {name}"
