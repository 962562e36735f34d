"""Operations as Google's REST clients take them.

Those clients read what is packed in an operation strictly: a field that their copy of the schema lacks ends the call
with an error. Under Google's own paths such fields, which are numbered from 1001 up, are therefore left out; the same
operation under /v1 has them.
"""

from __future__ import annotations

from typing import Final

from google.longrunning import operations_proto_pb2
from google.protobuf import any_pb2, descriptor_pool, message_factory
from google.protobuf.message import Message

_OWN_PATHS: Final = "/v1/"
_FIRST_OWN_NUMBER: Final = 1001


def without_ours(response: Message | bytes, template: str) -> Message | bytes:
    """Returns a response without what Google's REST clients refuse, if it was asked for under a path of theirs.

    Args:
        response: What a method returned; it is changed.
        template: The path of the binding.
    """
    if template.startswith(_OWN_PATHS) or isinstance(response, bytes):
        return response
    if isinstance(response, operations_proto_pb2.Operation):
        operations = [response]
    elif isinstance(response, operations_proto_pb2.ListOperationsResponse):
        operations = list(response.operations)
    else:
        return response
    for operation in operations:
        for packed in (operation.metadata, operation.response):
            if packed.value:
                _strip(packed)
    return response


def _strip(packed: any_pb2.Any) -> None:
    descriptor = descriptor_pool.Default().FindMessageTypeByName(packed.TypeName())
    if not any(field.number >= _FIRST_OWN_NUMBER for field in descriptor.fields):
        return
    message = message_factory.GetMessageClass(descriptor).FromString(packed.value)
    for field, _ in message.ListFields():
        if field.number >= _FIRST_OWN_NUMBER:
            message.ClearField(field.name)
    packed.value = message.SerializeToString()
