"""The message types that `json` reads and writes: classes of protobuf-py, made from the committed descriptors.

A type brings only the files that it needs, on first use: making them all takes some 15 ms.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Final, NamedTuple

from google.protobuf import struct_pb2
from google.rpc import error_details_pb2
from protobuf import DescFile, Message, Registry

# The only way to a descriptor from bytes: it is what the code that protobuf-py generates calls.
from protobuf._file_registry import create_file_registry
from protobuf.wkt import FileDescriptorProto, FileDescriptorSet
from protobuf.wkt.google.protobuf.descriptor_pb import DescriptorProto

from service.events import paths

_ANY_FILE: Final = "google/protobuf/any.proto"


class MessageType(NamedTuple):
    """A message type.

    Attributes:
        cls: Its class; `cls.desc()` is its descriptor.
        registry: Resolves google.protobuf.Any; None for a type that holds none.
    """

    cls: type[Message]
    registry: Registry | None


_types: Final[dict[str, MessageType]] = {}
_making: Final = threading.Lock()


def message_type(name: str) -> MessageType:
    """Returns the type of the full name `name`, such as `google.cloud.retail.v2.UserEvent`.

    Raises:
        LookupError: The contract has no such message at the top level of a file.
    """
    return _types.get(name) or _make(name)


def _make(name: str) -> MessageType:
    with _making:
        files = _with_imports([_file_names()[name]])
        registry = _registry() if any(file.name == _ANY_FILE for file in files) else None
        desc = next(message for message in files[-1].messages if message.type_name == name)
        return _types.setdefault(name, MessageType(desc.type, registry))


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


def _with_imports(names: Iterable[str]) -> list[DescFile]:
    """Returns the named files and all that they import, each after its imports."""
    files: dict[str, DescFile] = {}
    for file in map(_file, names):
        files |= {each.name: each for each in _with_imports(each.name for each in file.dependencies)}
        files[file.name] = file
    return list(files.values())


@cache
def _registry() -> Registry:
    return Registry(*map(_file, _protos()))
