"""How the REST baselines are served: uvicorn as it comes, without its access log, on a free port that is printed."""

from __future__ import annotations

import socket
from typing import Any

import uvicorn

from benchmarks.baselines.serving import announce


def serve(app: Any) -> None:
    """Serves until SIGTERM."""
    with socket.create_server(("127.0.0.1", 0), backlog=2_048) as listener:
        # uvicorn sends head and body apart: the second must not wait 40 ms for the first to be acknowledged.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        announce("HTTP", f"http://127.0.0.1:{listener.getsockname()[1]}")
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off"))
        server.run(sockets=[listener])
