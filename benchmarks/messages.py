"""What is sent: a typical user event of some 300 bytes and a client event, as messages, as JSON and as pixels."""

from __future__ import annotations

import json
import struct
import time
import uuid
from collections.abc import Iterator
from urllib.parse import quote, urlencode

from google.protobuf import json_format

from generated.footfall.v1.event_log_service_pb2 import BatchWriteUserEventsRequest
from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from generated.google.cloud.retail.v2.user_event_service_pb2 import WriteUserEventRequest
from generated.google.cloud.talent.v4.event_pb2 import ClientEvent, JobEvent
from generated.google.cloud.talent.v4.event_service_pb2 import CreateClientEventRequest

CATALOG = "projects/bench/locations/global/catalogs/default_catalog"
TENANT = "projects/bench/tenants/bench"

WRITE = "/google.cloud.retail.v2.UserEventService/WriteUserEvent"
CREATE = "/google.cloud.talent.v4.EventService/CreateClientEvent"
BATCH = "/footfall.v1.EventLogService/BatchWriteUserEvents"
REST_WRITE = f"/v2/{CATALOG}/userEvents:write"
REST_CREATE = f"/v4/{TENANT}/clientEvents"
REST_COLLECT = f"/v2/{CATALOG}/userEvents:collect"

PRODUCTS = 1_000


def user_event(number: int = 0) -> UserEvent:
    """An event without a time: the server fills it in, so each time that it is sent it is a new event."""
    product = f"product-{number % PRODUCTS}"
    event = UserEvent(
        event_type="detail-page-view",
        visitor_id=f"visitor-{number * 7_919 % 1_000_003:012}",
        session_id=f"session-{number:012}",
        uri=f"https://shop.example/products/{product}?ref=home",
        page_categories=["Electronics > Laptops"],
    )
    event.user_info.user_id = f"user-{number * 104_729 % 1_000_003:08}"
    event.user_info.user_agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36"
    detail = event.product_details.add()
    detail.product.id = product
    detail.quantity.value = 1
    return event


def write_request() -> bytes:
    """A WriteUserEventRequest."""
    return WriteUserEventRequest(parent=CATALOG, user_event=user_event()).SerializeToString()


def batch_request(size: int) -> bytes:
    """A BatchWriteUserEventsRequest of `size` events."""
    return BatchWriteUserEventsRequest(parent=CATALOG, user_events=map(user_event, range(size))).SerializeToString()


def _client_event() -> ClientEvent:
    event = ClientEvent(request_id=f"request-{uuid.uuid4()}", event_id=str(uuid.uuid4()))
    event.create_time.FromNanoseconds(time.time_ns())
    event.job_event.type = JobEvent.VIEW
    event.job_event.jobs.extend(f"{TENANT}/jobs/job-{number}" for number in range(3))
    return event


def create_requests(count: int) -> Iterator[bytes]:
    """CreateClientEventRequests, each with an id of its own."""
    for _ in range(count):
        yield CreateClientEventRequest(parent=TENANT, client_event=_client_event()).SerializeToString()


def rest_write() -> bytes:
    """The body of userEvents:write."""
    return _json(user_event())


def rest_creates(count: int) -> Iterator[bytes]:
    """Bodies of clientEvents, each with an id of its own."""
    for _ in range(count):
        yield _json(_client_event())


def collect_target() -> str:
    """Path and query of a pixel."""
    return f"{REST_COLLECT}?{urlencode({'userEvent': _json(user_event()).decode()}, quote_via=quote)}"


def timed_event(number: int) -> UserEvent:
    """An event with a time of its own, a second after that of the one before."""
    event = user_event(number)
    event.event_time.seconds = 1_600_000_000 + number
    return event


def line(number: int) -> bytes:
    """A line of a file to import."""
    return _json(timed_event(number)) + b"\n"


def framed(message: bytes) -> bytes:
    """A message as gRPC puts it into DATA frames."""
    return struct.pack(">BI", 0, len(message)) + message


def _json(message: UserEvent | ClientEvent) -> bytes:
    return json.dumps(json_format.MessageToDict(message), separators=(",", ":")).encode()
