"""Group commit: one thread owns all writing; whatever waits for it shares one transaction and one fsync.

Three kinds of work reach the thread. Rows (single events, the hot path) are taken together, as many as wait. Calls are
small foreground transactions of their own. Steps are background work (imports and the like): between two batches of
foreground work at most one step runs, so a step's length bounds what it adds to the latency of a write.
"""

from __future__ import annotations

import asyncio
import collections
import enum
import queue
import threading
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

import structlog

from service import failpoints
from service.storage.base import (
    Call,
    ClientEventRow,
    RejectionRow,
    StorageUnavailableError,
    Store,
    StoreError,
    Transaction,
    UserEventRow,
    Verdict,
)

T = TypeVar("T")

_ROWS_PER_COMMIT = 1_024

log = structlog.get_logger(__name__)


class QueueFullError(StoreError):
    """More writes wait than the queue may hold."""


class WriterClosedError(StoreError):
    """The service is shutting down and takes no more writes."""


class _Kind(enum.Enum):
    USER_EVENT = enum.auto()
    CLIENT_EVENT = enum.auto()
    REJECTION = enum.auto()
    CALL = enum.auto()
    WAKE = enum.auto()  # a step waits
    CLOSE = enum.auto()


class _Item(NamedTuple):
    kind: _Kind
    work: Any
    future: asyncio.Future[Any] | None  # None: nobody waits (write_async)


_Outcome = tuple["asyncio.Future[Any]", Any, BaseException | None]


def _settle(outcomes: Sequence[_Outcome]) -> None:
    for future, result, error in outcomes:
        if future.done():  # the caller has gone; what it asked for is written all the same
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)


class Writer:
    """The way to the database for everything that changes it.

    Args:
        store: The database; only this writer may write to it.
        queue_limit: How many rows may wait; beyond that QueueFullError is raised at once.
    """

    def __init__(self, store: Store, *, queue_limit: int) -> None:
        self._store = store
        self._queue_limit = queue_limit
        self._queue: queue.SimpleQueue[_Item] = queue.SimpleQueue()
        self._steps: collections.deque[_Item] = collections.deque()
        self._parents = store.parents()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="footfall-writer")

    def start(self) -> None:
        """Starts the thread; results arrive in the event loop that runs now."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    async def close(self) -> None:
        """Takes no more work, writes what waits, ends the thread."""
        if not self._closing:
            self._closing = True
            self._queue.put(_Item(_Kind.CLOSE, None, None))
        await asyncio.to_thread(self._thread.join)

    @property
    def depth(self) -> int:
        """How many rows and calls wait."""
        return self._queue.qsize()

    # -- the event loop's side

    def _submit(self, kind: _Kind, work: Any, *, wait: bool = True) -> asyncio.Future[Any] | None:
        if self._closing:
            raise WriterClosedError("the service is shutting down")
        if self._queue.qsize() >= self._queue_limit:
            raise QueueFullError(f"{self._queue_limit} writes wait already")
        future = self._loop.create_future() if wait else None
        self._queue.put(_Item(kind, work, future))
        return future

    async def parent_id(self, name: str) -> int:
        """The number of a resource name; durable before it is used."""
        number = self._parents.get(name)
        if number is None:
            number = await self.run(lambda transaction: transaction.intern_parent(name))
            self._parents[name] = number
        return number

    async def write_user_event(self, row: UserEventRow) -> None:
        """Returns when the event is on disk (or was there already)."""
        future = self._submit(_Kind.USER_EVENT, row)
        assert future is not None
        await future

    def write_user_event_async(self, row: UserEventRow) -> None:
        """Returns at once; a failure shows in the log only."""
        self._submit(_Kind.USER_EVENT, row, wait=False)

    async def write_client_event(self, row: ClientEventRow) -> Verdict:
        """Returns when the event's fate is on disk."""
        future = self._submit(_Kind.CLIENT_EVENT, row)
        assert future is not None
        verdict: Verdict = await future
        return verdict

    async def write_rejection(self, row: RejectionRow) -> None:
        """Returns when the rejection is on disk."""
        future = self._submit(_Kind.REJECTION, row)
        assert future is not None
        await future

    async def run(self, call: Call[T]) -> T:
        """Runs `call` in a foreground transaction of its own and returns its result once that is on disk."""
        future = self._submit(_Kind.CALL, call)
        assert future is not None
        result: T = await future
        return result

    async def step(self, call: Call[T]) -> T:
        """Runs `call` in a background transaction, after the foreground work that waits now."""
        if self._closing:
            raise WriterClosedError("the service is shutting down")
        future: asyncio.Future[T] = self._loop.create_future()
        self._steps.append(_Item(_Kind.CALL, call, future))
        self._queue.put(_Item(_Kind.WAKE, None, None))
        return await future

    # -- the thread's side

    def _take(self) -> list[_Item]:
        items = [] if self._steps else [self._queue.get()]
        items += [self._queue.get_nowait() for _ in range(min(self._queue.qsize(), _ROWS_PER_COMMIT))]
        return items

    def _run(self) -> None:
        open_ = True
        while open_ or self._steps or self._queue.qsize():
            items = self._take()
            rows = [item for item in items if item.kind in _ROW_KINDS]
            if rows:
                self._write_rows(rows)
            for item in items:
                if item.kind is _Kind.CALL:
                    self._write_call(item)
                elif item.kind is _Kind.CLOSE:
                    open_ = False
            if self._steps:
                self._write_call(self._steps.popleft())

    def _write_rows(self, items: list[_Item]) -> None:
        try:
            with self._store.transaction() as transaction:
                results = _insert(transaction, items)
                failpoints.hit("writer.before_commit")
        except StorageUnavailableError as error:
            self._fail(items, error)
        except Exception as error:  # noqa: BLE001  the thread must outlive whatever one row does
            if len(items) == 1:
                self._fail(items, error)
            else:  # one bad row must not take the others down: each on its own
                for item in items:
                    self._write_rows([item])
        else:
            failpoints.hit("writer.after_commit")
            self._tell(
                [(item.future, result, None) for item, result in zip(items, results, strict=True) if item.future]
            )

    def _write_call(self, item: _Item) -> None:
        try:
            with self._store.transaction() as transaction:
                result = item.work(transaction)
                failpoints.hit("writer.before_commit")
        except Exception as error:  # noqa: BLE001  it belongs to the caller, who gets it
            self._fail([item], error)
        else:
            failpoints.hit("writer.after_commit")
            if item.future:
                self._tell([(item.future, result, None)])

    def _fail(self, items: list[_Item], error: BaseException) -> None:
        unheard = sum(item.future is None for item in items)
        if unheard:
            log.error("write_async_failed", events=unheard, error=str(error))
        self._tell([(item.future, None, error) for item in items if item.future])

    def _tell(self, outcomes: list[_Outcome]) -> None:
        if outcomes:
            self._loop.call_soon_threadsafe(_settle, outcomes)


_ROW_KINDS = frozenset({_Kind.USER_EVENT, _Kind.CLIENT_EVENT, _Kind.REJECTION})


def _insert(transaction: Transaction, items: list[_Item]) -> list[Any]:
    user_events = [item.work for item in items if item.kind is _Kind.USER_EVENT]
    client_events = [item.work for item in items if item.kind is _Kind.CLIENT_EVENT]
    rejections = [item.work for item in items if item.kind is _Kind.REJECTION]
    if user_events:
        transaction.insert_user_events(user_events)
    if rejections:
        transaction.insert_rejections(rejections)
    if not client_events:
        return [None] * len(items)
    verdicts = iter(transaction.insert_client_events(client_events))
    return [next(verdicts) if item.kind is _Kind.CLIENT_EVENT else None for item in items]
