"""A path that is no UTF-8, `/%FF`, has no answer: UnicodeDecodeError in pyvoy, before the application is called."""

from __future__ import annotations

import asyncio
import socket
import sys
from pathlib import Path

WAIT_SECONDS = 3


async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def main():
    from pyvoy import PyvoyServer

    sys.path.append(str(Path(__file__).parent))  # where Envoy finds this file
    async with PyvoyServer(f"{Path(__file__).stem}:app", lifespan=False) as server:
        answer = await asyncio.to_thread(ask, server.listener_port)
    print("expected: HTTP/1.1 200 OK or HTTP/1.1 400 Bad Request")
    print("seen:", answer)


def ask(port):
    with socket.create_connection(("127.0.0.1", port), WAIT_SECONDS) as connection:
        connection.sendall(b"GET /%FF HTTP/1.1\r\nhost: x\r\n\r\n")
        try:
            return connection.makefile("rb").readline().decode().strip()
        except TimeoutError:
            return "nothing"


if __name__ == "__main__":
    asyncio.run(main())
