"""gRPC over ASGI, for servers that send HTTP/2 trailers; the protocol is gRPC's "PROTOCOL-HTTP2".

A call is one request: its body is the messages in their frames, and so is that of the response, whose trailers tell the
status. A call that fails before its first response is answered by a head alone ("Trailers-Only").
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from math import inf
from typing import Any, Final

import structlog
from google.protobuf.message import DecodeError, Message
from google.rpc import code_pb2

from service.doors import grpc_wire
from service.doors.departures import Departures
from service.doors.http.protocol import BODY_BYTES_PER_SECOND
from service.events import errors
from service.events.errors import RpcError
from service.rpc.method import Method

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]

_HEAD: Final = [(b"content-type", b"application/grpc"), (b"grpc-accept-encoding", grpc_wire.ENCODINGS)]
_START: Final = {"type": "http.response.start", "status": 200, "headers": _HEAD, "trailers": True}
_OK: Final = {"type": "http.response.trailers", "headers": [(b"grpc-status", b"0")]}
_END: Final = {"type": "http.response.body", "body": b""}
_NO_METADATA: Final = frozenset({b"content-type", b"te", b"grpc-encoding", b"grpc-accept-encoding", b"grpc-timeout"})

_DECOMPRESSED_AT_ONCE_BYTES: Final = 4 * 2**10  # which make 4 MiB at most; others would hold up all calls

_decompressing = ThreadPoolExecutor(2, "decompressing")  # of its own: the loop's may wait for object storage

log = structlog.get_logger(__name__)


class GrpcCall:
    """One call; a `CallContext` too.

    Args:
        scope: ASGI's.
        receive: ASGI's.
        limit: Largest message, in bytes.
    """

    __slots__ = ("_metadata", "_scope", "body_seconds", "deadline", "encoding", "end", "frames", "headers", "limit",
                 "read", "receive", "responded", "task")  # fmt: skip

    def __init__(self, scope: Any, receive: Receive, limit: int) -> None:
        self._scope = scope
        self._metadata: dict[str, str] | None = None
        self.receive = receive
        self.limit = limit
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.encoding = self.headers.get(b"grpc-encoding", grpc_wire.IDENTITY)
        self.frames: grpc_wire.Frames | None = None
        self.read = False  # whether the request is there as a whole
        self.body_seconds = inf  # how long that may take
        self.responded = False  # whether the head of the response is sent
        self.deadline: float | None = None  # on the loop's clock
        self.end: RpcError | None = None  # why the call was cancelled, where its caller may still be told
        self.task: asyncio.Task[Any] | None = None  # while the method is at work

    @property
    def metadata(self) -> Mapping[str, str]:
        """See `CallContext`."""
        if self._metadata is None:
            self._metadata = {
                name.decode("latin-1"): value.decode("latin-1")
                for name, value in self.headers.items()
                if name not in _NO_METADATA and not name.endswith(b"-bin")
            }
        return self._metadata

    @property
    def peer(self) -> str:
        """See `CallContext`."""
        host, port = self._scope.get("client") or ("", 0)
        return f"ipv6:[{host}]:{port}" if ":" in host else f"ipv4:{host}:{port}"

    def time_remaining(self) -> float | None:
        """See `CallContext`."""
        return None if self.deadline is None else max(0.0, self.deadline - asyncio.get_running_loop().time())

    def cancel(self, end: RpcError | None = None) -> None:
        """Cancels the method.

        Args:
            end: What the caller is told; None: it has left.
        """
        if self.task is not None and self.end is None:
            self.end = end
            self.task.cancel()

    async def message(self) -> bytes | None:
        """Returns the next message of the request; None when there are no more.

        Raises:
            RpcError: The request breaks the protocol, or a message is too large.
            CancelledError: The caller has left.
        """
        if self.frames is None:
            self.frames = grpc_wire.Frames(self.limit)
        while (found := self.frames.next()) is None:
            if self.read:
                self.frames.end()
                return None
            self.frames.feed(self._chunk_of(await self.receive()))
        message, compressed = found
        return await self._decompressed(message) if compressed else message

    def whole(self, received: Any) -> bytes | None:
        """Returns the one message of the request, where the first that came of it is all of it, and plain.

        Raises:
            CancelledError: The caller has left.
        """
        body = self._chunk_of(received)
        size = len(body) - grpc_wire.PREFIX_BYTES
        if self.read and size >= 0 and not body[0] and size == int.from_bytes(body[1:5], "big") <= self.limit:
            return body[grpc_wire.PREFIX_BYTES :]
        self.frames = grpc_wire.Frames(self.limit)
        self.frames.feed(body)
        return None

    async def put_together(self) -> bytes:
        """Returns the one message of the request, where `whole` did not.

        Raises:
            RpcError: The same as of `message`; UNIMPLEMENTED when there are none or several.
            CancelledError: The caller has left.
        """
        only = await self.message()
        if only is None or await self.message() is not None:
            text = "The method takes one message, but the request has " + ("none." if only is None else "several.")
            raise grpc_wire.failure(code_pb2.UNIMPLEMENTED, text)
        return only

    async def _decompressed(self, message: bytes) -> bytes:
        if len(message) <= _DECOMPRESSED_AT_ONCE_BYTES:
            return grpc_wire.decompress(message, self.encoding, self.limit)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(_decompressing, grpc_wire.decompress, message, self.encoding, self.limit)

    def _chunk_of(self, received: Any) -> bytes:
        if received["type"] == "http.disconnect":
            raise asyncio.CancelledError
        self.read = not received["more_body"]
        body: bytes = received["body"]
        if not self.read:
            self.body_seconds += len(body) / BODY_BYTES_PER_SECOND
        return body


class GrpcApplication:
    """An ASGI application that serves methods over gRPC, on the loop that runs when it is made.

    Args:
        methods: What is served.
        message_bytes: Largest message, in bytes.
        metadata_bytes: Largest request metadata, in bytes.
        body_seconds: How long the request of a method that takes one message may take at first; each KiB of it gives a
            second more.
        departures: Tells calls that their caller has left.
        web_origins: Origins of pages that may call, where what is before this translates gRPC-Web.
    """

    def __init__(
        self,
        methods: Iterable[Method],
        *,
        message_bytes: int,
        metadata_bytes: int,
        body_seconds: float,
        departures: Departures,
        web_origins: Iterable[str] = (),
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._methods = {method.path: method for method in methods}
        self._message_bytes = message_bytes
        self._metadata_bytes = metadata_bytes
        self._body_seconds = body_seconds
        self._departures = departures
        self._web_origins = frozenset(origin.encode() for origin in web_origins)

    def __call__(self, scope: Any, receive: Receive, send: Send) -> Awaitable[None]:
        """ASGI."""
        call = GrpcCall(scope, receive, self._message_bytes)
        refused = _http_refusal(scope, call.headers)
        return self._serve(scope, call, send) if refused is None else self._refuse(call, send, *refused)

    async def _refuse(self, call: GrpcCall, send: Send, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        self._departures.enter(call)
        try:
            await _answer_http(send, status, headers)
        finally:
            self._departures.leave(call)

    async def _serve(self, scope: Any, call: GrpcCall, send: Send) -> None:
        """A coroutine more between a call and its task would cost it time whenever it goes on: most need no other."""
        timer: asyncio.TimerHandle | None = None
        failure: RpcError | None = None
        call.task = asyncio.current_task(self._loop)  # to look for the loop is a call of the system
        self._departures.enter(call)
        try:
            try:
                method = self._admit(scope, call)
                if b"grpc-timeout" in call.headers:
                    timer = _begin_countdown(call)
                if method.client_streaming:
                    request: Any = _Requests(method, call)
                else:
                    message = call.whole(await call.receive())
                    request = _parsed(method, message if message is not None else await call.put_together())
                if method.server_streaming:
                    await self._stream(method, request, call, send)
                else:
                    body = self._framed(call, await method.handler(request, call))
                    call.responded = True
                    await send(_start(call))
                    await send({"type": "http.response.body", "body": body})
                    await send(_OK)
            except RpcError as error:
                failure = error
            except asyncio.CancelledError:
                failure = call.end
            except OSError:  # how ASGI tells of a caller who has left
                return
            except Exception:
                log.exception("call_failed", method=scope["path"])
                failure = grpc_wire.failure(code_pb2.UNKNOWN, "Unexpected error; the server's log says why.")
            if failure is not None:
                await _fail(call, send, failure)
                failure = None  # its traceback has this frame: uncompiled, they would keep one another
        finally:
            call.task = None
            self._departures.leave(call)
            if timer is not None:
                timer.cancel()

    def _admit(self, scope: Any, call: GrpcCall) -> Method:
        headers = call.headers
        if headers.get(b"te") != b"trailers":
            raise grpc_wire.failure(code_pb2.INTERNAL, 'A gRPC call needs the header "te: trailers".')
        if b"origin" in headers and headers[b"origin"] not in self._web_origins:
            text = "Pages of this origin may not call; the operator names those that may with --grpc-web-origins."
            raise errors.permission_denied(text, reason="ORIGIN_NOT_ALLOWED")
        size = len(b"".join(chain.from_iterable(scope["headers"])))
        if size > self._metadata_bytes:
            text = f"Request metadata larger than max ({size} vs. {self._metadata_bytes}, --max-metadata-bytes)."
            raise grpc_wire.failure(code_pb2.RESOURCE_EXHAUSTED, text)
        method = self._methods.get(scope["path"])
        if method is None:
            raise grpc_wire.failure(code_pb2.UNIMPLEMENTED, "Method not found!")
        if call.encoding != grpc_wire.IDENTITY:
            grpc_wire.check_encoding(call.encoding)
        if not method.client_streaming:
            call.body_seconds = self._body_seconds
        return method

    async def _stream(self, method: Method, request: Any, call: GrpcCall, send: Send) -> None:
        responses = method.handler(request, call)
        failure: BaseException | None = None
        try:
            async for response in responses:
                body = self._framed(call, response)
                if not call.responded:
                    call.responded = True
                    await send(_start(call))
                await send({"type": "http.response.body", "body": body, "more_body": True})
        except BaseException as error:  # noqa: BLE001  raised again below: a compiled coroutine can't wait in a `finally`
            failure = error
        await responses.aclose()
        if failure is not None:
            raise failure
        if not call.responded:
            call.responded = True
            await send(_start(call))
        await send(_END)
        await send(_OK)

    def _framed(self, call: GrpcCall, response: Message | bytes) -> bytes:
        message = response if isinstance(response, bytes) else response.SerializeToString()
        if len(message) > self._message_bytes:
            text = f"Sent message larger than max ({len(message)} vs. {self._message_bytes}, --max-message-bytes)."
            raise grpc_wire.failure(code_pb2.RESOURCE_EXHAUSTED, text)
        return grpc_wire.frame(message, _response_encoding(call))


def _http_refusal(scope: Any, headers: Mapping[bytes, bytes]) -> tuple[int, list[tuple[bytes, bytes]]] | None:
    """What a request that is no gRPC call is told, by HTTP's own means."""
    if not grpc_wire.is_grpc(headers.get(b"content-type")):
        return 415, [(b"accept", b"application/grpc")]
    if scope["method"] != "POST":
        return 405, [(b"allow", b"POST")]
    return None


async def _answer_http(send: Send, status: int, headers: list[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [*headers, (b"content-length", b"0")]})
    await send(_END)


def _begin_countdown(call: GrpcCall) -> asyncio.TimerHandle:
    seconds = grpc_wire.timeout_seconds(call.headers[b"grpc-timeout"])
    end = grpc_wire.failure(code_pb2.DEADLINE_EXCEEDED, "Deadline Exceeded")
    if not seconds:
        raise end
    loop = asyncio.get_running_loop()
    call.deadline = loop.time() + seconds
    return loop.call_at(call.deadline, call.cancel, end)


def _parsed(method: Method, message: bytes) -> Message:
    try:
        return method.request_type.FromString(message)
    except DecodeError:
        text = f"A message can't be read as {method.request_type.DESCRIPTOR.full_name}."
        raise grpc_wire.failure(code_pb2.INTERNAL, text) from None


class _Requests:
    """The messages of a request, as they come."""

    def __init__(self, method: Method, call: GrpcCall) -> None:
        self._method = method
        self._call = call

    def __aiter__(self) -> _Requests:
        return self

    async def __anext__(self) -> Message:
        message = await self._call.message()
        if message is None:
            raise StopAsyncIteration
        return _parsed(self._method, message)


def _response_encoding(call: GrpcCall) -> bytes:
    """A caller who compresses is answered alike, if it can read that."""
    if call.encoding == grpc_wire.IDENTITY:
        return grpc_wire.IDENTITY
    accepted = call.headers.get(b"grpc-accept-encoding", b"").replace(b" ", b"").split(b",")
    return call.encoding if call.encoding in accepted else grpc_wire.IDENTITY


def _start(call: GrpcCall) -> Any:
    encoding = _response_encoding(call)
    return _START if encoding == grpc_wire.IDENTITY else {**_START, "headers": [*_HEAD, (b"grpc-encoding", encoding)]}


async def _fail(call: GrpcCall, send: Send, error: RpcError) -> None:
    told = grpc_wire.status_headers(error)
    if call.responded:
        await send(_END)
        await send({"type": "http.response.trailers", "headers": told})
        return
    call.responded = True
    await send({"type": "http.response.start", "status": 200, "headers": [*_HEAD, *told]})
    await send(_END)
