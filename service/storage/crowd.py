"""When the writer takes what waits, so that many who write at once share a commit and none waits in vain.

A commit costs as much CPU as dozens of rows. Where several shared the last one, as many are about to write again: the
next waits for them while there come more. Who writes alone never waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sized
from time import perf_counter
from typing import Final

_LEAST: Final = 4
_LARGEST: Final = 128  # with more rows a commit is hardly cheaper for each
_SECONDS: Final = 0.002  # without a new row, after which no more are waited for
_LONGEST_SECONDS: Final = 0.006


class Crowd:
    """Gathers work for one who takes all of it at once; everything here happens on the event loop.

    Args:
        waiting: What waits.
        wake: Has it taken; `done` is to be called once that is over.
    """

    def __init__(self, waiting: Sized, wake: Callable[[], None]) -> None:
        self._waiting = waiting
        self._wake = wake
        self._taken = 0  # last
        self._expected = 0  # as many will soon be here again, where they are several
        self._asking: asyncio.Handle | None = None
        self._at_work = False

    def start(self) -> None:
        """The loop that runs now is the one."""
        self._loop = asyncio.get_running_loop()

    def came(self) -> None:
        """Something more waits: it is taken once for all that this turn of the loop brings, or later.

        A thread that woke at the first row would take the interpreter lock from the loop, and commit that one alone.
        """
        if self._at_work:
            return
        count = len(self._waiting)
        if self._asking is None:
            if count < self._expected:
                now = perf_counter()
                self._gather(0, now, now + _LONGEST_SECONDS)
            else:
                self._asking = self._loop.call_soon(self._take)
        elif count == self._expected:
            self._asking.cancel()
            self._asking = self._loop.call_soon(self._take)

    def done(self) -> None:
        """What was taken is done with."""
        self._at_work = False
        if self._waiting:
            # Who came meanwhile waits for those who shared that: together they need half as many commits.
            self._expected = self._crowd_of(self._taken + len(self._waiting))
            self.came()

    def _gather(self, before: int, due: float, until: float) -> None:
        """Has what waits taken, or looks again a little later.

        Args:
            before: How many waited when last looked at.
            due: When to look again. A loop may call too early, since it looks at the clock once in a turn; one that
                calls late was too busy for new rows.
            until: When to wait no longer.
        """
        count, now = len(self._waiting), perf_counter()
        if now >= until or (count == before and due <= now < due + _SECONDS):
            self._take()
            return
        if now >= due:
            before, due = count, now + _SECONDS
        self._asking = self._loop.call_later(due - now, self._gather, before, due, until)

    def _take(self) -> None:
        self._taken = len(self._waiting)
        self._expected = self._crowd_of(self._taken)
        self._asking = None
        self._at_work = True
        self._wake()

    @staticmethod
    def _crowd_of(count: int) -> int:
        return min(count, _LARGEST) if count >= _LEAST else 0
