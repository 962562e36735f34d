"""What is wrong with a request, and the one place that says it as a google.rpc.Status."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2

from service.events import paths

DOMAIN: Final = "footfall"
MAX_VIOLATIONS: Final = 100
"""Violations collected from one event. A hostile event of 64 MiB could break millions of rules."""

TRAILER_BYTES: Final = 7_000
"""What an error may take in gRPC trailers. Clients refuse more than 8 KiB, and other trailers need some of it."""
_MESSAGE_BYTES: Final = 1_024  # of TRAILER_BYTES, percent-encoded
_NAME_BYTES: Final = 512  # of a resource name or subject, as UTF-8
_FRAME_BYTES: Final = 3  # tag and length of one FieldViolation
_GROWTH_BYTES: Final = 8  # by which the lengths of BadRequest and of its Any grow, and a third of a byte of Base64


class Violation(NamedTuple):
    """One broken rule.

    Attributes:
        field: Proto path with indices, relative to the event: `product_details[2].product.id`. Empty: the whole event.
        description: The limit and what was found.
        reason: UPPER_SNAKE, such as MISSING_FIELD.
    """

    field: str
    description: str
    reason: str


class Findings(list[Violation]):
    """The violations found so far; `add` ends the search by raising `Enough` at `MAX_VIOLATIONS`."""

    __slots__ = ()

    class Enough(Exception):  # noqa: N818 - a signal, not an error
        """There are `MAX_VIOLATIONS` of them."""

    def add(self, violation: Violation) -> None:
        """Appends `violation`.

        Raises:
            Enough: It was the last one that counts.
        """
        self.append(violation)
        if len(self) >= MAX_VIOLATIONS:
            raise Findings.Enough


def violation(field: str, rule: str, reason: str = "INVALID_VALUE") -> Violation:
    """Returns the violation of a field whose description is its path in backticks, then `rule`."""
    return Violation(field, f"`{field}` {rule}", reason)


def missing(field: str) -> Violation:
    """Returns the violation of a required field without a value, in Google's words."""
    return Violation(field, _missing_text(paths.to_json(field)), "MISSING_FIELD")


def unsupported_event_type(value: str, remedy: str) -> Violation:
    """Returns the violation of an event type outside the list, in Google's words, then the remedy."""
    shown = paths.quoted(value)[1:-1]
    return Violation("event_type", f"Unsupported eventType {shown}. {remedy}", "UNSUPPORTED_EVENT_TYPE")


def prefixed(violations: Sequence[Violation], proto_prefix: str, json_prefix: str) -> list[Violation]:
    """Moves violations of an event to its place in a request.

    Args:
        violations: As found, relative to the event.
        proto_prefix: Path of the event in the request, such as `input_config.user_event_inline_source.user_events[3]`.
        json_prefix: The same in the HTTP body, without indices: `inputConfig.userEventInlineSource.userEvents`. Empty
            where the body is the event.
    """
    return [_prefixed(item, proto_prefix, json_prefix) for item in violations]


def _prefixed(item: Violation, proto_prefix: str, json_prefix: str) -> Violation:
    field, description, reason = item
    moved = paths.join(proto_prefix, field)
    json_path = paths.to_json(field)
    moved_json_path = paths.join(json_prefix, json_path)
    for before, after in (
        (_missing_text(json_path), _missing_text(moved_json_path)),
        (f"Unsupported {json_path} ", f"Unsupported {moved_json_path} "),
        (f"`{field}` ", f"`{moved}` "),
    ):
        if description.startswith(before):
            return Violation(moved, after + description.removeprefix(before), reason)
    return Violation(moved, description, reason)


def _missing_text(json_path: str) -> str:
    return f'Field "{json_path}" is a required field, but no value is found.'


class RpcError(Exception):
    """The end of a call that did not succeed.

    Attributes:
        code: google.rpc.Code number.
        message: One line for a developer; fits into trailers.
        details: Messages of google.rpc error details, each type at most once, an ErrorInfo first.
        violations: What INVALID_ARGUMENT was about, all of it.
    """

    def __init__(
        self, code: int, message: str, details: tuple[Message, ...], violations: tuple[Violation, ...] = ()
    ) -> None:
        super().__init__(code, message, details, violations)
        self.code = code
        self.message = message
        self.details = details
        self.violations = violations

    def __str__(self) -> str:
        return self.message

    @property
    def reason(self) -> str:
        """What its ErrorInfo says: UPPER_SNAKE, such as MISSING_FIELD."""
        info = self.details[0]
        assert isinstance(info, error_details_pb2.ErrorInfo)
        return info.reason

    def to_status(self) -> status_pb2.Status:
        """Returns the status that goes over the wire."""
        status = status_pb2.Status(code=self.code, message=self.message)
        for detail in self.details:
            packed = any_pb2.Any()
            packed.Pack(detail)
            status.details.append(packed)
        return status


def invalid_argument(violations: Sequence[Violation]) -> RpcError:
    """Returns INVALID_ARGUMENT: the first violation as message, as many as fit into trailers in BadRequest.

    ErrorInfo has the first one's reason, and in metadata `violations` how many there are.
    """
    first = violations[0]
    more = f" (and {len(violations) - 1} more)" if len(violations) > 1 else ""
    message = _fit_message(first.description, _MESSAGE_BYTES - len(more)) + more
    info = _info(first.reason, {"violations": str(len(violations))})
    bad_request = error_details_pb2.BadRequest()
    error = RpcError(code_pb2.INVALID_ARGUMENT, message, (info, bad_request), tuple(violations))
    room = (TRAILER_BYTES - _percent_encoded_size(message)) * 3 // 4 - error.to_status().ByteSize() - _GROWTH_BYTES
    for item in violations:
        field_violation = bad_request.FieldViolation(
            field=_fit(item.field, _NAME_BYTES), description=_fit(item.description, _MESSAGE_BYTES), reason=item.reason
        )
        room -= field_violation.ByteSize() + _FRAME_BYTES
        if room < 0:
            break
        bad_request.field_violations.append(field_violation)
    return error


def not_found(message: str, *, resource_type: str, resource_name: str, reason: str) -> RpcError:
    """Returns NOT_FOUND with the resource in ResourceInfo."""
    return _error(code_pb2.NOT_FOUND, message, reason, _resource(resource_type, resource_name, message))


def already_exists(message: str, *, resource_type: str, resource_name: str, reason: str) -> RpcError:
    """Returns ALREADY_EXISTS with the resource in ResourceInfo."""
    return _error(code_pb2.ALREADY_EXISTS, message, reason, _resource(resource_type, resource_name, message))


def failed_precondition(message: str, *, reason: str, subject: str) -> RpcError:
    """Returns FAILED_PRECONDITION; `subject` is what must change first, such as a resource name."""
    failure = error_details_pb2.PreconditionFailure()
    failure.violations.add(type=reason, subject=_fit(subject, _NAME_BYTES), description=_fit(message, _NAME_BYTES))
    return _error(code_pb2.FAILED_PRECONDITION, message, reason, failure)


def unavailable(message: str, *, reason: str, retry_after_s: float) -> RpcError:
    """Returns UNAVAILABLE, which clients retry, with the wait in seconds."""
    return _error(code_pb2.UNAVAILABLE, message, reason, _retry(retry_after_s))


def resource_exhausted(message: str, *, reason: str, subject: str, retry_after_s: float) -> RpcError:
    """Returns RESOURCE_EXHAUSTED; `subject` is whose quota it was, such as `project:p1`; the wait is in seconds."""
    failure = error_details_pb2.QuotaFailure()
    failure.violations.add(subject=_fit(subject, _NAME_BYTES), description=_fit(message, _NAME_BYTES))
    return _error(code_pb2.RESOURCE_EXHAUSTED, message, reason, failure, _retry(retry_after_s))


def permission_denied(message: str, *, reason: str) -> RpcError:
    """Returns PERMISSION_DENIED: the caller is known and may not."""
    return _error(code_pb2.PERMISSION_DENIED, message, reason)


def unauthenticated(message: str, *, reason: str) -> RpcError:
    """Returns UNAUTHENTICATED: the caller is not known."""
    return _error(code_pb2.UNAUTHENTICATED, message, reason)


def aborted(message: str, *, reason: str) -> RpcError:
    """Returns ABORTED: something else changed what the call was about; start over."""
    return _error(code_pb2.ABORTED, message, reason)


def unimplemented(message: str) -> RpcError:
    """Returns UNIMPLEMENTED: the service has no such method or option."""
    return _error(code_pb2.UNIMPLEMENTED, message, "UNIMPLEMENTED")


def cancelled(message: str) -> RpcError:
    """Returns CANCELLED: the caller, or an operator, ended it."""
    return _error(code_pb2.CANCELLED, message, "CANCELLED")


def deadline_exceeded(message: str) -> RpcError:
    """Returns DEADLINE_EXCEEDED: the caller's time was up."""
    return _error(code_pb2.DEADLINE_EXCEEDED, message, "DEADLINE_EXCEEDED")


def internal(message: str) -> RpcError:
    """Returns INTERNAL: a fault of the service."""
    return _error(code_pb2.INTERNAL, message, "INTERNAL")


def _error(code: int, message: str, reason: str, *details: Message) -> RpcError:
    return RpcError(code, _fit_message(message, _MESSAGE_BYTES), (_info(reason, {}), *details))


def _info(reason: str, metadata: dict[str, str]) -> error_details_pb2.ErrorInfo:
    return error_details_pb2.ErrorInfo(reason=reason, domain=DOMAIN, metadata=metadata)


def _resource(resource_type: str, resource_name: str, message: str) -> error_details_pb2.ResourceInfo:
    name, description = _fit(resource_name, _NAME_BYTES), _fit(message, _NAME_BYTES)
    return error_details_pb2.ResourceInfo(resource_type=resource_type, resource_name=name, description=description)


def _retry(seconds: float) -> error_details_pb2.RetryInfo:
    delay = duration_pb2.Duration(seconds=int(seconds), nanos=int(seconds % 1 * 1e9))
    return error_details_pb2.RetryInfo(retry_delay=delay)


def _fit(text: str, size: int) -> str:
    """Cuts `text` to `size` bytes of UTF-8."""
    data = text.encode()
    return text if len(data) <= size else data[: size - len("…".encode())].decode(errors="ignore") + "…"


def _fit_message(text: str, size: int) -> str:
    """Cuts `text` to what takes `size` bytes in the trailer grpc-message."""
    text = _fit(text, size)
    while _percent_encoded_size(text) > size:
        text = _fit(text, len(text.encode()) * 3 // 4)
    return text


def _percent_encoded_size(text: str) -> int:
    """Returns the length of `text` in the trailer grpc-message: printable ASCII as it is, other bytes as %XX."""
    return sum(1 if 0x20 <= byte <= 0x7E and byte != 0x25 else 3 for byte in text.encode())
