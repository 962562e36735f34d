"""An empty call through Envoy: pyvoy's ASGI application parses the request and returns the event in it."""

from __future__ import annotations

import asyncio
import signal
import struct
from typing import Any

from pyvoy import PyvoyServer

from benchmarks.baselines.serving import METHODS, announce

_FRAME = struct.Struct(">BI")
_TYPES = {f"/{service}/{method}": types for (service, method), types in METHODS.items()}
_START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/grpc")],
    "trailers": True,
}
_TRAILERS = {"type": "http.response.trailers", "headers": [(b"grpc-status", b"0")], "more_trailers": False}


async def app(scope: Any, receive: Any, send: Any) -> None:
    """ASGI: unary gRPC calls."""
    request_type, _, field = _TYPES[scope["path"]]
    message = await receive()
    body = message["body"]
    while message.get("more_body", False):
        message = await receive()
        body += message["body"]
    payload = getattr(request_type.FromString(body[_FRAME.size :]), field).SerializeToString()
    await send(_START)
    await send({"type": "http.response.body", "body": _FRAME.pack(0, len(payload)) + payload, "more_body": False})
    await send(_TRAILERS)


async def main() -> None:
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    async with PyvoyServer("benchmarks.baselines.envoy_noop:app", lifespan=False) as server:
        announce("gRPC", f"{server.listener_address}:{server.listener_port}")
        await ended.wait()


if __name__ == "__main__":
    asyncio.run(main())
