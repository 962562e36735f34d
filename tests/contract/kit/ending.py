"""A program that adds an event and ends without closing its batcher; run by test_client_kit.py.

python ending.py HOST:PORT return|sys.exit|error|asyncio|loop-closed|forked
"""

from __future__ import annotations

import asyncio
import os
import sys

from footfall_client import AsyncEventBatcher, EventBatcher

address, ending = sys.argv[1:]
catalog = "projects/p/locations/global/catalogs/c"
event = {"eventType": "login", "visitorId": ending}
options = {"max_delay_s": 600.0}


async def main() -> None:
    batcher = AsyncEventBatcher(catalog, address, **options)
    await batcher.add_event(event)
    if ending == "asyncio":
        await batcher.close()


if ending in ("asyncio", "loop-closed"):
    asyncio.run(main())
elif ending == "forked":
    batcher = EventBatcher(catalog, address, **options)
    child = os.fork()
    batcher.add_event(event | {"visitorId": "forked" if child else "child"})
    if child:
        assert os.waitpid(child, 0)[1] == 0
else:
    EventBatcher(catalog, address, **options).add_event(event)
if ending == "sys.exit":
    sys.exit(3)
if ending == "error":
    raise RuntimeError("the program fails")
