"""Responses: from a message, or an error, to the body of an HTTP answer."""

from __future__ import annotations

import json as plain_json
import re
from typing import Any, Final, NamedTuple

from google.api.httpbody_pb2 import HttpBody
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2

from service.doors.http.parameters import System
from service.events import errors, json

JSON: Final = "application/json; charset=UTF-8"
_PROTO: Final = "application/x-protobuf"
_HTTP_BODY: Final = HttpBody.DESCRIPTOR.full_name
_STATUS: Final = "google.rpc.Status"

# google/rpc/code.proto
HTTP_STATUS: Final[dict[int, int]] = {
    code_pb2.CANCELLED: 499,
    code_pb2.UNKNOWN: 500,
    code_pb2.INVALID_ARGUMENT: 400,
    code_pb2.DEADLINE_EXCEEDED: 504,
    code_pb2.NOT_FOUND: 404,
    code_pb2.ALREADY_EXISTS: 409,
    code_pb2.PERMISSION_DENIED: 403,
    code_pb2.UNAUTHENTICATED: 401,
    code_pb2.RESOURCE_EXHAUSTED: 429,
    code_pb2.FAILED_PRECONDITION: 400,
    code_pb2.ABORTED: 409,
    code_pb2.OUT_OF_RANGE: 400,
    code_pb2.UNIMPLEMENTED: 501,
    code_pb2.INTERNAL: 500,
    code_pb2.UNAVAILABLE: 503,
    code_pb2.DATA_LOSS: 500,
}

_FIELD_TOKENS: Final = re.compile(r"[^,()/]+|[,()/]")
_MAX_FIELDS_CHARS: Final = 5_000
_MAX_FIELDS_DEPTH: Final = 32


class Answer(NamedTuple):
    """What goes back: a status, a content type, and a body."""

    status: int
    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


def answer(response: Message | bytes, response_type: type[Message], system: System, *, as_json: bool = False) -> Answer:
    """Returns the answer of a call that succeeded.

    Args:
        response: What the method returned.
        response_type: Its type, for bytes.
        system: What the caller asked for.
        as_json: Whether an HttpBody, too, is to be JSON, unless `alt` says otherwise.
    """
    if isinstance(response, bytes):
        name, wire = response_type.DESCRIPTOR.full_name, response
    else:
        name, wire = response.DESCRIPTOR.full_name, response.SerializeToString()
    if system.alt == "proto":
        return Answer(200, _PROTO, wire)
    if name == _HTTP_BODY and (system.alt == "media" or not (system.alt or as_json)):
        body = HttpBody.FromString(wire)
        return Answer(200, body.content_type, body.data)
    return Answer(200, JSON, to_json(name, wire, system))


def to_json(name: str, wire: bytes, system: System) -> bytes:
    """Returns a message as JSON, as `system` says.

    Raises:
        RpcError: INVALID_ARGUMENT when `fields` can't be read.
    """
    if not system.fields:
        return json.encode(name, wire, enums_as_ints=system.enums_as_ints, indent=2 if system.pretty else None).encode()
    value = plain_json.loads(json.encode(name, wire, enums_as_ints=system.enums_as_ints))
    part = _part(value, field_tree(system.fields))
    if system.pretty:
        return plain_json.dumps(part, ensure_ascii=False, indent=2).encode()
    return plain_json.dumps(part, ensure_ascii=False, separators=(",", ":")).encode()


def failure(error: errors.RpcError, system: System, request_id: str) -> Answer:
    """Returns the answer of a call that failed, in the shape of AIP-193; with `alt=proto` a google.rpc.Status.

    Args:
        error: What was wrong.
        system: What the caller asked for.
        request_id: Of the request, for RequestInfo.
    """
    return error_answer(HTTP_STATUS[error.code], error.to_status(), system, request_id)


def error_answer(code: int, status: status_pb2.Status, system: System, request_id: str) -> Answer:
    """Returns an answer with the given HTTP status and error.

    Args:
        code: The HTTP status.
        status: The error.
        system: What the caller asked for.
        request_id: Of the request, for RequestInfo.
    """
    status.details.add().Pack(error_details_pb2.RequestInfo(request_id=request_id))
    wire = status.SerializeToString()
    if system.alt == "proto":
        return Answer(code, _PROTO, wire)
    shown = plain_json.loads(json.encode(_STATUS, wire))
    error = {
        "code": code,
        "message": status.message,
        "status": code_pb2.Code.Name(status.code),
        "details": shown["details"],
    }
    text = plain_json.dumps({"error": error}, ensure_ascii=False, indent=2 if system.pretty else None)
    return Answer(code, JSON, text.encode())


def field_tree(text: str) -> dict[str, Any]:
    """Reads Google's partial response syntax: `a,b/c,d(e,f)`, with `*` for every field.

    Returns:
        For each name what is wanted below it; nothing: all.

    Raises:
        RpcError: INVALID_ARGUMENT.
    """
    if len(text) > _MAX_FIELDS_CHARS:
        raise errors.invalid_argument(
            [errors.violation("fields", f"must have at most {_MAX_FIELDS_CHARS} characters.")]
        )
    tokens = _FIELD_TOKENS.findall(text)
    tree: dict[str, Any] = {}
    end = _read_fields(tokens, 0, tree, 0)
    if end < len(tokens):
        raise _bad_fields()
    return tree


def _read_fields(tokens: list[str], at: int, tree: dict[str, Any], depth: int) -> int:
    if depth > _MAX_FIELDS_DEPTH:
        raise _bad_fields()
    while True:
        below = tree
        while True:
            if at >= len(tokens) or tokens[at] in ",()/":
                raise _bad_fields()
            below = below.setdefault(tokens[at].strip(), {})
            at += 1
            if at >= len(tokens) or tokens[at] != "/":
                break
            at += 1
        if at < len(tokens) and tokens[at] == "(":
            at = _read_fields(tokens, at + 1, below, depth + 1)
            if at >= len(tokens) or tokens[at] != ")":
                raise _bad_fields()
            at += 1
        if at >= len(tokens) or tokens[at] != ",":
            return at
        at += 1


def _bad_fields() -> errors.RpcError:
    return errors.invalid_argument(
        [errors.violation("fields", "must be names with commas between them, such as name,metadata(createTime).")]
    )


def _part(value: Any, tree: dict[str, Any]) -> Any:
    if not tree:
        return value
    if isinstance(value, list):
        return [_part(item, tree) for item in value]
    if not isinstance(value, dict):
        return value
    below: Any = tree.get("*")
    return {
        name: _part(item, tree.get(name, below)) for name, item in value.items() if name in tree or below is not None
    }
