"""Processes that render what is exported, so that the event loop keeps its interpreter lock to itself meanwhile.

What they do is `rendering_process`. A thread waits for each.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import structlog

from service.sources import rendering_process
from service.sources.child import read_frame, write_frame
from service.sources.rendering import Rendered
from service.storage.records import Payloads

_CHILDREN = min(2, os.cpu_count() or 1)
_MAX_DEATHS = 3  # over one piece of work: one may be chance, as when memory is short

log = structlog.get_logger(__name__)


class RendererDiedError(Exception):
    """The rendering process ended (killed, or out of memory) with work in hand, three times."""

    def __init__(self) -> None:
        super().__init__("the rendering process ended before its work was done")


class _Child:
    """One process, which does one piece of work at a time."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", rendering_process.__name__]
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


class Renderers:
    """The parent's side: starts children as they are needed, and others should they die."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_CHILDREN, thread_name_prefix="footfall-render")
        self._local = threading.local()
        self._children: set[_Child] = set()
        self._lock = threading.Lock()
        self._closed = False

    @property
    def room(self) -> int:
        """How many pieces of work keep all busy."""
        return 2 * _CHILDREN

    async def render(self, content_name: str, export_format: str, payloads: Payloads) -> Rendered:
        """What the function `render` returns.

        Raises:
            RendererDiedError: Three children died over it.
        """
        request = (content_name, export_format, payloads)
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._render, request)

    def _render(self, request: tuple[str, str, Payloads]) -> Rendered:
        frame = pickle.dumps(request, pickle.HIGHEST_PROTOCOL)
        for _ in range(_MAX_DEATHS):
            answer = self._living().ask(frame)
            if answer is not None:
                # The child is this program, started by this process: its pickles are its own.
                rendered = pickle.loads(answer)  # noqa: S301
                if isinstance(rendered, Exception):
                    raise rendered
                assert isinstance(rendered, Rendered)
                return rendered
            if self._closed:
                break
            log.warning("renderer_died")
            self._end_mine()
        raise RendererDiedError

    def _living(self) -> _Child:
        """The child of this thread."""
        with self._lock:
            if self._closed:
                raise RendererDiedError
            child: _Child | None = getattr(self._local, "child", None)
            if child is None:
                child = self._local.child = _Child()
                self._children.add(child)
            return child

    def _end_mine(self) -> None:
        child: _Child = self._local.child
        self._local.child = None
        with self._lock:
            self._children.discard(child)
        child.end()

    async def close(self) -> None:
        """Ends the children, whatever they are at."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        with self._lock:
            self._closed = True
            children = list(self._children)
        for child in children:
            child.kill()
        self._threads.shutdown(cancel_futures=True)
        for child in children:
            child.end()
