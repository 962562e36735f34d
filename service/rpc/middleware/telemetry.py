"""One debug line for each call: what, how it ended, how long it took. Never what it carried."""

from __future__ import annotations

import asyncio
import logging

import structlog
from google.rpc import code_pb2

from service.events import errors
from service.rpc.method import Method
from service.rpc.scopes import Scope

log = structlog.get_logger(__name__)


class _Told(Scope):
    """What every call of one method is inside of."""

    def __init__(self, path: str) -> None:
        self._path = path

    def leave(self, error: BaseException | None, seconds: float) -> BaseException | None:
        """See `Scope`."""
        code: int = code_pb2.OK
        if isinstance(error, errors.RpcError):
            code = error.code
        elif isinstance(error, asyncio.CancelledError):
            code = code_pb2.CANCELLED
        log.debug("call", method=self._path, code=code_pb2.Code.Name(code), milliseconds=round(seconds * 1e3, 3))
        return error


def telemetry(method: Method) -> Scope | None:
    """Middleware, where anybody reads those lines."""
    return _Told(method.path) if log.is_enabled_for(logging.DEBUG) else None
