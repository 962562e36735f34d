"""Events between their adding and their verdict: bounded, and due in batches by size and age."""

from __future__ import annotations

import collections
import threading
import time
from typing import Any, NamedTuple

from footfall_client.options import BatcherOptions
from footfall_client.verdicts import Report, Tally, Verdict

BATCH_BYTES = 4 * 2**20
"""Bytes in one batch at most; one event alone may have more."""


class QueueFullError(Exception):
    """As many events wait as may: the server is slower than events come, or can't be reached."""


class ClosedError(Exception):
    """The batcher was closed and takes no more events."""


class Queued(NamedTuple):
    """One event."""

    event: Any  # as it was added
    message: Any
    size: int  # bytes
    due: float  # of time.monotonic


class Outbox:
    """A queue that any thread fills and one empties.

    Args:
        options: Its limits.
    """

    def __init__(self, options: BatcherOptions) -> None:
        self._options = options
        self._changed = threading.Condition()
        self._queue: collections.deque[Queued] = collections.deque()
        self._queued_bytes = self._undecided_bytes = 0
        self._added = self._decided = 0
        self._hurry = 0  # what was added before this count is due
        self._closed = False
        self._tally = Tally()

    @property
    def decided(self) -> int:
        """How many events have had their verdict; they have them in the order in which they were added."""
        return self._decided

    def put(self, event: Any, message: Any, *, wait_s: float | None) -> None:
        """Puts one in.

        Args:
            event: The event as it was added.
            message: What is sent.
            wait_s: How long to wait for room; None: as long as it takes.

        Raises:
            QueueFullError: There was no room.
            ClosedError: It is closed.
        """
        size = message.ByteSize()
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._has_room(size), wait_s)
            if self._closed:
                raise ClosedError("the batcher is closed and takes no more events")
            if not self._has_room(size):
                raise QueueFullError(
                    f"{self._added - self._decided} events of {self._undecided_bytes} bytes wait already; they are "
                    "sent as soon as the server takes them"
                )
            self._queue.append(Queued(event, message, size, time.monotonic() + self._options.max_delay_s))
            self._added += 1
            self._queued_bytes += size
            self._undecided_bytes += size
            self._changed.notify_all()

    def _has_room(self, size: int) -> bool:
        undecided = self._added - self._decided
        return not undecided or (
            undecided < self._options.max_queued_events
            and self._undecided_bytes + size <= self._options.max_queued_bytes
        )

    def take(self) -> list[Queued]:
        """The next batch, once it is due; empty when the outbox is closed and there is none."""
        with self._changed:
            while not self._is_due():
                if self._closed and not self._queue:
                    return []
                self._changed.wait(self._queue[0].due - time.monotonic() if self._queue else None)
            batch: list[Queued] = []
            size = 0
            while self._queue and len(batch) < self._options.batch_size:
                size += self._queue[0].size
                if batch and size > BATCH_BYTES:
                    break
                batch.append(self._queue.popleft())
            self._queued_bytes -= sum(each.size for each in batch)
            return batch

    def _is_due(self) -> bool:
        if not self._queue:
            return False
        return (
            self._closed
            or len(self._queue) >= self._options.batch_size
            or self._queued_bytes >= BATCH_BYTES
            or self._added - len(self._queue) < self._hurry  # the oldest one was to be flushed
            or self._queue[0].due <= time.monotonic()
        )

    def settle(self, batch: list[Queued], verdicts: list[Verdict]) -> None:
        """Says what became of a batch that was taken."""
        with self._changed:
            self._tally.add(verdicts)
            self._decided += len(batch)
            self._undecided_bytes -= sum(each.size for each in batch)
            self._changed.notify_all()

    def hurry(self) -> int:
        """Makes all that was added due; returns how many these are, since the beginning."""
        with self._changed:
            self._hurry = self._added
            self._changed.notify_all()
            return self._added

    def wait(self, count: int, timeout_s: float | None) -> bool:
        """Waits until so many are decided; returns whether they are."""
        with self._changed:
            return self._changed.wait_for(lambda: self._decided >= count, timeout_s)

    def close(self) -> int:
        """Takes nothing more in and makes the rest due; returns how many were added."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            return self._added

    def report(self) -> Report:
        """What became of events since the last report."""
        with self._changed:
            return self._tally.report()
