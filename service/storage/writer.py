"""Group commit: one thread owns all writing; whatever waits for it shares one transaction and one fsync.

Three kinds of work reach the thread. Rows (single events, the hot path) are taken together, as many as wait. Calls are
small foreground transactions of their own. Steps are background work (imports and the like): between two batches of
foreground work at most one step runs, so a step's length bounds what it adds to the latency of a write.
"""

from __future__ import annotations

import asyncio
import collections
import enum
import itertools
import operator
import queue
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from time import perf_counter
from typing import Any, NamedTuple, TypeVar

import structlog

from service import failpoints
from service.measures import Distribution
from service.storage.base import Call, Store, Transaction
from service.storage.crowd import Crowd
from service.storage.errors import StorageUnavailableError, StoreError
from service.storage.records import ClientEventRow, RejectionRow, SignalRow, StoredAs, UserEventRow, Verdict

T = TypeVar("T")

_ROWS_PER_COMMIT = 1_024
_BYTES_PER_COMMIT = 2 * 2**20  # of calls that share one
_QUIET_SECONDS = 0.25  # without foreground work, after which steps may be long
_LONG_STEP = 8
_BATCH_SIZES = tuple(2**power for power in range(11))
_COMMIT_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)

log = structlog.get_logger(__name__)


class CatalogIds(NamedTuple):
    """What rows of a catalog's events carry."""

    parent_id: int
    branch_id: int


def default_branch(catalog: str) -> str:
    """The branch that events join."""
    return f"{catalog}/branches/0"


class QueueFullError(StoreError):
    """More writes wait than the queue may hold, in number or in bytes."""


class WriterClosedError(StoreError):
    """The service is shutting down and takes no more writes."""


class _Kind(enum.IntEnum):  # whose hash is C's
    USER_EVENT = enum.auto()
    CLIENT_EVENT = enum.auto()
    SIGNAL = enum.auto()
    REJECTION = enum.auto()
    CALL = enum.auto()
    BATCH = enum.auto()  # a call that may share its transaction with others
    SHORTEN = enum.auto()
    CLOSE = enum.auto()


class _Item:  # compiled, such a class is made in a fifth of a named tuple's time
    __slots__ = ("future", "kind", "size", "work")

    def __init__(self, kind: _Kind, work: Any, future: asyncio.Future[Any] | None, size: int = 0) -> None:
        self.kind = kind
        self.work = work
        self.future = future  # None: nobody waits (write_async)
        self.size = size  # bytes that it keeps in memory


_Outcome = tuple["asyncio.Future[Any]", Any, BaseException | None]


class Writer:
    """The way to the database for everything that changes it.

    Args:
        store: The database; only this writer may write to it.
        queue_limit: How many rows and calls may wait; beyond that QueueFullError is raised at once.
        queue_bytes: How many bytes they may hold together; one alone may be larger.

    Attributes:
        batch_sizes: Rows that shared one transaction.
        commit_seconds: How long those transactions took, their fsync included.
    """

    def __init__(self, store: Store, *, queue_limit: int, queue_bytes: int) -> None:
        self._store = store
        self._queue_limit = queue_limit
        self._queue_bytes = queue_bytes
        self._bytes_in = self._bytes_out = 0  # since the start: what was put in by the loop, and done by the thread
        self._waiting: collections.deque[_Item] = collections.deque()
        self._bell: queue.SimpleQueue[None] = queue.SimpleQueue()  # what the thread sleeps on; holds one ring at most
        self._asked = False  # the thread is to take what waits
        self._crowd = Crowd(self._waiting, self._ask)
        self._steps: collections.deque[_Item] = collections.deque()
        self._parents = store.parents()
        self._catalogs: dict[str, CatalogIds] = {}
        self._closing = False
        self._last_asked = -_QUIET_SECONDS
        self.batch_sizes = Distribution(_BATCH_SIZES)
        self.commit_seconds = Distribution(_COMMIT_SECONDS)
        self.arrival = asyncio.Event()  # set, and replaced by another, when something was committed
        # As `_thread` it would be `__thread` once compiled, which is a word of C's.
        self._worker = threading.Thread(target=self._run, name="footfall-writer")

    def start(self) -> None:
        """Starts the thread; results arrive in the event loop that runs now."""
        self._loop = asyncio.get_running_loop()
        self._crowd.start()
        self._ended = self._loop.create_future()
        self._worker.start()

    async def close(self) -> None:
        """Takes no more work, writes what waits, ends the thread."""
        if not self._closing:
            self._closing = True
            self._waiting.append(_Item(_Kind.CLOSE, None, None))
            self._crowd.came()
        await asyncio.shield(self._ended)
        self._worker.join()

    @property
    def depth(self) -> int:
        """How many rows and calls wait."""
        return len(self._waiting)

    @property
    def held_bytes(self) -> int:
        """How many bytes wait."""
        return self._bytes_in - self._bytes_out

    @property
    def step_scale(self) -> int:
        """How many times its usual work a background step may do now: more than once while nobody else writes.

        What a transaction costs beside its rows is then paid less often.
        """
        return 1 if perf_counter() - self._last_asked < _QUIET_SECONDS else _LONG_STEP

    # -- the event loop's side

    def _submit(self, kind: _Kind, work: Any, size: int, *, wait: bool = True) -> asyncio.Future[Any] | None:
        if self._closing:
            raise WriterClosedError("the service is shutting down")
        count, held = len(self._waiting), self.held_bytes
        if count >= self._queue_limit or (size and held and held + size > self._queue_bytes):
            raise QueueFullError(f"{count} writes of {held} bytes wait already")
        self._bytes_in += size
        self._last_asked = perf_counter()
        future = self._loop.create_future() if wait else None
        self._waiting.append(_Item(kind, work, future, size))
        self._crowd.came()
        return future

    def _ask(self) -> None:
        self._asked = True
        self._ring()

    def _ring(self) -> None:
        if self._bell.empty():
            self._bell.put(None)

    def known_catalog(self, name: str) -> CatalogIds | None:
        """What `catalog` returned before."""
        return self._catalogs.get(name)

    async def catalog(self, name: str) -> CatalogIds:
        """The numbers of a catalog and of its default branch; durable before they are used."""
        ids = self._catalogs.get(name)
        if ids is None:
            branch = default_branch(name)
            ids = CatalogIds(await self.parent_id(name), await self.parent_id(branch))
            self._catalogs[name] = ids
        return ids

    def known_parent(self, name: str) -> int | None:
        """What `parent_id` returned before."""
        return self._parents.get(name)

    async def parent_id(self, name: str) -> int:
        """The number of a resource name; durable before it is used."""
        number = self._parents.get(name)
        if number is None:
            number = await self.run(lambda transaction: transaction.intern_parent(name))
            self._parents[name] = number
        return number

    def write_user_event(self, row: UserEventRow) -> Awaitable[None]:
        """Returns what is done when the event is on disk (or was there already); no coroutine, which would cost more.

        Raises:
            QueueFullError: At once.
            WriterClosedError: At once.
        """
        future = self._submit(_Kind.USER_EVENT, row, len(row.payload))
        assert future is not None
        return future

    def write_user_event_async(self, row: UserEventRow) -> None:
        """Returns at once; a failure shows in the log only."""
        self._submit(_Kind.USER_EVENT, row, len(row.payload), wait=False)

    def write_client_event(self, row: ClientEventRow) -> Awaitable[Verdict]:
        """Returns what is done when the event's fate is on disk, as `write_user_event` does."""
        future = self._submit(_Kind.CLIENT_EVENT, row, len(row.payload) + len(row.beside or b""))
        assert future is not None
        return future

    async def write_signal(self, row: SignalRow) -> StoredAs:
        """Returns when the signal is on disk (or was there already)."""
        future = self._submit(_Kind.SIGNAL, row, len(row.payload))
        assert future is not None
        stored: StoredAs = await future
        return stored

    async def write_rejection(self, row: RejectionRow) -> None:
        """Returns when the rejection is on disk."""
        future = self._submit(_Kind.REJECTION, row, len(row.status) + len(row.raw))
        assert future is not None
        await future

    async def run(self, call: Call[T], size: int = 0, *, batch: bool = False) -> T:
        """Runs `call` in a foreground transaction of its own and returns its result once that is on disk.

        Args:
            call: What to write.
            size: Bytes of what it writes, where that is much.
            batch: Whether it may share a transaction with others of which this is true, and so bears being called
                again: should one of them fail, each has its own.
        """
        future = self._submit(_Kind.BATCH if batch else _Kind.CALL, call, size)
        assert future is not None
        result: T = await future
        return result

    async def enqueue(self, call: Call[T], size: int = 0, *, batch: bool = False) -> asyncio.Future[T]:
        """As `run`, for callers that can be held back: waits until the queue has room, and not for the disk.

        Returns:
            What `run` returns, once it is on disk.
        """
        while True:
            arrival = self.arrival
            with suppress(QueueFullError):
                future = self._submit(_Kind.BATCH if batch else _Kind.CALL, call, size)
                assert future is not None
                return future
            await arrival.wait()  # set whenever something leaves the queue

    async def shorten(self) -> None:
        """Gives what was freed back to the file system now."""
        await asyncio.to_thread(self._store.prepare_to_shorten)
        shortened = self._submit(_Kind.SHORTEN, None, 0)
        assert shortened is not None
        await shortened

    async def step(self, call: Call[T]) -> T:
        """Runs `call` in a background transaction, after the foreground work that waits now."""
        if self._closing:
            raise WriterClosedError("the service is shutting down")
        future: asyncio.Future[T] = self._loop.create_future()
        self._steps.append(_Item(_Kind.CALL, call, future))
        self._ring()
        return await future

    # -- the thread's side

    def _run(self) -> None:
        open_ = True
        stepped = False  # since the last foreground work
        while open_ or self._steps:
            while not self._asked and (not self._steps or (stepped and self._waiting)):
                self._bell.get()
            if self._asked:
                self._asked = stepped = False
                open_ = self._write_waiting() and open_
                self._loop.call_soon_threadsafe(self._crowd.done)
            if self._steps:
                self._write_call(self._steps.popleft())
                stepped = True
        self._loop.call_soon_threadsafe(self._ended.set_result, None)

    def _write_waiting(self) -> bool:
        """Whether more may come."""
        open_ = True
        items = [self._waiting.popleft() for _ in range(min(len(self._waiting), _ROWS_PER_COMMIT))]
        rows = [item for item in items if item.kind in _ROW_KINDS]
        if rows:
            self._write(rows, _insert)
        if len(rows) < len(items):
            calls = (item for item in items if item.kind not in _ROW_KINDS)
            for kind, of_kind in itertools.groupby(calls, key=operator.attrgetter("kind")):
                self._do(kind, list(of_kind))
                open_ = open_ and kind is not _Kind.CLOSE
        return open_

    def _do(self, kind: _Kind, items: list[_Item]) -> None:
        """What is not rows, in its order."""
        if kind is _Kind.BATCH:
            for together in _portions(items):
                self._write(together, _call)
        elif kind is _Kind.CALL:
            for item in items:
                self._write_call(item)
        elif kind is _Kind.SHORTEN:
            for item in items:
                self._shorten(item)

    def _write(self, items: list[_Item], insert: Callable[[Transaction, list[_Item]], list[Any]]) -> None:
        """Writes items in one transaction; should that fail, each in one of its own."""
        began = perf_counter()
        try:
            with self._store.transaction() as transaction:
                results = insert(transaction, items)
                failpoints.hit("writer.before_commit")
        except StorageUnavailableError as error:
            self._fail(items, error)
        except Exception as error:  # noqa: BLE001  the thread must outlive whatever one item does
            if len(items) == 1:
                self._fail(items, error)
            else:  # a bad one must not take the others down: each on its own
                for item in items:
                    self._write([item], insert)
        else:
            failpoints.hit("writer.after_commit")
            self._release(items)
            if insert is _insert:
                self.batch_sizes.add(len(items))
                self.commit_seconds.add(perf_counter() - began)
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
            self._release([item])
            if item.future:
                self._tell([(item.future, result, None)])

    def _shorten(self, item: _Item) -> None:
        try:
            self._store.shorten()
        except StoreError as error:
            self._fail([item], error)
        else:
            self._tell([(item.future, None, None)] if item.future else [])

    def _fail(self, items: list[_Item], error: BaseException) -> None:
        unheard = sum(item.future is None for item in items)
        if unheard:
            log.error("write_async_failed", events=unheard, error=str(error))
        self._release(items)
        self._tell([(item.future, None, error) for item in items if item.future])

    def _release(self, items: list[_Item]) -> None:
        self._bytes_out += sum(item.size for item in items)

    def _tell(self, outcomes: list[_Outcome]) -> None:
        self._loop.call_soon_threadsafe(self._settle, outcomes)

    def _settle(self, outcomes: list[_Outcome]) -> None:
        arrival, self.arrival = self.arrival, asyncio.Event()
        arrival.set()
        for future, result, error in outcomes:
            if future.done():  # the caller has gone; what it asked for is written all the same
                continue
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)


_ROW_KINDS = frozenset({_Kind.USER_EVENT, _Kind.CLIENT_EVENT, _Kind.SIGNAL, _Kind.REJECTION})


def _portions(items: list[_Item]) -> Iterator[list[_Item]]:
    """Items, in as many as may share a transaction."""
    portion: list[_Item] = []
    size = 0
    for item in items:
        size += item.size
        if portion and size > _BYTES_PER_COMMIT:
            yield portion
            portion, size = [], item.size
        portion.append(item)
    yield portion


def _call(transaction: Transaction, items: list[_Item]) -> list[Any]:
    return [item.work(transaction) for item in items]


def _insert(transaction: Transaction, items: list[_Item]) -> list[Any]:
    user_events = [item.work for item in items if item.kind is _Kind.USER_EVENT]
    client_events = [item.work for item in items if item.kind is _Kind.CLIENT_EVENT]
    signals = [item.work for item in items if item.kind is _Kind.SIGNAL]
    rejections = [item.work for item in items if item.kind is _Kind.REJECTION]
    if user_events:
        transaction.insert_user_events(user_events)
    if rejections:
        transaction.insert_rejections(rejections)
    if not client_events and not signals:
        return [None] * len(items)
    results: dict[_Kind, Iterator[Any]] = {
        _Kind.CLIENT_EVENT: iter(transaction.insert_client_events(client_events)),
        _Kind.SIGNAL: iter(transaction.insert_signals(signals)),
    }
    return [next(results[item.kind]) if item.kind in results else None for item in items]
