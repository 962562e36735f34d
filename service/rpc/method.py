"""The served methods as data: what a door needs to know to serve them, and nothing of how they work."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from google.protobuf import message_factory
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message

from service.events import errors
from service.rpc.context import CallContext
from service.rpc.scopes import Inside, Scope, Within

# (request, context) -> an awaitable response, or an async iterator of responses when the server streams
Handler = Callable[[Any, CallContext], Any]

CallerCheck = Callable[[CallContext], Awaitable[None]]
"""Ends a call with an RpcError when its caller may not."""

BodyReader = Callable[[bytes], Message]
"""Makes the field that an HTTP body is for of whatever was sent; never fails."""

PlainReader = Callable[[Mapping[str, str], bytes], Any]
"""Makes what the handler takes in a request's place, of what an HTTP path says and of a JSON body; None: the request is
to be made. It is for what is cheaper to store without a message, and says nothing of what is wrong."""


class Rendered(NamedTuple):
    """A response to what a PlainReader made.

    Attributes:
        wire: Its bytes.
        json: The same as proto3 JSON, where that was cheap to say.
    """

    wire: bytes
    json: bytes | None


@dataclass(frozen=True, slots=True)
class Method:
    """One RPC.

    `handler` takes the request (an async iterator of them when the client streams) and the call's context. It
    returns the response, as a message or as the bytes of one, or yields several when the server streams. What is not
    `served` is in the contract only: its handler says so. One with a `check_caller` lets nobody in without
    credentials, and may therefore be reached from anywhere; a door may call that before it reads the request. With a
    `read_body` the body of an HTTP call may be anything, else it is proto3 JSON. With a `read_plain` the handler takes
    what that returns, too, and answers it with a Rendered.
    """

    service: str
    name: str
    request_type: type[Message]
    response_type: type[Message]
    client_streaming: bool
    server_streaming: bool
    handler: Handler
    served: bool = True
    check_caller: CallerCheck | None = None
    read_body: BodyReader | None = None
    read_plain: PlainReader | None = None

    @property
    def path(self) -> str:
        """`/package.Service/Method`."""
        return f"/{self.service}/{self.name}"


Middleware = Callable[[Method], Scope | None]
"""Given a method, says what each call of it is inside of; None: nothing."""


def _within(method: Method, scopes: list[Scope]) -> Handler:
    """The method's handler inside of scopes, the outermost first."""
    if not method.server_streaming:
        return Within(method.handler, scopes).answer
    inner = method.handler

    async def answers(request: Any, context: CallContext) -> AsyncIterator[Any]:
        with Inside(scopes):
            async for response in inner(request, context):
                yield response

    return answers


def _comes_later(descriptor: MethodDescriptor) -> Handler:
    text = (
        f"{descriptor.containing_service.full_name}.{descriptor.name} is in the contract, but this release does not "
        f"serve "
        "it yet"
    )

    async def answer(_request: Any, _context: CallContext) -> Message:
        raise errors.unimplemented(text)

    async def answers(_request: Any, _context: CallContext) -> AsyncIterator[Message]:
        raise errors.unimplemented(text)
        yield

    return answers if descriptor.server_streaming else answer


def methods(descriptor: ServiceDescriptor, implementation: object, middleware: Iterable[Middleware]) -> list[Method]:
    """Every method of the service `descriptor`, bound to `implementation`; the first middleware is the outermost.

    Methods that `implementation` lacks answer UNIMPLEMENTED.
    """
    found = []
    plain_readers = getattr(implementation, "plain_readers", {})
    for each in descriptor.methods:
        method = Method(
            service=descriptor.full_name,
            name=each.name,
            request_type=message_factory.GetMessageClass(each.input_type),
            response_type=message_factory.GetMessageClass(each.output_type),
            client_streaming=each.client_streaming,
            server_streaming=each.server_streaming,
            handler=getattr(implementation, each.name, None) or _comes_later(each),
            served=hasattr(implementation, each.name),
            check_caller=getattr(implementation, "caller_checks", {}).get(each.name),
            read_body=getattr(implementation, "body_readers", {}).get(each.name),
            read_plain=plain_readers.get(each.full_name, plain_readers.get(each.name)),
        )
        found.append(with_middleware(method, middleware))
    return found


def with_middleware(method: Method, middleware: Iterable[Middleware]) -> Method:
    """Returns the method with middleware around each call of it; the first is the outermost."""
    scopes = [scope for each in middleware if (scope := each(method)) is not None]
    return replace(method, handler=_within(method, scopes)) if scopes else method
