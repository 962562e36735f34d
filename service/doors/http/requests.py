"""Requests: from the path, the query and the body of an HTTP call to the message that a method takes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from service.doors.http import parameters
from service.doors.http.bindings import Binding
from service.events import errors, json, paths
from service.events.errors import Violation


def request_of(
    binding: Binding, variables: dict[str, str], pairs: Sequence[tuple[str, str]], body: bytes | None
) -> Message:
    """Puts a request together; what is in the path counts more than what is in the body.

    Args:
        binding: How the method was called.
        variables: The fields in the path.
        pairs: The fields in the query.
        body: The body; None for a binding without one.

    Raises:
        RpcError: INVALID_ARGUMENT with every part that is no field, or has no value of its type.
    """
    request = binding.method.request_type()
    if body:
        _read_body(request, binding, body)
    elif binding.body not in ("", "*"):
        getattr(request, binding.body).SetInParent()
    if pairs:
        if binding.body == "*":
            raise errors.invalid_argument([_not_in_query(name) for name, _ in pairs])
        request.MergeFromString(parameters.to_wire(binding.method.request_type, pairs))
    for name, value in variables.items():
        *parents, last = name.split(".")
        message: Any = request
        for parent in parents:
            message = getattr(message, parent)
        setattr(message, last, value)
    return request


def plain_request(
    binding: Binding, variables: dict[str, str], pairs: Sequence[tuple[str, str]], body: bytes | None
) -> Any | None:
    """What the method takes in a request's place, where it has something of the kind. Arguments: see `request_of`."""
    read = binding.method.read_plain
    if read is None or not body or pairs or binding.body in ("", "*"):
        return None
    return read(variables, body)


def _read_body(request: Message, binding: Binding, body: bytes) -> None:
    field = "" if binding.body == "*" else binding.body
    message: Message = getattr(request, field) if field else request
    if binding.method.read_body is not None:
        message.CopyFrom(binding.method.read_body(body))
        return
    try:
        wire = json.decode(message.DESCRIPTOR.full_name, body)
    except json.JsonError as error:
        raise errors.invalid_argument(errors.prefixed(error.violations, field, "")) from None
    message.SetInParent()
    message.MergeFromString(wire)


def _not_in_query(name: str) -> Violation:
    shown = paths.cut(name)
    text = (
        f'Invalid JSON payload received. Unknown name "{shown}": Cannot bind query parameter. Every field of this '
        "request belongs in its body."
    )
    return Violation(shown, text, "INVALID_VALUE")


@cache
def bytes_field(descriptor: Descriptor) -> FieldDescriptor | None:
    """Returns the field of a client stream's messages that a raw body is cut into: the one field of type bytes."""
    found = [field for field in descriptor.fields if field.type == FieldDescriptor.TYPE_BYTES]
    return found[0] if len(found) == 1 else None
