"""Turns whatever goes wrong below a method into the one error that doors understand, and logs what nobody expected."""

from __future__ import annotations

import structlog

from service.events import errors
from service.rpc.method import Method
from service.rpc.middleware.admission import shutting_down
from service.rpc.scopes import Scope
from service.storage.errors import StorageFullError, StorageUnavailableError, StoreError
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
            return shutting_down()
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


class _Failures(Scope):
    """What every call of one method is inside of."""

    def __init__(self, path: str) -> None:
        self._path = path

    def leave(self, error: BaseException | None, _seconds: float) -> BaseException | None:
        """See `Scope`."""
        if error is None or not isinstance(error, Exception) or isinstance(error, errors.RpcError):
            return error
        if isinstance(error, StoreError):
            log.warning("storage_failed", method=self._path, error=f"{type(error).__name__}: {error}")
            told = of_store(error)
        else:
            log.error("call_failed", method=self._path, exc_info=error)
            told = errors.internal("Something unexpected went wrong; the server's log has the details.")
        told.__cause__ = error
        return told


def failures(method: Method) -> Scope:
    """Middleware."""
    return _Failures(method.path)
