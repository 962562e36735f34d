"""Calls of footfall.v1 UploadUserEvents that a test holds open."""

from __future__ import annotations

import queue
from typing import Any

import grpc

from tests.contract.samples import lines, text
from tests.support.reflected import EVENT_LOG, ReflectedClient


class OpenUpload:
    """A call in flight on `channel`, with one event sent, until it is told to end."""

    def __init__(self, channel: grpc.Channel, reflected: ReflectedClient, parent: str) -> None:
        self._requests: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._message = type(reflected.message("footfall.v1.UploadUserEventsRequest"))
        self._requests.put(self._message(parent=parent, data=text(lines(1))))
        call = channel.stream_unary(
            f"/{EVENT_LOG}/UploadUserEvents",
            request_serializer=self._message.SerializeToString,
            response_deserializer=type(reflected.message("google.longrunning.Operation")).FromString,
        )
        self._answer = call.future(iter(self._requests.get, None))

    def send(self, data: bytes) -> None:
        self._requests.put(self._message(data=data))

    def end(self) -> Any:
        """The operation."""
        self._requests.put(None)
        return self.result()

    def result(self) -> Any:
        """What the call comes to while nothing more is sent."""
        return self._answer.result(timeout=60)
