"""EventBatcher: events go out in batches, in the background."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Self, Unpack

from footfall_client.core import Core
from footfall_client.options import BatcherOptions, Options
from footfall_client.verdicts import Report, Verdict


class EventBatcher:
    """Collects events and writes them in batches; threads may share it.

    An event gets the time and the id that it lacks when it is added, so that sending it again stores it once. Batches
    are sent by size and by age, and again while the server is away or full. At the end of the program, what was added
    is sent. Use it as a context manager, or `close` it.

    Args:
        parent: Where all events belong: a catalog (`projects/*/locations/*/catalogs/*`) for user events, a tenant
            (`projects/*/tenants/*`) for client events.
        address: The server, host:port; None: the environment's FOOTFALL_SERVER, or 127.0.0.1:50051.
        when_full: What `add_event` does when as many events wait as may: waits for room, or raises QueueFullError.
        on_verdict: Called with the verdict of each event, in the batcher's thread; it must not wait for the batcher.
        **options: The rest; see `BatcherOptions`.

    Raises:
        ValueError: One of these can't be used.
    """

    def __init__(
        self,
        parent: str,
        address: str | None = None,
        *,
        when_full: Literal["block", "raise"] = "block",
        on_verdict: Callable[[Verdict], None] | None = None,
        **options: Unpack[Options],
    ) -> None:
        self._wait_s = {"block": None, "raise": 0.0}[when_full]
        self._core = Core(parent, address, BatcherOptions(**options), on_verdict, lambda: None)

    def add_event(self, event: Any, *, timeout: float | None = None) -> None:
        """Adds an event; a later change of the object changes nothing.

        Args:
            event: A message of Google's package (retail v2, v2beta, v2alpha; talent v4, v4beta1), one of stubs of your
                own, or a mapping in the form of proto3 JSON.
            timeout: Seconds to wait for room, where the batcher waits; None: as long as it takes.

        Raises:
            TypeError: It is no event of the kind that belongs to the parent.
            ValueError: The mapping is no such event.
            QueueFullError: There is no room, or was none in time.
            ClosedError: The batcher is closed.
        """
        wait_s = timeout if self._wait_s is None else self._wait_s
        self._core.put(event, self._core.stamped(event), wait_s=wait_s)

    def flush(self, timeout: float | None = None) -> Report:
        """Sends what was added and waits for the verdicts.

        Args:
            timeout: Seconds to wait; None: as long as it takes.

        Returns:
            What became of all events since the report before.

        Raises:
            TimeoutError: It took longer; the events stay queued.
        """
        return self._core.flush(timeout)

    def close(self, timeout: float | None = None) -> Report:
        """Sends what was added, waits for the verdicts, and takes no more events; closing again does nothing.

        Args:
            timeout: Seconds to wait; None: the option `close_timeout_s`. What has no verdict then is FAILED, once the
                attempt under way has ended.

        Returns:
            What became of all events since the report before.
        """
        return self._core.close(timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
