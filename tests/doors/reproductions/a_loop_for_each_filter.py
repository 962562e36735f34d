"""One application that is mounted twice has two event loops: what is in it can't be shared. So it is with listeners."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path


async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(id(asyncio.get_running_loop())).encode()})


async def main():
    from urllib.request import urlopen

    from pyvoy import Mount, PyvoyServer

    name = f"{Path(__file__).stem}:app"
    sys.path.append(str(Path(__file__).parent))  # where Envoy finds this file
    mounts = [Mount(name, "/a"), Mount(name, "/b")]
    async with PyvoyServer(mounts, lifespan=False) as server:
        urls = [f"http://127.0.0.1:{server.listener_port}/{path}" for path in ("a", "a", "b", "b")]
        loops = {await asyncio.to_thread(lambda url=url: urlopen(url, timeout=60).read()) for url in urls}
    print("expected: 1 event loop")
    print("seen:", len(loops), "event loops")


if __name__ == "__main__":
    asyncio.run(main())
