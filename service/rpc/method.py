"""The served methods as data: what a door needs to know to serve them, and nothing of how they work."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from google.protobuf import message_factory
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message

from service.events import errors
from service.rpc.context import CallContext

Request = Message | AsyncIterator[Message]
Handler = Callable[[Any, CallContext], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Method:
    """One RPC. `handler` takes the request (an async iterator of them when the client streams) and the call's context.

    It returns the response, as a message or as the bytes of one.
    """

    service: str
    name: str
    request_type: type[Message]
    response_type: type[Message]
    client_streaming: bool
    handler: Handler

    @property
    def path(self) -> str:
        """`/package.Service/Method`."""
        return f"/{self.service}/{self.name}"


Middleware = Callable[[Method], Handler]


def _comes_later(descriptor: MethodDescriptor) -> Handler:
    async def handler(_request: Request, _context: CallContext) -> Message:
        raise errors.unimplemented(
            f"{descriptor.containing_service.full_name}.{descriptor.name} is in the contract, but this release does "
            f"not serve it yet"
        )

    return handler


def methods(descriptor: ServiceDescriptor, implementation: object, middleware: Iterable[Middleware]) -> list[Method]:
    """Every method of the service `descriptor`, bound to `implementation`; the first middleware is the outermost.

    Methods that `implementation` lacks answer UNIMPLEMENTED.
    """
    found = []
    for each in descriptor.methods:
        method = Method(
            service=descriptor.full_name,
            name=each.name,
            request_type=message_factory.GetMessageClass(each.input_type),
            response_type=message_factory.GetMessageClass(each.output_type),
            client_streaming=each.client_streaming,
            handler=getattr(implementation, each.name, None) or _comes_later(each),
        )
        for wrap in reversed(tuple(middleware)):
            method = replace(method, handler=wrap(method))
        found.append(method)
    return found
