"""What both batchers are: an outbox, a thread that empties it, and an end that loses nothing."""

from __future__ import annotations

import atexit
import logging
import os
import threading
from collections.abc import Callable, Sequence
from typing import Any

import grpc

from footfall_client.delivery import Delivery
from footfall_client.events import Stamps, kind_of, to_message
from footfall_client.options import BatcherOptions, open_channel
from footfall_client.outbox import Outbox, Queued
from footfall_client.verdicts import Outcome, Report, Verdict

log = logging.getLogger("footfall_client")


class Core:
    """Takes events and sends them from a thread of its own.

    Args:
        parent: The catalog or tenant of all events.
        address: The server, host:port.
        options: The rest.
        tell: Gets each verdict, in the sender's thread, before anything shows that there is one.
        progressed: Called in the sender's thread once it shows.

    Raises:
        ValueError: Something can't be used.
    """

    def __init__(
        self,
        parent: str,
        address: str | None,
        options: BatcherOptions,
        tell: Callable[[Verdict], None] | None,
        progressed: Callable[[], None],
    ) -> None:
        self._kind = kind_of(parent)
        self._options = options
        self._tell = tell
        self._progressed = progressed
        self._stamps = Stamps()
        self.outbox = Outbox(options)
        self._parent = parent
        self._address = address
        self._given_up = threading.Event()
        self._thread = threading.Thread(target=self._run, name="footfall-batcher", daemon=True)
        self._starting = threading.Lock()
        self._process_id = 0
        atexit.register(self.close)

    @property
    def in_sender(self) -> bool:
        """Whether this is the sender's thread, which must not wait for itself."""
        return threading.current_thread() is self._thread

    def stamped(self, event: Any) -> Any:
        """A copy of an event with time and id, as it is sent; errors are those of `to_message`."""
        message = to_message(event, self._kind)
        self._stamps.stamp(message, self._kind)
        return message

    def put(self, event: Any, message: Any, *, wait_s: float | None) -> None:
        """Puts an event and what is sent of it into the outbox; errors are those of `Outbox.put`."""
        self._start()
        self.outbox.put(event, message, wait_s=0 if self.in_sender else wait_s)

    def _start(self) -> None:
        """Begins everything with the first event, so that a batcher that is made before a fork can be used after it."""
        if self._process_id == os.getpid():
            return
        with self._starting:
            if self._process_id not in (0, os.getpid()):
                raise RuntimeError("the batcher was in use before this process was forked; make one in each process")
            if not self._process_id:
                self._channel = self._options.channel or open_channel(self._address, self._options.credentials)
                self._delivery = Delivery(self._channel, self._kind, self._parent, self._options, self._given_up)
                self._thread.start()
                self._process_id = os.getpid()

    def flush(self, timeout_s: float | None) -> Report:
        """Sends what was added and waits for its verdicts.

        Raises:
            TimeoutError: They took too long; they go on.
        """
        if self.in_sender:
            raise RuntimeError("flush waits for the thread that it was called in; call it elsewhere")
        count = self.outbox.hurry()
        if not self.outbox.wait(count, timeout_s):
            raise TimeoutError(f"{count - self.outbox.decided} events are without a verdict; they are tried on")
        return self.outbox.report()

    def close(self, timeout_s: float | None = None) -> Report:
        """Takes no more events, waits for the verdicts of all, gives up on what has none in time."""
        atexit.unregister(self.close)
        count = self.outbox.close()
        if self._process_id == os.getpid() and not self.in_sender:
            if not self.outbox.wait(count, self._options.close_timeout_s if timeout_s is None else timeout_s):
                self._given_up.set()
            self._thread.join()
            if self._options.channel is None:
                self._channel.close()
        return self.outbox.report()

    # -- the thread's side

    def _run(self) -> None:
        while batch := self.outbox.take():
            verdicts = self._deliver(batch)
            _log(verdicts)
            for verdict in verdicts:
                try:
                    if self._tell is not None:
                        self._tell(verdict)
                except Exception:  # the thread must outlive whatever a callback does
                    log.exception("on_verdict failed")
            self.outbox.settle(batch, verdicts)
            self._progressed()

    def _deliver(self, batch: list[Queued]) -> list[Verdict]:
        try:
            return self._delivery.deliver(batch)
        except Exception as error:  # the thread must outlive whatever a server answers
            log.exception("sending events failed")
            return [Verdict(each.event, Outcome.FAILED, grpc.StatusCode.UNKNOWN, repr(error)) for each in batch]


def _log(verdicts: Sequence[Verdict]) -> None:
    for outcome in (Outcome.REJECTED, Outcome.FAILED):
        found = [verdict for verdict in verdicts if verdict.outcome is outcome]
        if found:
            log.warning("%d events %s, the first: %s", len(found), outcome.name, found[0].message)
