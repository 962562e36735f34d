"""A stream that does not end neither grows in memory nor loses count: what it costs depends on what is in flight."""

from __future__ import annotations

import random
import shutil
import time

import psutil
import pytest

from generated.footfall.v1 import event_log_service_pb2 as pb
from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from tests.faults.client import CATALOG, Client
from tests.support.server import Server

EVENTS = 1_000_000
WARM = EVENTS // 10  # caches are full and the interpreter has its memory by then
MEMORY_GROWTH_MIB = 32
_MESSAGE = 500
_BAD_EVERY = 100
_AGAIN_EVERY = 40
_FIRST_US = 1_600_000_000_000_000


def _event(draw, number):
    visitor = draw.getrandbits(64)
    event = UserEvent(
        event_type="detail-page-view",
        visitor_id=f"visitor-{visitor:016x}" if number % _BAD_EVERY else "",
        uri=f"https://shop.example/products/{visitor % 50_000}",
        referrer_uri="https://shop.example/",
        page_view_id=f"{number:016x}",
        session_id=f"{visitor >> 8:016x}",
    )
    event.event_time.FromMicroseconds(_FIRST_US + number * 37)
    event.product_details.add().product.id = f"sku-{visitor % 50_000}"
    return event


def _requests(seed):
    draw = random.Random(seed)
    yield pb.StreamUserEventsRequest(parent=CATALOG)
    for start in range(0, EVENTS, _MESSAGE):
        request = pb.StreamUserEventsRequest()
        for number in range(start, start + _MESSAGE):
            if number % _AGAIN_EVERY != _AGAIN_EVERY - 1:  # else the one before it comes again
                event = _event(draw, number)
            request.user_events.append(event)
        yield request


def _expected():
    """How many are stored, repeated and rejected; the event that is sent again is never a bad one."""
    rejected = len(range(0, EVENTS, _BAD_EVERY))
    repeated = len(range(_AGAIN_EVERY - 1, EVENTS, _AGAIN_EVERY))
    return EVENTS - rejected - repeated, repeated, rejected


@pytest.mark.soak
@pytest.mark.timeout(1_800)
def test_a_stream_of_a_million_in_steady_memory(tmp_path):
    server = Server(tmp_path / "server")
    samples = []  # events decided, MiB
    rejections = 0
    try:
        with server, Client(server.address) as client:
            process = psutil.Process(server.pid)
            began = time.monotonic()
            for response in client.log.StreamUserEvents(_requests(seed=1)):
                samples.append((response.decided_count, process.memory_info().rss / 2**20))
                rejections += len(response.rejections)
            seconds = time.monotonic() - began
            total_size = client.total_user_events(CATALOG)
    finally:
        shutil.rmtree(server.folder)
    warm = next(mib for decided, mib in samples if decided >= WARM)
    later = [mib for decided, mib in samples if decided >= WARM]
    print(
        f"\n{EVENTS / seconds:,.0f} events/s, {len(samples):,} responses; memory {warm:.1f} MiB at {WARM:,} events,"
        f" {later[-1]:.1f} at the end, {max(later):.1f} at most"
    )
    assert response.done
    stored, repeated, rejected = _expected()
    assert (response.stored_count, response.repeated_count, response.rejected_count) == (stored, repeated, rejected)
    assert response.decided_count == EVENTS
    assert rejections == rejected
    assert total_size == stored
    assert max(later) <= warm + MEMORY_GROWTH_MIB
