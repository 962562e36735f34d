"""gRPC's own services, health and reflection, by their packages' servicers, as methods that any door can serve."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final, NoReturn

import grpc
from google.protobuf import message_factory
from google.protobuf.message import Message
from grpc_health.v1 import health, health_pb2
from grpc_reflection.v1alpha import reflection, reflection_pb2

from service.doors.reflection import descriptor_pool
from service.events.errors import RpcError
from service.rpc.context import CallContext
from service.rpc.method import Handler, Method

_HEALTH: Final = health_pb2.DESCRIPTOR.services_by_name["Health"]
_REFLECTION: Final = reflection_pb2.DESCRIPTOR.services_by_name["ServerReflection"]
_SERVING: Final = health_pb2.HealthCheckResponse.SERVING


class GrpcServices:
    """Health and reflection.

    Attributes:
        names: The services whose health is told.
    """

    def __init__(self) -> None:
        self._health = health.aio.HealthServicer()
        self.names: list[str] = []

    async def start(self, names: Sequence[str]) -> list[Method]:
        """Health says SERVING for the services `names` and overall; returns the methods to be served beside theirs."""
        self.names = list(names)
        for name in ("", *names):
            await self._health.set(name, _SERVING)
        listed = [*names, _HEALTH.full_name, _REFLECTION.full_name]
        reflected = reflection.aio.ReflectionServicer(listed, pool=descriptor_pool())
        return [*_methods(_HEALTH, self._health), *_methods(_REFLECTION, reflected)]

    async def announce_shutdown(self) -> None:
        """Health says NOT_SERVING from now on, overall and for each service."""
        await self._health.enter_graceful_shutdown()


class _ServicerContext:
    """The part of grpcio's `ServicerContext` that these servicers use."""

    def __init__(self) -> None:
        self.written: asyncio.Queue[Message] = asyncio.Queue(1)

    async def write(self, message: Message) -> None:
        """Sends a response."""
        await self.written.put(message)

    async def abort(self, code: grpc.StatusCode, details: str = "") -> NoReturn:
        """Ends the call."""
        raise RpcError(code.value[0], details, ())


def _methods(descriptor: Any, servicer: object) -> list[Method]:
    return [
        Method(
            service=descriptor.full_name,
            name=each.name,
            request_type=message_factory.GetMessageClass(each.input_type),
            response_type=message_factory.GetMessageClass(each.output_type),
            client_streaming=each.client_streaming,
            server_streaming=each.server_streaming,
            handler=_handler(getattr(servicer, each.name), writes=each.server_streaming and not each.client_streaming),
        )
        for each in descriptor.methods
    ]


def _handler(inner: Any, *, writes: bool) -> Handler:
    """A method of a servicer as a `Handler`; one that `writes` gives its responses to its context."""

    def answer(request: Any, _context: CallContext) -> Any:
        return inner(request, _ServicerContext())

    async def answers(request: Any, _context: CallContext) -> AsyncIterator[Message]:
        context = _ServicerContext()
        ending = asyncio.ensure_future(inner(request, context))
        writing: asyncio.Task[Message] | None = None
        try:
            while True:
                writing = asyncio.ensure_future(context.written.get())
                await asyncio.wait((writing, ending), return_when=asyncio.FIRST_COMPLETED)
                if not writing.done():
                    await ending
                    return
                yield writing.result()
        finally:
            ending.cancel()
            if writing is not None:
                writing.cancel()

    return answers if writes else answer
