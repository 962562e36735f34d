"""The message types that `json` reads and writes: classes of protobuf-py, made from the committed descriptors.

A type brings only the files that it needs, on first use: making them all takes some 15 ms.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Final

from google.protobuf import struct_pb2
from google.rpc import error_details_pb2
from protobuf import DescFile, Message, Registry

# The only way to a descriptor from bytes: it is what the code that protobuf-py generates calls.
from protobuf._file_registry import create_file_registry
from protobuf.wkt import FileDescriptorProto, FileDescriptorSet
from protobuf.wkt.google.protobuf.descriptor_pb import DescriptorProto

from service.events import paths

_ANY_FILE: Final = "google/protobuf/any.proto"


_lock: Final = threading.Lock()


def message_type(name: str) -> tuple[type[Message], Registry | None]:
    """Returns the class for the full name `name`, such as `google.cloud.retail.v2.UserEvent`.

    Beside it what resolves google.protobuf.Any, if the type may hold any.

    Raises:
        LookupError: The contract has no such message at the top level of a file.
    """
    with _lock:
        file = _file(_file_names()[name])
        desc = next(message for message in file.messages if message.type_name == name)
        return desc.type, _registry() if _imports_any(file) else None


@cache
def _protos() -> dict[str, FileDescriptorProto]:
    """Returns the files by name; beside our own those of what an error may carry in google.protobuf.Any."""
    contract = FileDescriptorSet.from_binary(resources.files("generated").joinpath("descriptors.binpb").read_bytes())
    extra = [FileDescriptorProto.from_binary(pb2.DESCRIPTOR.serialized_pb) for pb2 in (error_details_pb2, struct_pb2)]
    for proto in extra:
        _set_json_names(proto.message_type)
    return {proto.name: proto for proto in [*extra, *contract.file]}


def _set_json_names(messages: Iterable[DescriptorProto]) -> None:
    """Modules that protoc made for Python leave the JSON names of fields out of their descriptors."""
    for message in messages:
        for field in message.field:
            field.json_name = paths.to_json(field.name)
        _set_json_names(message.nested_type)


@cache
def _file_names() -> dict[str, str]:
    """Returns the file of each message at the top level of one."""
    return {
        f"{proto.package}.{message.name}": proto.name for proto in _protos().values() for message in proto.message_type
    }


@cache
def _file(name: str) -> DescFile:
    proto = _protos()[name]
    imports = {path: _file(path) for path in proto.dependency}
    file = create_file_registry(proto, imports.get).file(name)
    assert file is not None
    return file


@cache
def _registry() -> Registry:
    """Returns what resolves any message; to make it takes some 10 ms."""
    return Registry(*map(_file, _protos()))


@cache
def _imports_any(file: DescFile) -> bool:
    return file.name == _ANY_FILE or any(map(_imports_any, file.dependencies))
