"""A client made from the server's own reflection, in a descriptor pool of its own.

It reaches every served method with every field of ours, and lives in one process with Google's official clients, whose
descriptors carry the same names.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc
from google.protobuf import descriptor_pool, message_factory
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

EVENT_LOG = "footfall.v1.EventLogService"
RETAIL = "google.cloud.retail.v2.UserEventService"
TALENT = "google.cloud.talent.v4.EventService"
OPERATIONS = "google.longrunning.Operations"


class _Schema:
    """What every server of a run says of itself: one pool for all, asked of the server that is being called.

    Where each test had a pool of its own, the interpreter was seen to crash: protobuf finds classes of messages by
    addresses inside pools.
    """

    def __init__(self) -> None:
        self._channel: grpc.Channel | None = None
        self._database: ProtoReflectionDescriptorDatabase | None = None
        self._pool = descriptor_pool.DescriptorPool(self)

    def of(self, channel: grpc.Channel) -> descriptor_pool.DescriptorPool:
        if channel is not self._channel:
            self._channel = channel
            self._database = ProtoReflectionDescriptorDatabase(channel)
        return self._pool

    def __getattr__(self, name: str) -> Any:  # FindFileByName and the like
        return getattr(self._database, name)


_schema = _Schema()


class ReflectedClient:
    """Calls methods by name: `client.call(EVENT_LOG, "ListUserEvents", parent=...)`."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.channel = channel

    @property
    def pool(self) -> descriptor_pool.DescriptorPool:
        """The server's schema."""
        return _schema.of(self.channel)

    def message(self, name: str, **fields: Any) -> Any:
        """A message by its full name; fields may be dicts."""
        return message_factory.GetMessageClass(self.pool.FindMessageTypeByName(name))(**fields)

    def call(self, service: str, method: str, request: Any = None, *, timeout: float = 60, **fields: Any) -> Any:
        """A unary call, or a client-streaming one when `request` is an iterator of messages."""
        descriptor = self.pool.FindServiceByName(service).FindMethodByName(method)
        request_type = message_factory.GetMessageClass(descriptor.input_type)
        response_type = message_factory.GetMessageClass(descriptor.output_type)
        make = self.channel.stream_unary if descriptor.client_streaming else self.channel.unary_unary
        stub = make(
            f"/{service}/{method}",
            request_serializer=request_type.SerializeToString,
            response_deserializer=response_type.FromString,
        )
        return stub(request_type(**fields) if request is None else request, timeout=timeout)

    def stream(self, service: str, method: str, requests: Iterator[Any], *, timeout: float = 60) -> Any:
        """A call that streams both ways: an iterator of its responses."""
        descriptor = self.pool.FindServiceByName(service).FindMethodByName(method)
        stub = self.channel.stream_stream(
            f"/{service}/{method}",
            request_serializer=message_factory.GetMessageClass(descriptor.input_type).SerializeToString,
            response_deserializer=message_factory.GetMessageClass(descriptor.output_type).FromString,
        )
        return stub(requests, timeout=timeout)

    def all(self, method: str, items: str, parent: str, page_size: int = 1000) -> Iterator[Any]:
        """Every item of a list of EventLogService, page by page."""
        token = ""
        while True:
            page = self.call(EVENT_LOG, method, parent=parent, page_size=page_size, page_token=token)
            yield from getattr(page, items)
            token = page.next_page_token
            if not token:
                return

    def user_events(self, catalog: str) -> list[Any]:
        """Every stored user event of a catalog."""
        return list(self.all("ListUserEvents", "user_events", catalog))

    def client_events(self, tenant: str) -> list[Any]:
        """Every stored client event of a tenant."""
        return list(self.all("ListClientEvents", "client_events", tenant))

    def rejected(self, parent: str) -> list[Any]:
        """Every rejection of a catalog or tenant."""
        return list(self.all("ListRejectedEvents", "rejected_events", parent))

    def wait(self, operation: str, timeout: float = 300) -> Any:
        """The operation once it has ended."""
        while True:
            found = self.call(OPERATIONS, "WaitOperation", name=operation, timeout=timeout)
            if found.done:
                return found
