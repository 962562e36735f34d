"""The gRPC door: grpcio's asyncio server, with its own health and reflection services."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import grpc
from google.protobuf.message import Message
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from grpc_status import rpc_status

from service.doors.reflection import descriptor_pool
from service.events.errors import RpcError
from service.rpc.method import Method

_CONNECTION_AGE_GRACE_MS = 60_000  # calls on an aged connection get this long to end
_KEEPALIVE_TIMEOUT_MS = 20_000
_CLIENT_PING_INTERVAL_MS = 10_000  # clients that ping more often are told to calm down


@dataclass(frozen=True, slots=True)
class Limits:
    """What one connection may ask of the server; grpcio's own defaults are mostly infinite.

    Args:
        message_bytes: Largest request message. Responses are never larger than 4 MiB.
        metadata_bytes: Largest request metadata.
        streams: Calls at once on one connection.
        keepalive_s: Idle seconds after which a connection is pinged.
        connection_age_s: Seconds after which a connection is asked to reconnect.
        body_s: How long a request of one message may take at first; each KiB of it gives a second more. Not of grpcio.
    """

    message_bytes: int
    metadata_bytes: int
    streams: int
    keepalive_s: int
    connection_age_s: int
    body_s: float

    def options(self) -> list[tuple[str, int]]:
        """The same as channel arguments."""
        return [
            ("grpc.max_receive_message_length", self.message_bytes),
            ("grpc.max_send_message_length", self.message_bytes),
            ("grpc.max_metadata_size", self.metadata_bytes),
            ("grpc.absolute_max_metadata_size", self.metadata_bytes),
            ("grpc.max_concurrent_streams", self.streams),
            ("grpc.keepalive_time_ms", self.keepalive_s * 1_000),
            ("grpc.keepalive_timeout_ms", _KEEPALIVE_TIMEOUT_MS),
            ("grpc.http2.min_ping_interval_without_data_ms", _CLIENT_PING_INTERVAL_MS),
            ("grpc.max_connection_age_ms", self.connection_age_s * 1_000),
            ("grpc.max_connection_age_grace_ms", _CONNECTION_AGE_GRACE_MS),
            ("grpc.so_reuseport", 0),  # a second server on the port must fail, not share it
        ]


class GrpcCall:
    """A `CallContext` over grpcio's."""

    def __init__(self, context: grpc.aio.ServicerContext[Any, Any]) -> None:
        self._context = context

    @cached_property
    def metadata(self) -> Mapping[str, str]:
        """See `CallContext`."""
        pairs = self._context.invocation_metadata() or ()
        return {str(key): value for key, value in pairs if isinstance(value, str)}

    @property
    def peer(self) -> str:
        """See `CallContext`."""
        return str(self._context.peer())

    def time_remaining(self) -> float | None:
        """See `CallContext`."""
        remaining: float | None = self._context.time_remaining()
        return remaining


def _serialize(response: Message | bytes) -> bytes:
    return response if isinstance(response, bytes) else response.SerializeToString()


def _rpc_handler(method: Method) -> grpc.RpcMethodHandler[Any, Any]:
    inner = method.handler

    async def answer(request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> Message | bytes | None:
        try:
            response: Message | bytes = await inner(request, GrpcCall(context))
        except RpcError as error:
            await context.abort_with_status(rpc_status.to_status(error.to_status()))
            return None
        return response

    async def answers(request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> AsyncIterator[Message | bytes]:
        try:
            async for response in inner(request, GrpcCall(context)):
                yield response
        except RpcError as error:
            await context.abort_with_status(rpc_status.to_status(error.to_status()))

    make = _HANDLERS[method.client_streaming, method.server_streaming]
    return make(
        answers if method.server_streaming else answer,
        request_deserializer=method.request_type.FromString,
        response_serializer=_serialize,
    )


# (client streams, server streams)
_HANDLERS = {
    (False, False): grpc.unary_unary_rpc_method_handler,
    (True, False): grpc.stream_unary_rpc_method_handler,
    (False, True): grpc.unary_stream_rpc_method_handler,
    (True, True): grpc.stream_stream_rpc_method_handler,
}


class _Handlers(grpc.GenericRpcHandler):
    """Finds what handles a method of whichever service; grpcio would ask one such object for each service."""

    def __init__(self, methods: Sequence[Method]) -> None:
        self._of = {method.path: _rpc_handler(method) for method in methods}

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Any, Any] | None:
        """See grpcio."""
        return self._of.get(handler_call_details.method)


class GrpcDoor:
    """Serves methods over gRPC, in plain text.

    The address is taken at once, so that whoever can't have it has not begun anything else; callers wait until `start`.

    Args:
        address: host:port; port 0 picks a free one.
        limits: What one connection may ask.

    Raises:
        OSError: The address can't be had.
    """

    def __init__(self, address: str, limits: Limits) -> None:
        self._server = grpc.aio.server(options=limits.options())
        self._health = health.aio.HealthServicer()
        self._services: list[str] = []
        try:
            port = self._server.add_insecure_port(address)
        except RuntimeError as error:
            raise OSError(f"can't listen on {address}: it is in use, or not an address of this machine") from error
        self.address = f"{address.rpartition(':')[0]}:{port}"

    async def start(self, methods: Sequence[Method]) -> None:
        """Serves; health says SERVING.

        Args:
            methods: What is served.
        """
        self._services = sorted({method.service for method in methods})
        self._server.add_generic_rpc_handlers((_Handlers(methods),))
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        reflection.enable_server_reflection(
            [*self._services, health_pb2.DESCRIPTOR.services_by_name["Health"].full_name, reflection.SERVICE_NAME],
            self._server,
            pool=descriptor_pool(),
        )
        await self._server.start()
        for service in ("", *self._services):
            await self._health.set(service, health_pb2.HealthCheckResponse.SERVING)

    async def announce_shutdown(self) -> None:
        """Health says NOT_SERVING from now on, overall and for each service."""
        await self._health.enter_graceful_shutdown()

    async def stop(self, grace_s: float) -> None:
        """Takes no new connections or calls; calls in flight get `grace_s` seconds to end."""
        await self._server.stop(grace_s)
