"""The event loop that everything runs on: uvloop where it is installed, which it is but on Windows, else asyncio's."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


def run(main: Coroutine[Any, Any, None]) -> None:
    """Runs `main` on a new loop until it ends."""
    try:
        from uvloop import new_event_loop  # noqa: PLC0415  there is none for Windows
    except ImportError:
        asyncio.run(main)
        return
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(main)
