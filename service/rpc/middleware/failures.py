"""Turns whatever goes wrong below a method into the one error that doors understand, and logs what nobody expected."""

from __future__ import annotations

from typing import Any

import structlog

from service.events import errors
from service.rpc.context import CallContext
from service.rpc.method import Handler, Method
from service.storage.base import StorageFullError, StorageUnavailableError, StoreError
from service.storage.writer import QueueFullError, WriterClosedError

log = structlog.get_logger(__name__)


def of_store(error: StoreError) -> errors.RpcError:
    """What a caller is told of a failing database."""
    match error:
        case QueueFullError():
            return errors.unavailable(
                "The write queue is full; send the call again a little later.",
                reason="WRITE_QUEUE_FULL",
                retry_after_s=0.5,
            )
        case WriterClosedError():
            return errors.unavailable(
                "The server is shutting down; send the call again.", reason="SHUTTING_DOWN", retry_after_s=1.0
            )
        case StorageFullError():
            return errors.unavailable(
                "The disk that holds the database is full: nothing of this call was stored. Free some space; writes "
                "then "
                "succeed again by themselves.",
                reason="STORAGE_FULL",
                retry_after_s=5.0,
            )
        case StorageUnavailableError():
            return errors.unavailable(
                "The database can't be written or read now: nothing of this call was stored. The server's log says "
                "why.",
                reason="STORAGE_UNAVAILABLE",
                retry_after_s=2.0,
            )
    return errors.internal("The database refused what it was given; the server's log says why.")


def failures(method: Method) -> Handler:
    """Middleware."""
    inner = method.handler

    async def handler(request: Any, context: CallContext) -> Any:
        try:
            return await inner(request, context)
        except errors.RpcError:
            raise
        except StoreError as error:
            log.warning("storage_failed", method=method.path, error=f"{type(error).__name__}: {error}")
            raise of_store(error) from error
        except Exception as error:
            log.exception("call_failed", method=method.path)
            raise errors.internal("Something unexpected went wrong; the server's log has the details.") from error

    return handler
