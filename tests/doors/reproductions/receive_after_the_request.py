"""ASGI: once the request is there, `receive` waits until the caller leaves. pyvoy's returns at once, with nothing."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

WAIT_SECONDS = 0.5


async def app(scope, receive, send):
    while (await receive())["more_body"]:
        pass
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            seen = dict(await receive(), body="")
    except TimeoutError:
        seen = "it waits"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(seen).encode()})


async def main():
    from urllib.request import urlopen

    from pyvoy import PyvoyServer

    sys.path.append(str(Path(__file__).parent))  # where Envoy finds this file
    async with PyvoyServer(f"{Path(__file__).stem}:app", lifespan=False) as server:
        url = f"http://127.0.0.1:{server.listener_port}/"
        seen = json.loads(await asyncio.to_thread(lambda: urlopen(url, b"body", 60).read()))
    print("expected: it waits")
    print("seen:", seen)


if __name__ == "__main__":
    asyncio.run(main())
