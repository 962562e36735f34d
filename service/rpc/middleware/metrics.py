"""How many calls of each method ended how, and how long they took."""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import Final

from google.rpc import code_pb2

from service.events import errors
from service.measures import Distribution, Tally
from service.rpc.method import Method, Scope

SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class MethodCalls:
    """The calls of one method that have ended.

    Args:
        method: The method.

    Attributes:
        service: Its service's full name.
        name: Its name.
        succeeded: Calls that ended with OK.
        failed: The others, by code (google.rpc.Code).
        seconds: How long calls took, whatever came of them. A call that streams takes as long as its caller likes.
    """

    __slots__ = ("failed", "name", "seconds", "service", "succeeded")

    def __init__(self, method: Method) -> None:
        self.service = method.service
        self.name = method.name
        self.succeeded = 0
        self.failed: Tally[int] = Tally()
        self.seconds = Distribution(SECONDS)


class Calls:
    """Middleware that counts; the outermost but for logging, so that it sees refusals of the others too.

    Attributes:
        methods: What was counted, of every method in the order in which they were served.
    """

    def __init__(self) -> None:
        self.methods: list[MethodCalls] = []

    def __call__(self, method: Method) -> Scope:
        """Middleware."""
        calls = MethodCalls(method)
        self.methods.append(calls)
        return lambda _context: _Timed(calls)


class _Timed:
    """One call."""

    __slots__ = ("_began", "_calls")

    def __init__(self, calls: MethodCalls) -> None:
        self._calls = calls

    def __enter__(self) -> None:
        self._began = perf_counter()

    def __exit__(self, _type: object, error: BaseException | None, _trace: object) -> None:
        calls = self._calls
        calls.seconds.add(perf_counter() - self._began)
        if error is None:
            calls.succeeded += 1
        else:
            calls.failed.add(_code(error))


def _code(error: BaseException) -> int:
    if isinstance(error, errors.RpcError):
        return error.code
    if isinstance(error, asyncio.CancelledError | GeneratorExit):  # the caller has left
        return code_pb2.CANCELLED
    return code_pb2.INTERNAL
