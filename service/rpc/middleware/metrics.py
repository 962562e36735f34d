"""How many calls of each method ended how, and how long they took."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from google.rpc import code_pb2

from service.events import errors
from service.measures import Distribution, Tally
from service.rpc.method import Method
from service.rpc.scopes import Scope

SECONDS: Final[Sequence[float]] = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class MethodCalls(Scope):
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

    def leave(self, error: BaseException | None, seconds: float) -> BaseException | None:
        """See `Scope`."""
        self.seconds.add(seconds)
        if error is None:
            self.succeeded += 1
        else:
            self.failed.add(_code(error))
        return error


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
        return calls


def _code(error: BaseException) -> int:
    if isinstance(error, errors.RpcError):
        return error.code
    if isinstance(error, asyncio.CancelledError | GeneratorExit):  # the caller has left
        return code_pb2.CANCELLED
    return code_pb2.INTERNAL
