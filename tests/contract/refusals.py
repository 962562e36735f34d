"""How a refused call looks to a user of the official clients: an exception class, and google.rpc error details in it.

Calls without an official client (our own service) are looked at in the same way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import grpc
import pytest
from google.api_core.exceptions import GoogleAPICallError, from_grpc_error
from google.protobuf import any_pb2, descriptor_pool, json_format, message_factory
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo

M = TypeVar("M", bound=Message)

_REQUEST = re.compile(r"^[A-Z]+ https?://\S+: ")  # what the REST clients put before a message
_REASON = re.compile(r"[A-Z][A-Z0-9_]+[A-Z0-9]")  # AIP-193


class Refusal:
    """The error of a call; filled in when the `with refused(...)` block ends."""

    error: GoogleAPICallError

    @property
    def message(self) -> str:
        return _REQUEST.sub("", str(self.error.message))

    @property
    def reason(self) -> str:
        return str(self.error.reason)

    def detail(self, kind: type[M]) -> M:
        """The detail of that kind, of which there is one."""
        (found,) = [detail for detail in _details(self.error) if isinstance(detail, kind)]
        return found

    @property
    def violations(self) -> list[BadRequest.FieldViolation]:
        return list(self.detail(BadRequest).field_violations)

    @property
    def fields(self) -> dict[str, str]:
        """The reason why each field was refused, by proto path."""
        return {violation.field: violation.reason for violation in self.violations}


def _details(error: GoogleAPICallError) -> list[Message]:
    """The error details; over REST the client leaves them as JSON."""
    return [_unpacked(detail) if isinstance(detail, dict) else detail for detail in error.details]


def _unpacked(detail: dict[str, Any]) -> Message:
    packed = json_format.ParseDict(detail, any_pb2.Any())
    name = packed.TypeName()
    message = message_factory.GetMessageClass(descriptor_pool.Default().FindMessageTypeByName(name))()
    packed.Unpack(message)
    return message


@contextmanager
def refused(kind: type[GoogleAPICallError]) -> Iterator[Refusal]:
    """Expects a call to be refused with the exception class `kind`.

    Whatever the error, it has to say why in an ErrorInfo of ours, and no kind of detail comes twice.
    """
    refusal = Refusal()
    with pytest.raises((GoogleAPICallError, grpc.RpcError)) as caught:
        yield refusal
    error: Any = caught.value
    if isinstance(error, grpc.RpcError):
        error = from_grpc_error(error)
    refusal.error = error
    # Over REST the class is that of the HTTP status, which several gRPC statuses share.
    assert type(error) is kind or (error.grpc_status_code is None and error.code == kind.code)
    assert error.domain == "footfall"
    assert _REASON.fullmatch(error.reason)
    kinds = [type(detail) for detail in _details(error)]
    assert kinds[0] is ErrorInfo
    assert len(set(kinds)) == len(kinds)
