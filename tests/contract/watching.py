"""A WatchEvents stream, read message by message in the test's own thread."""

from __future__ import annotations

from typing import Any, Self

import grpc
from google.protobuf import message_factory

from tests.support.reflected import EVENT_LOG, ReflectedClient

_TIMEOUT_S = 60  # for the whole stream: a test that waits in vain fails


class Watch:
    """One stream; `token` is where it stands."""

    def __init__(self, reflected: ReflectedClient, parent: str, *, token: str = "", wanted: str = "") -> None:
        method = reflected.pool.FindServiceByName(EVENT_LOG).FindMethodByName("WatchEvents")
        request = message_factory.GetMessageClass(method.input_type)
        stub = reflected.channel.unary_stream(
            f"/{EVENT_LOG}/WatchEvents",
            request_serializer=request.SerializeToString,
            response_deserializer=message_factory.GetMessageClass(method.output_type).FromString,
        )
        self.call: grpc.Call = stub(request(parent=parent, resume_token=token, filter=wanted), timeout=_TIMEOUT_S)
        self.token = token

    def __enter__(self) -> Self:
        """Waits for the first message: from there on nothing is missed."""
        first = next(self.call)
        assert first.WhichOneof("event") is None
        self.token = first.resume_token
        return self

    def __exit__(self, *_: object) -> None:
        self.call.cancel()

    def take(self, count: int) -> list[Any]:
        """The next `count` events."""
        found: list[Any] = []
        while len(found) < count:
            message = next(self.call)
            self.token = message.resume_token
            if kind := message.WhichOneof("event"):
                found.append(getattr(message, kind))
        return found
