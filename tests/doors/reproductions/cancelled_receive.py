"""A `receive` that was cancelled is completed all the same: InvalidStateError, in the loop's exception handler."""

from __future__ import annotations

import asyncio
import socket
import sys
from pathlib import Path


async def app(scope, receive, send):
    errors = asyncio.Queue()
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: errors.put_nowait(context))
    waiting = asyncio.ensure_future(receive())  # the body is not there yet
    await asyncio.sleep(0.1)
    waiting.cancel()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"cancelled\n", "more_body": True})  # its caller sends it now
    try:
        async with asyncio.timeout(1):
            seen = type((await errors.get())["exception"]).__name__
    except TimeoutError:
        seen = "no error"
    await send({"type": "http.response.body", "body": seen.encode()})


async def main():
    from pyvoy import PyvoyServer

    sys.path.append(str(Path(__file__).parent))  # where Envoy finds this file
    async with PyvoyServer(f"{Path(__file__).stem}:app", lifespan=False) as server:
        seen = await asyncio.to_thread(ask, server.listener_port)
    print("expected: no error")
    print("seen:", seen)


def ask(port):
    with socket.create_connection(("127.0.0.1", port), 60) as connection:
        answer = connection.makefile("rb")
        connection.sendall(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\nconnection: close\r\n\r\n")
        while answer.readline() not in (b"cancelled\n", b""):
            pass
        connection.sendall(b"x")
        return "InvalidStateError" if b"InvalidStateError" in answer.read() else "no error"


if __name__ == "__main__":
    asyncio.run(main())
