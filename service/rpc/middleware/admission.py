"""How many calls are served at once, and none once the service drains."""

from __future__ import annotations

import asyncio

from service.events import errors
from service.rpc.method import Method
from service.rpc.scopes import Scope

_RETRY_AFTER_S = 1.0
_QUIET_SECONDS = 0.05  # without a call: then none waits at the door
_QUIET_ATTEMPTS = 20
_WAITING = frozenset({"WaitOperation"})


def _too_many(served: str) -> errors.RpcError:
    return errors.unavailable(
        f"The server is serving {served}, as many as it may; send the call again a little later.",
        reason="TOO_MANY_CALLS",
        retry_after_s=_RETRY_AFTER_S,
    )


def shutting_down() -> errors.RpcError:
    """What callers are told once the service drains."""
    return errors.unavailable(
        "The server is shutting down; send the call again.", reason="SHUTTING_DOWN", retry_after_s=_RETRY_AFTER_S
    )


class Admission(Scope):
    """Refuses at once what can't be served now; a refusal costs the caller one round trip, never a wait.

    It is what each admitted call is inside of.

    Args:
        limit: Calls served at once.
        long_limit: Of these, calls that may last, so that they leave room for the others.
    """

    def __init__(self, limit: int, long_limit: int) -> None:
        self._limit = limit
        self._long = _LongCalls(self, long_limit)
        self._in_flight = 0
        self.draining = asyncio.Event()
        self._refused = 0  # while draining
        self._idle = asyncio.Event()
        self._idle.set()

    def drain(self) -> None:
        """Refuses every call from now on; those admitted go on."""
        self.draining.set()

    @property
    def in_flight(self) -> tuple[int, int]:
        """How many admitted calls are in flight, and how many of these may last."""
        return self._in_flight, self._long.in_flight

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

    def enter(self) -> None:
        """See `Scope`."""
        if self.draining.is_set():
            self._refused += 1
            raise shutting_down()
        if self._in_flight >= self._limit:
            raise _too_many(f"{self._limit} calls")
        if not self._in_flight:
            self._idle.clear()
        self._in_flight += 1

    def leave(self, error: BaseException | None, _seconds: float) -> BaseException | None:
        """See `Scope`."""
        self._in_flight -= 1
        if not self._in_flight:
            self._idle.set()
        return error

    def __call__(self, method: Method) -> Scope:
        """Middleware."""
        lasts = method.client_streaming or method.server_streaming or method.name in _WAITING
        return self._long if lasts else self


class _LongCalls(Scope):
    """What each admitted call that may last is inside of."""

    def __init__(self, all_calls: Admission, limit: int) -> None:
        self._all = all_calls
        self._limit = limit
        self.in_flight = 0

    def enter(self) -> None:
        """See `Scope`."""
        if self.in_flight >= self._limit and not self._all.draining.is_set():
            raise _too_many(f"{self._limit} uploads, streams, watches and waits")
        self._all.enter()
        self.in_flight += 1

    def leave(self, error: BaseException | None, seconds: float) -> BaseException | None:
        """See `Scope`."""
        self.in_flight -= 1
        return self._all.leave(error, seconds)
