"""One debug line for each call: what, how it ended, how long it took. Never what it carried."""

from __future__ import annotations

import time
from typing import Any

import structlog
from google.rpc import code_pb2

from service.events import errors
from service.rpc.context import CallContext
from service.rpc.method import Handler, Method

log = structlog.get_logger(__name__)


def telemetry(method: Method) -> Handler:
    """Middleware."""
    inner = method.handler
    path = method.path

    async def handler(request: Any, context: CallContext) -> Any:
        began = time.perf_counter()
        code: int = code_pb2.OK
        try:
            return await inner(request, context)
        except errors.RpcError as error:
            code = error.code
            raise
        finally:
            log.debug(
                "call",
                method=path,
                code=code_pb2.Code.Name(code),
                milliseconds=round((time.perf_counter() - began) * 1e3, 3),
            )

    return handler
