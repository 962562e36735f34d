"""How many calls are served at once, and none once the service drains."""

from __future__ import annotations

import asyncio
from typing import Any

from service.events import errors
from service.rpc.context import CallContext
from service.rpc.method import Handler, Method

_RETRY_AFTER_S = 1.0
_QUIET_SECONDS = 0.05  # without a call: then none waits at the door
_QUIET_ATTEMPTS = 20


class Admission:
    """Refuses at once what can't be served now; a refusal costs the caller one round trip, never a wait.

    Args:
        limit: Calls served at once.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._in_flight = 0
        self._draining = False
        self._refused = 0  # while draining
        self._idle = asyncio.Event()
        self._idle.set()

    def drain(self) -> None:
        """Refuses every call from now on; those admitted go on."""
        self._draining = True

    async def idle(self) -> None:
        """Returns when no admitted call is in flight and, so far as that shows, none waits to be handed in either.

        A transport may hold calls that it has not handed in yet; they are to be refused, not cut off. Callers that
        never stop calling are not waited for.
        """
        await self._idle.wait()
        for _ in range(_QUIET_ATTEMPTS):
            refused = self._refused
            await asyncio.sleep(_QUIET_SECONDS)
            if refused == self._refused:
                return

    def _enter(self) -> None:
        if self._draining:
            self._refused += 1
            raise errors.unavailable(
                "The server is shutting down; send the call again.",
                reason="SHUTTING_DOWN",
                retry_after_s=_RETRY_AFTER_S,
            )
        if self._in_flight >= self._limit:
            raise errors.unavailable(
                f"The server is serving {self._limit} calls, as many as it may; send the call again a little later.",
                reason="TOO_MANY_CALLS",
                retry_after_s=_RETRY_AFTER_S,
            )
        self._in_flight += 1
        self._idle.clear()

    def _leave(self) -> None:
        self._in_flight -= 1
        if not self._in_flight:
            self._idle.set()

    def __call__(self, method: Method) -> Handler:
        """Middleware."""
        inner = method.handler

        async def handler(request: Any, context: CallContext) -> Any:
            self._enter()
            try:
                return await inner(request, context)
            finally:
                self._leave()

        return handler
