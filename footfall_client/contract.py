"""Footfall's messages, in a descriptor pool of their own: the default one has the same names of Google's packages."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_FILE: Final = "contract.binpb"  # written by `make generate`
_API: Final = "footfall.v1"


@cache
def pool() -> descriptor_pool.DescriptorPool:
    """The pool."""
    found = descriptor_pool.DescriptorPool()
    data = files("footfall_client").joinpath(_FILE).read_bytes()
    for file in descriptor_pb2.FileDescriptorSet.FromString(data).file:  # each behind what it imports
        found.Add(file)
    return found


@cache
def message_type(name: str) -> Any:
    """The class of a message by its full name, or by its name in footfall.v1."""
    full_name = name if "." in name else f"{_API}.{name}"
    return message_factory.GetMessageClass(pool().FindMessageTypeByName(full_name))
