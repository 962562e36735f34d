"""Runs operations: each in a task, committed step by step, ended for good, and taken up again after a restart."""

from __future__ import annotations

import asyncio
import collections
import errno
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import ExitStack, asynccontextmanager
from typing import Any, Protocol, TypeVar

import structlog
from google.protobuf.message import Message

from service import failpoints
from service.events import errors
from service.operations.progress import Progress
from service.sources.children import ChildDiedError
from service.sources.objects import (
    ObjectChangedError,
    ObjectError,
    ObjectNotFoundError,
    ObjectStorageUnavailableError,
)
from service.storage.base import Store, Transaction
from service.storage.errors import StorageUnavailableError
from service.storage.readers import read
from service.storage.records import OperationRow, OperationState
from service.storage.writer import QueueFullError, Writer, WriterClosedError

T = TypeVar("T")

Fix = Callable[[Transaction], Mapping[str, Any]]
_Outcome = tuple[OperationState, Message | None, errors.RpcError | None]

_MAX_UNFINISHED = 300  # operations; Google's own limit
_MAX_UNFINISHED_BYTES = 512 * 2**20  # of their requests, which are held in memory: inline imports may be large
_LAST_STEPS_SECONDS = 5.0  # for what has been done and only its end is to be stored
_RETRY_SECONDS = 1.0  # between attempts while the database or the spool can't be written

log = structlog.get_logger(__name__)


class OperationCancelledError(Exception):
    """Somebody asked for the operation to stop."""


class Running:
    """One operation at work: what its work may do with it."""

    def __init__(self, row: OperationRow, writer: Writer, now_us: Callable[[], int]) -> None:
        self.row = row
        self.progress = Progress.from_json(row.progress)
        self.cancelled = asyncio.Event()
        self.ending = False  # its work is done; what is left is to say so and to clean up
        if row.cancel_requested:
            self.cancelled.set()
        self._writer = writer
        self._now_us = now_us

    @property
    def parent(self) -> str:
        """The catalog that the operation works on."""
        return self.row.name.rpartition("/operations/")[0]

    def check(self) -> None:
        """Raises OperationCancelledError once cancellation was asked for."""
        if self.cancelled.is_set():
            raise OperationCancelledError

    async def step(self, call: Callable[[Transaction], Progress]) -> None:
        """Commits one step: what `call` writes, and the progress that it returns, in one transaction.

        While the database can't be written it waits and tries again, so `call` must bear being called again.

        Raises:
            OperationCancelledError: Cancellation was asked for; nothing of this step was done.
        """
        self.check()

        def commit(transaction: Transaction) -> tuple[OperationRow, Progress]:
            progress = call(transaction)
            row = self.row._replace(
                state=OperationState.RUNNING, progress=progress.to_json(), update_time_us=self._now_us()
            )
            transaction.update_operation(row)
            return row, progress

        self.row, self.progress = await patiently(lambda: self._writer.step(commit), self.check)
        failpoints.hit("operation.between_steps")

    async def end(self, state: OperationState, result: Message | None, error: errors.RpcError | None) -> None:
        """Commits how it ended."""
        row = self.row._replace(
            state=state,
            result=result.SerializeToString() if result is not None else None,
            error=error.to_status().SerializeToString() if error is not None else None,
            update_time_us=self._now_us(),
        )
        await patiently(lambda: self._writer.step(lambda transaction: transaction.update_operation(row)))
        self.row = row


class Work(Protocol):
    """One kind of work."""

    async def run(self, running: Running) -> Message:
        """Does the work from `running.progress.cursor` on and returns the response message."""

    async def finish(self, running: Running) -> None:
        """Called once the operation has ended, in whatever way, and that is durable: cleans up."""


async def patiently(attempt: Callable[[], Awaitable[T]], check: Callable[[], None] | None = None) -> T:
    """Makes `attempt` until it is not stopped by a full disk or queue, or a storage that is away, any more."""
    while True:
        try:
            return await attempt()
        except (StorageUnavailableError, QueueFullError, ObjectStorageUnavailableError) as error:
            log.warning("operation_waits", reason=f"{type(error).__name__}: {error}")
        except OSError as error:
            if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EIO}:
                raise
            log.warning("operation_waits", reason=str(error))
        await asyncio.sleep(_RETRY_SECONDS)
        if check is not None:
            check()


def _failure(error: Exception, name: str) -> errors.RpcError:  # noqa: PLR0911  a table, as a match
    match error:
        case errors.RpcError():
            return error
        case ObjectChangedError():
            return errors.failed_precondition(str(error), reason="OBJECT_CHANGED", subject=name)
        case ObjectNotFoundError():
            return errors.not_found(
                str(error),
                resource_type="storage.googleapis.com/Object",
                resource_name=error.uri,
                reason="OBJECT_NOT_FOUND",
            )
        case ObjectStorageUnavailableError():
            return errors.unavailable(str(error), reason="OBJECT_STORAGE_UNAVAILABLE", retry_after_s=5.0)
        case ObjectError():
            return errors.failed_precondition(str(error), reason="OBJECT_UNUSABLE", subject=name)
        case ChildDiedError():
            return errors.internal(f"{error}; it may have run out of memory")
    return errors.internal("Something unexpected went wrong; the server's log has the details.")


class Runner:
    """Runs operations, some at once, the others in order of their creation.

    Args:
        store: Where operations are read from.
        writer: The way to the database.
        works: For each kind of work, how it is done.
        one_at_a_time: Kinds of which only one operation on the same parent runs at once.
        concurrency: How many run at once.
        now_us: The clock, microseconds since the Unix epoch.
    """

    def __init__(
        self,
        *,
        store: Store,
        writer: Writer,
        works: Mapping[str, Work],
        one_at_a_time: Collection[str],
        concurrency: int,
        now_us: Callable[[], int],
    ) -> None:
        self._store = store
        self._writer = writer
        self._works = works
        self._slots = asyncio.Semaphore(concurrency)
        self._one_at_a_time = one_at_a_time
        self._alone: dict[tuple[str, int], asyncio.Lock] = collections.defaultdict(asyncio.Lock)
        self._now_us = now_us
        self._running: dict[str, Running] = {}
        self._starting: dict[str, int] = {}  # bytes of the requests of operations that are being made durable
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._ended: dict[str, asyncio.Event] = collections.defaultdict(asyncio.Event)

    async def start(self) -> None:
        """Takes up what a former process left unfinished."""
        for row in await read(self._store.unfinished_operations):
            log.info("operation_resumed", operation=row.name)
            self._launch(row)

    async def stop(self) -> None:
        """Stops between two steps, and the next process goes on from there; what is ending comes to its end."""
        for name, task in self._tasks.items():
            if not self._running[name].ending:
                task.cancel()
        tasks = list(self._tasks.values())
        if tasks:
            await asyncio.wait(tasks, timeout=_LAST_STEPS_SECONDS)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def submit(self, row: OperationRow, fix: Fix | None = None) -> OperationRow:
        """Makes an operation durable and starts it; even when the caller goes away meanwhile.

        Args:
            row: The operation.
            fix: What its plan needs of the database, read in the transaction that makes it durable.
        """
        return await asyncio.shield(asyncio.create_task(self._submit(row, fix)))

    async def _submit(self, row: OperationRow, fix: Fix | None) -> OperationRow:
        self._check_room(row)

        def insert(transaction: Transaction) -> OperationRow:
            # The plan of a large inline import is long: it is read again only where something is to be added.
            whole = row._replace(plan=json.dumps({**json.loads(row.plan), **fix(transaction)})) if fix else row
            transaction.insert_operation(whole)
            return whole

        self._starting[row.name] = len(row.request)
        try:
            whole = await self._writer.run(insert, len(row.request))
            self._launch(whole)
        finally:
            del self._starting[row.name]
        return whole

    def _check_room(self, row: OperationRow) -> None:
        unfinished = len(self._running) + len(self._starting)
        size = sum(len(running.row.request) for running in self._running.values()) + sum(self._starting.values())
        if unfinished < _MAX_UNFINISHED and (not unfinished or size + len(row.request) <= _MAX_UNFINISHED_BYTES):
            return
        raise errors.resource_exhausted(
            f"{unfinished} operations, whose requests take {size:,} bytes, have not ended yet; at most"
            f" {_MAX_UNFINISHED} and {_MAX_UNFINISHED_BYTES:,} bytes may be. Start this one when some have.",
            reason="TOO_MANY_OPERATIONS",
            subject=row.name.partition("/operations/")[0],
            retry_after_s=10.0,
        )

    async def cancel(self, name: str) -> None:
        """Asks an operation to stop before its next step; durably, so that a restart does not forget it."""
        await self._writer.run(lambda transaction: transaction.request_cancel(name))
        running = self._running.get(name)
        if running is not None:
            running.cancelled.set()

    async def wait(self, name: str, timeout_s: float | None) -> None:
        """Returns when the operation has ended, or after `timeout_s`."""
        if name not in self._tasks:
            return
        try:
            await asyncio.wait_for(self._ended[name].wait(), timeout_s)
        except TimeoutError:
            return

    def release_waiters(self) -> None:
        """Lets every `wait` return now, for the service shuts down."""
        for ended in self._ended.values():
            ended.set()

    def _launch(self, row: OperationRow) -> None:
        self._running[row.name] = Running(row, self._writer, self._now_us)
        self._tasks[row.name] = asyncio.create_task(self._run(self._running[row.name]), name=row.name)

    @asynccontextmanager
    async def _slot(self, running: Running) -> AsyncIterator[None]:
        """Waits for its turn; one that is cancelled has it at once, since it has nothing to do but to end."""
        turn = asyncio.create_task(self._turn(running.row))
        cancelled = asyncio.create_task(running.cancelled.wait())
        try:
            await asyncio.wait((turn, cancelled), return_when=asyncio.FIRST_COMPLETED)
            yield
        finally:
            cancelled.cancel()
            if turn.done() and not turn.cancelled():
                turn.result().close()
            else:
                turn.cancel()

    async def _turn(self, row: OperationRow) -> ExitStack:
        """Takes what it takes to run; closing what is returned gives it back."""
        with ExitStack() as taken:
            if row.kind in self._one_at_a_time:
                alone = self._alone[row.kind, row.parent_id]
                await alone.acquire()
                taken.callback(alone.release)
            await self._slots.acquire()
            taken.callback(self._slots.release)
            return taken.pop_all()

    async def _run(self, running: Running) -> None:
        name = running.row.name
        try:
            async with self._slot(running):
                outcome = await self._outcome(running)
                running.ending = True
                await _end(running, *outcome)
                await self._finish(running)
            log.info("operation_ended", operation=name, state=running.row.state.name, **running.progress.counts)
        except WriterClosedError:
            log.info("operation_paused", operation=name)
        finally:
            self._ended.pop(name, asyncio.Event()).set()
            del self._running[name], self._tasks[name]

    async def _outcome(self, running: Running) -> _Outcome:
        """Does the work; returns how it ended. WriterClosedError means that the next process goes on with it."""
        try:
            running.check()
            return OperationState.SUCCEEDED, await self._works[running.row.kind].run(running), None
        except WriterClosedError:
            raise
        except OperationCancelledError:
            return OperationState.CANCELLED, None, _cancelled(running.progress)
        except Exception as error:
            failure = _failure(error, running.row.name)
            if failure is not error:
                log.warning("operation_failed", operation=running.row.name, exc_info=error)
            return OperationState.FAILED, None, failure

    async def _finish(self, running: Running) -> None:
        work = self._works.get(running.row.kind)
        try:
            if work is not None:
                await work.finish(running)
        except OSError as error:  # the next start cleans up
            log.warning("operation_not_cleaned_up", operation=running.row.name, error=str(error))


async def _end(running: Running, state: OperationState, result: Message | None, error: errors.RpcError | None) -> None:
    """Commits how an operation ended; a result that can't be stored makes it a failure, so that it ends at all."""
    while True:
        try:
            return await running.end(state, result, error)
        except WriterClosedError:
            raise
        except Exception:  # without an end it would run for ever
            log.exception("operation_end_refused", operation=running.row.name)
        state, result = OperationState.FAILED, None
        error = errors.internal("How it ended could not be stored; the server's log says why.")
        await asyncio.sleep(_RETRY_SECONDS)


def _cancelled(progress: Progress) -> errors.RpcError:
    counts = ", ".join(f"{name} {count:,}" for name, count in sorted(progress.counts.items())) or "nothing yet"
    return errors.cancelled(f"Cancelled between two steps. What was done until then stays done: {counts}.")
