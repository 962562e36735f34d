"""What is around each call of a method, whatever the method is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from time import perf_counter
from typing import Any


class Scope:
    """What each call is inside of; it keeps nothing of any of them."""

    def enter(self) -> None:
        """A call begins.

        Raises:
            RpcError: It may not; those who let it in before are told, too.
        """

    def leave(self, error: BaseException | None, seconds: float) -> BaseException | None:  # noqa: ARG002  for others
        """It ends.

        Args:
            error: With what; None: with its response.
            seconds: How long it took, or lasted.

        Returns:
            What it ends with instead, or `error`.
        """
        return error


class Inside:
    """The context of one call.

    Args:
        scopes: What it is inside of, the outermost first.
    """

    __slots__ = ("_began", "_entered", "_scopes")

    def __init__(self, scopes: list[Scope]) -> None:
        self._scopes = scopes
        self._entered = 0
        self._began = perf_counter()

    def __enter__(self) -> None:
        try:
            for scope in self._scopes:
                scope.enter()
                self._entered += 1
        except BaseException as error:
            self.__exit__(None, error, None)
            raise

    def __exit__(self, _type: object, error: BaseException | None, _trace: object) -> None:
        seconds = perf_counter() - self._began
        ended = error
        for at in range(self._entered - 1, -1, -1):
            try:
                ended = self._scopes[at].leave(ended, seconds)
            except BaseException as another:  # noqa: BLE001  those around it are left all the same
                ended = another
        if ended is not None and ended is not error:
            raise ended


class Within:
    """A method that answers once, inside of scopes.

    Args:
        method: Its handler.
        scopes: The outermost first.
    """

    def __init__(self, method: Callable[[Any, Any], Awaitable[Any]], scopes: Sequence[Scope]) -> None:
        self._method = method
        self._scopes = list(scopes)

    async def answer(self, request: Any, context: Any) -> Any:
        """The handler. One coroutine for all scopes: each more would cost time whenever a call goes on."""
        with Inside(self._scopes):
            return await self._method(request, context)
