"""What a team writes in an afternoon: grpcio's threaded server, and one SQLite commit for each event.

`python -m benchmarks.baselines.afternoon DATABASE`
"""

from __future__ import annotations

import sqlite3
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc

from benchmarks.baselines.serving import METHODS, announce, until_terminated

_THREADS = 10
_SCHEMA = """
CREATE TABLE events (
    id INTEGER PRIMARY KEY, parent TEXT NOT NULL, event_id TEXT UNIQUE, received REAL NOT NULL, payload BLOB NOT NULL
);
"""


class Events:
    """A table of events; what it acknowledges is on disk, as Footfall's is."""

    def __init__(self, path: str) -> None:
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")
        self._database.executescript(_SCHEMA)

    def store(self, parent: str, event_id: str | None, payload: bytes) -> None:
        """Returns when the event is committed."""
        with self._lock, self._database:
            self._database.execute(
                "INSERT INTO events (parent, event_id, received, payload) VALUES (?, ?, ?, ?)",
                (parent, event_id, time.time(), payload),
            )


def handler(
    events: Events, request_type: type[Any], response_type: type[Any], field: str
) -> grpc.RpcMethodHandler[Any, Any]:
    def answer(request: Any, context: grpc.ServicerContext) -> Any:
        event = getattr(request, field)
        if not request.parent or not (getattr(event, "visitor_id", "") or getattr(event, "event_id", "")):
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "parent and visitor_id or event_id are required")
        events.store(request.parent, getattr(event, "event_id", None), event.SerializeToString())
        return event

    return grpc.unary_unary_rpc_method_handler(
        answer, request_deserializer=request_type.FromString, response_serializer=response_type.SerializeToString
    )


def main() -> None:
    events = Events(sys.argv[1])
    server = grpc.server(ThreadPoolExecutor(_THREADS))
    for (service, method), types in METHODS.items():
        handlers = {method: handler(events, *types)}
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    announce("gRPC", f"127.0.0.1:{port}")
    until_terminated()
    server.stop(1).wait()


if __name__ == "__main__":
    main()
