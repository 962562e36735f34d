"""Field masks on what is read back (AIP-157)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from google.protobuf.descriptor import Descriptor
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message

from service.events import errors, paths

M = TypeVar("M", bound=Message)


def reader(mask: FieldMask, message_type: type[M]) -> Callable[[M], M]:
    """Returns what cuts messages down to the fields of a read mask.

    Args:
        mask: Empty, or `*`: everything. The name is always kept.
        message_type: The type of the messages.

    Raises:
        RpcError: INVALID_ARGUMENT for a path that the type does not have.
    """
    if not mask.paths or list(mask.paths) == ["*"]:
        return lambda message: message
    wanted = FieldMask(paths=["name", *mask.paths])
    for path in mask.paths:
        if not FieldMask(paths=[path]).IsValidForDescriptor(cast("Descriptor", message_type.DESCRIPTOR)):
            rule = f"has {paths.quoted(path)}, which is no field of {message_type.DESCRIPTOR.name}."
            raise errors.invalid_argument([errors.violation("read_mask", rule, "INVALID_VALUE")])

    def keep(message: M) -> M:
        cut = message_type()
        wanted.MergeMessage(message, cut)
        return cut

    return keep
