"""AsyncEventBatcher: EventBatcher for asyncio. The thread is the same, so a blocked loop holds no event up."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, Literal, Self, Unpack

from footfall_client.core import Core
from footfall_client.options import BatcherOptions, Options
from footfall_client.outbox import QueueFullError
from footfall_client.verdicts import Report, Verdict


class AsyncEventBatcher:
    """Collects events and writes them in batches; as `EventBatcher`, for the tasks of one event loop.

    Make it inside of that loop.

    Args:
        parent: As for `EventBatcher`.
        address: As for `EventBatcher`.
        when_full: As for `EventBatcher`.
        on_verdict: Called with the verdict of each event, in the loop.
        **options: As for `EventBatcher`.

    Raises:
        ValueError: One of these can't be used.
    """

    def __init__(
        self,
        parent: str,
        address: str | None = None,
        *,
        when_full: Literal["block", "raise"] = "block",
        on_verdict: Callable[[Verdict], None] | None = None,
        **options: Unpack[Options],
    ) -> None:
        self._blocks = {"block": True, "raise": False}[when_full]
        self._on_verdict = on_verdict
        self._loop = asyncio.get_running_loop()
        self._progress = asyncio.Event()  # set, and replaced by another, when events have had their verdicts
        tell = None if on_verdict is None else self._tell
        self._core = Core(parent, address, BatcherOptions(**options), tell, self._progressed)

    async def add_event(self, event: Any) -> None:
        """Adds an event; a later change of the object changes nothing.

        Args:
            event: As for `EventBatcher.add_event`.

        Raises:
            TypeError: It is no event of the kind that belongs to the parent.
            ValueError: The mapping is no such event.
            QueueFullError: There is no room, and the batcher does not wait for it.
            ClosedError: The batcher is closed.
        """
        message = self._core.stamped(event)
        while True:
            progress = self._progress
            try:
                self._core.put(event, message, wait_s=0)
            except QueueFullError:
                if not self._blocks:
                    raise
            else:
                return
            await progress.wait()

    async def flush(self, timeout: float | None = None) -> Report:  # noqa: ASYNC109  as EventBatcher's
        """As `EventBatcher.flush`."""
        count = self._core.outbox.hurry()
        try:
            async with asyncio.timeout(timeout):
                while True:
                    progress = self._progress
                    if self._core.outbox.decided >= count:
                        return self._core.outbox.report()
                    await progress.wait()
        except TimeoutError:
            left = count - self._core.outbox.decided
            raise TimeoutError(f"{left} events are without a verdict; they are tried on") from None

    async def close(self, timeout: float | None = None) -> Report:  # noqa: ASYNC109  as EventBatcher's
        """As `EventBatcher.close`."""
        return await asyncio.to_thread(self._core.close, timeout)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # -- the sender's thread

    def _tell(self, verdict: Verdict) -> None:
        if self._on_verdict is not None:
            self._in_loop(self._on_verdict, verdict)

    def _progressed(self) -> None:
        self._in_loop(self._wake)

    def _in_loop(self, call: Callable[..., None], *args: Any) -> None:
        with contextlib.suppress(
            RuntimeError
        ):  # the loop may be gone before the last verdicts; asked first, it may go then
            self._loop.call_soon_threadsafe(call, *args)

    def _wake(self) -> None:
        progress, self._progress = self._progress, asyncio.Event()
        progress.set()
