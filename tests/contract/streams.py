"""Calls of footfall.v1 StreamUserEvents and StreamClientEvents that a test holds open."""

from __future__ import annotations

import queue
from typing import Any

from tests.support.reflected import EVENT_LOG, ReflectedClient

FIELDS = {"StreamUserEvents": "user_events", "StreamClientEvents": "client_events"}


class OpenStream:
    """A stream under a parent, to which messages are sent one by one.

    Args:
        reflected: The way to the server.
        method: `StreamUserEvents` or `StreamClientEvents`.
        parent: Goes with the first message.
    """

    def __init__(self, reflected: ReflectedClient, method: str, parent: str) -> None:
        self._message = type(reflected.message(f"footfall.v1.{method}Request"))
        self._field = FIELDS[method]
        self._parent = parent
        self._requests: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.responses = reflected.stream(EVENT_LOG, method, iter(self._requests.get, None))

    def send(self, *events: Any, **fields: Any) -> None:
        """Sends one message."""
        parent, self._parent = self._parent, ""
        self._requests.put(self._message(**{"parent": parent, self._field: events, **fields}))

    def until(self, position: int) -> Any:
        """The first response that says that so many events are decided, with the rejections of those before it."""
        rejections: list[Any] = []
        for response in self.responses:
            rejections += response.rejections
            if response.decided_count >= position:
                del response.rejections[:]
                response.rejections.extend(rejections)
                return response
        raise AssertionError("the stream has ended")

    def close(self) -> None:
        """Says that nothing more comes."""
        self._requests.put(None)

    def end(self) -> list[Any]:
        """Closes it and returns the responses that come then."""
        self.close()
        return list(self.responses)
