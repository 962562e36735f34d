"""Processes beside the server that do its heavy work, so that the event loop keeps its interpreter lock to itself.

This is the parent's side; `child` is the other. A thread waits for each process.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import Generic, ParamSpec, TypeVar

import structlog

from service.sources import child
from service.sources.child import read_frame, write_frame

_CHILDREN = min(2, os.cpu_count() or 1)  # two decode about as fast as the database takes what they decode
_MAX_DEATHS = 3  # over one piece of work: one may be chance, as when memory is short

log = structlog.get_logger(__name__)

P = ParamSpec("P")
R = TypeVar("R")


class ChildDiedError(Exception):
    """Three processes ended (killed, or out of memory) over one piece of work."""

    def __init__(self) -> None:
        super().__init__("a process beside the server ended before its work was done")


class _Child:
    """One process, which does one piece of work at a time.

    subprocess starts it with vfork, as uvloop would not: a fork of a process that runs gRPC comes to life as one, and
    its threads read from the connections of its parent until it becomes another program.
    """

    def __init__(self, function: Callable[..., object]) -> None:
        command = [sys.executable, "-m", child.__name__, function.__module__, function.__name__]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._requests, self._answers = self._process.stdin, self._process.stdout

    def ask(self, request: bytes) -> bytes | None:
        """What it answers; None when it ended instead."""
        with suppress(BrokenPipeError):
            write_frame(self._requests, request)
            return read_frame(self._answers)
        return None

    def kill(self) -> None:
        """Ends it, whatever it is at: who waits for its answer gets none."""
        self._process.kill()

    def end(self) -> None:
        """Ends it, and lets go of what it took."""
        self.kill()
        self._process.wait()
        with suppress(BrokenPipeError):
            self._requests.close()
        self._answers.close()


class Children(Generic[P, R]):
    """Calls a function in processes of its own: starts them as they are needed, and others should they die.

    Args:
        function: Of a module; its arguments, what it returns and what it raises can be pickled.
    """

    def __init__(self, function: Callable[P, R]) -> None:
        self._function = function
        self._threads = ThreadPoolExecutor(_CHILDREN, thread_name_prefix=f"footfall-{function.__name__}")
        self._local = threading.local()
        self._children: set[_Child] = set()
        self._lock = threading.Lock()
        self._closed = False

    @property
    def room(self) -> int:
        """How many calls keep all busy."""
        return 2 * _CHILDREN

    async def call(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """What the function returns.

        Raises:
            ChildDiedError: Three processes died over it, or `close` was called meanwhile.
            Exception: What the function raises.
        """
        assert not kwargs, "arguments go by place"
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._call, args)

    def _call(self, arguments: tuple[object, ...]) -> R:
        request = pickle.dumps(arguments, pickle.HIGHEST_PROTOCOL)
        for _ in range(_MAX_DEATHS):
            answer = self._mine().ask(request)
            if answer is not None:
                # The child is this program, started by this process: its pickles are its own.
                found: R | Exception = pickle.loads(answer)  # noqa: S301
                if isinstance(found, Exception):
                    raise found
                return found
            if self._closed:
                break
            log.warning("child_died", function=self._function.__name__)
            self._end_mine()
        raise ChildDiedError

    def _mine(self) -> _Child:
        """The process of this thread."""
        with self._lock:
            if self._closed:
                raise ChildDiedError
            mine: _Child | None = getattr(self._local, "child", None)
            if mine is None:
                mine = self._local.child = _Child(self._function)
                self._children.add(mine)
            return mine

    def _end_mine(self) -> None:
        mine: _Child = self._local.child
        self._local.child = None
        with self._lock:
            self._children.discard(mine)
        mine.end()

    async def close(self) -> None:
        """Ends the processes, whatever they are at."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        with self._lock:
            self._closed = True
            children = list(self._children)
        for each in children:
            each.kill()
        self._threads.shutdown(cancel_futures=True)
        for each in children:
            each.end()


class SharedChildren(Generic[P, R]):
    """Children while somebody has use for them.

    Args:
        function: See `Children`.
    """

    def __init__(self, function: Callable[P, R]) -> None:
        self._function = function
        self._children: Children[P, R] | None = None
        self._users = 0

    @asynccontextmanager
    async def use(self) -> AsyncIterator[None]:
        """The last who leaves ends them."""
        self._users += 1
        try:
            yield
        finally:
            self._users -= 1
            children = self._children
            if not self._users and children is not None:
                self._children = None
                await children.close()

    async def call(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """See `Children`; to be called inside `use`."""
        assert self._users
        if self._children is None:
            self._children = Children(self._function)
        return await self._children.call(*args, **kwargs)
