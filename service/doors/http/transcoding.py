"""Calls of methods over HTTP: the request comes as path, query and body, the response goes back as JSON."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, Final

from google.protobuf.message import Message

from service.doors.http import parameters, requests, responses
from service.doors.http.bindings import Binding
from service.doors.http.calls import Call
from service.doors.http.googles_own import without_ours
from service.doors.http.parameters import System
from service.doors.http.responses import Answer
from service.events import errors
from service.events.errors import Violation
from service.rpc.method import Rendered

_EVENT_STREAM: Final = "text/event-stream"
_JSON_LINES: Final = "application/jsonl; charset=UTF-8"
_RESUME_TOKEN: Final = "resume_token"  # noqa: S105  the name of a field


class Transcoder:
    """Answers calls of methods.

    Args:
        max_body_bytes: Largest body of a request that is one message.
    """

    def __init__(self, max_body_bytes: int) -> None:
        self._max_body_bytes = max_body_bytes

    async def answer(self, call: Call, binding: Binding, variables: dict[str, str]) -> Answer | None:
        """Answers one call.

        Args:
            call: The HTTP request.
            binding: What its path belongs to.
            variables: The fields in its path.

        Returns:
            The answer; None when it was streamed.

        Raises:
            RpcError: The call failed.
            BodyTooLargeError: The body is too large.
            ClientGoneError: The client left.
        """
        system, pairs = parameters.parse(call.query)
        method = binding.method
        if method.client_streaming:
            if method.server_streaming:
                raise errors.unimplemented(f"{method.path} streams both ways; call it over gRPC")
            response = await method.handler(_messages(call, binding, variables, pairs), call)
            return responses.answer(response, method.response_type, system)
        body = await call.body(self._max_body_bytes) if binding.body else None
        if method.server_streaming:
            pairs = _resumed(call, binding, pairs)
        request = requests.plain_request(binding, variables, pairs, body)
        if request is None:
            request = requests.request_of(binding, variables, pairs, body)
        if method.server_streaming:
            await _stream(call, method.handler(request, call), system)
            return None
        response = await method.handler(request, call)
        if isinstance(response, Rendered):
            if system is parameters.NO_SYSTEM and response.json is not None:
                return Answer(200, responses.JSON, response.json)
            response = response.wire
        if binding.response_body and isinstance(response, Message):
            response = getattr(response, binding.response_body)
        return responses.answer(without_ours(response, binding.template), method.response_type, system)


def _resumed(call: Call, binding: Binding, pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The parameters of a stream, which a browser's EventSource takes up again where it was cut."""
    last = call.headers.get("last-event-id", "")
    if not last or _RESUME_TOKEN not in binding.method.request_type.DESCRIPTOR.fields_by_name:
        return pairs
    return [*(pair for pair in pairs if pair[0] not in (_RESUME_TOKEN, "resumeToken")), (_RESUME_TOKEN, last)]


async def _stream(call: Call, stream: Any, system: System) -> None:
    """Answers with messages as they come, until there are no more or the client leaves."""
    sending = asyncio.create_task(_send_all(call, stream, system))
    leaving = asyncio.create_task(call.gone())
    try:
        await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
        if sending.done():
            sending.result()
    finally:
        for task in (sending, leaving):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await task


async def _send_all(call: Call, stream: Any, system: System) -> None:
    """Sends JSON lines, or server-sent events to whoever accepts these."""
    events = _EVENT_STREAM in call.headers.get("accept", "")
    content_type = _EVENT_STREAM if events else _JSON_LINES
    head = [(b"content-type", content_type.encode()), (b"cache-control", b"no-store"), (b"x-accel-buffering", b"no")]
    try:
        async for response in stream:
            if not call.started:
                await call.start(200, head)
            await call.send({"type": "http.response.body", "body": _piece(response, system, events), "more_body": True})
        if not call.started:
            await call.start(200, head)
    except errors.RpcError as error:
        if not call.started:
            raise
        # The status is gone out already; the error is the last line, as the body of an error response would be.
        body = responses.failure(error, parameters.NO_SYSTEM, call.request_id).body
        await call.send({"type": "http.response.body", "body": _frame(body, "error", events), "more_body": True})
    await call.send({"type": "http.response.body", "body": b""})


def _piece(response: Message, system: System, events: bool) -> bytes:
    text = responses.to_json(response.DESCRIPTOR.full_name, response.SerializeToString(), system)
    if not events:
        return text + b"\n"
    token = getattr(response, _RESUME_TOKEN, "")
    return (f"id: {token}\n".encode() if token else b"") + _frame(text, "", events)


def _frame(text: bytes, event: str, events: bool) -> bytes:
    if not events:
        return text + b"\n"
    lines = b"".join(b"data: " + line + b"\n" for line in text.split(b"\n"))
    return (f"event: {event}\n".encode() if event else b"") + lines + b"\n"


async def _messages(
    call: Call, binding: Binding, variables: dict[str, str], pairs: list[tuple[str, str]]
) -> AsyncIterator[Message]:
    """The messages of a client stream: path and query are the first one's, the raw body their one field of bytes."""
    field = requests.bytes_field(binding.method.request_type.DESCRIPTOR)
    if field is None:
        raise errors.unimplemented(f"{binding.method.path} takes a stream of messages; call it over gRPC")
    message = requests.request_of(binding._replace(body=""), variables, pairs, None)
    if message.HasField(field.name) if field.has_presence else getattr(message, field.name):
        text = f"`{field.name}` is the body of this request, not a parameter."
        raise errors.invalid_argument([Violation(field.name, text, "INVALID_VALUE")])
    yielded = False
    async for chunk in call.chunks():
        setattr(message, field.name, chunk)
        yield message
        yielded = True
        message = binding.method.request_type()
    if not yielded:
        yield message
