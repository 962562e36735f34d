"""What server reflection shows: the whole contract, with the JSON names of fields.

The descriptors that Python modules register lack those names, and tools such as grpcurl would print `visitor_id` where
proto3 JSON says `visitorId`. The committed descriptor set has them.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import resources
from types import ModuleType

from google.protobuf.descriptor_pb2 import DescriptorProto, FileDescriptorProto, FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from service.events import paths

_NOT_IN_THE_CONTRACT = (error_details_pb2, health_pb2, reflection_pb2)


def descriptor_pool() -> DescriptorPool:
    """Descriptors of all that is served, and of the details that errors carry."""
    pool = DescriptorPool()
    contract = FileDescriptorSet.FromString(resources.files("generated").joinpath("descriptors.binpb").read_bytes())
    for file in [*contract.file, *map(_file, _NOT_IN_THE_CONTRACT)]:
        pool.AddSerializedFile(file.SerializeToString())
    return pool


def _file(module: ModuleType) -> FileDescriptorProto:
    file = FileDescriptorProto.FromString(module.DESCRIPTOR.serialized_pb)
    _set_json_names(file.message_type)
    return file


def _set_json_names(messages: Iterable[DescriptorProto]) -> None:
    for message in messages:
        for field in message.field:
            field.json_name = paths.to_json(field.name)
        _set_json_names(message.nested_type)
