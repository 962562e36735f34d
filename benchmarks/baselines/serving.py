"""How the gRPC baselines are served: until SIGTERM, on a free port that they print."""

from __future__ import annotations

import signal
import threading
from typing import Any

from generated.google.cloud.retail.v2 import user_event_pb2, user_event_service_pb2
from generated.google.cloud.talent.v4 import event_pb2, event_service_pb2

# service, method: the messages of both, and the field of the request that is the response
METHODS: dict[tuple[str, str], tuple[type[Any], type[Any], str]] = {
    ("google.cloud.retail.v2.UserEventService", "WriteUserEvent"): (
        user_event_service_pb2.WriteUserEventRequest,
        user_event_pb2.UserEvent,
        "user_event",
    ),
    ("google.cloud.talent.v4.EventService", "CreateClientEvent"): (
        event_service_pb2.CreateClientEventRequest,
        event_pb2.ClientEvent,
        "client_event",
    ),
}


def announce(protocol: str, address: str) -> None:
    """Prints where a server serves; `benchmarks.servers` reads it."""
    print(f"serves {protocol} at {address}", flush=True)


def until_terminated() -> None:
    """Returns at SIGTERM."""
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    ended.wait()
