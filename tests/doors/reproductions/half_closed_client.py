"""HTTP/1.1: who closes the sending side after a request still gets the answer. To Envoy it has left (envoy#2066)."""

from __future__ import annotations

import asyncio
import socket
import sys
from pathlib import Path


async def app(scope, receive, send):
    await asyncio.sleep(0.2)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def main():
    from pyvoy import PyvoyServer

    sys.path.append(str(Path(__file__).parent))  # where Envoy finds this file
    async with PyvoyServer(f"{Path(__file__).stem}:app", lifespan=False) as server:
        answer = await asyncio.to_thread(ask, server.listener_port)
    print("expected: HTTP/1.1 200 OK")
    print("seen:", answer or "nothing")


def ask(port):
    with socket.create_connection(("127.0.0.1", port), 60) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)  # as `nc -N` does
        return connection.makefile("rb").readline().decode().strip()


if __name__ == "__main__":
    asyncio.run(main())
