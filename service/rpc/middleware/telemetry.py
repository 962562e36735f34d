"""One debug line for each call: what, how it ended, how long it took. Never what it carried."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from google.rpc import code_pb2

from service.events import errors
from service.rpc.method import Method, Scope

log = structlog.get_logger(__name__)


@contextmanager
def _timed(path: str) -> Iterator[None]:
    began = time.perf_counter()
    code: int = code_pb2.OK
    try:
        yield
    except errors.RpcError as error:
        code = error.code
        raise
    except asyncio.CancelledError:
        code = code_pb2.CANCELLED
        raise
    finally:
        milliseconds = round((time.perf_counter() - began) * 1e3, 3)
        log.debug("call", method=path, code=code_pb2.Code.Name(code), milliseconds=milliseconds)


def telemetry(method: Method) -> Scope | None:
    """Middleware, where anybody reads those lines."""
    path = method.path
    return (lambda _context: _timed(path)) if log.is_enabled_for(logging.DEBUG) else None
