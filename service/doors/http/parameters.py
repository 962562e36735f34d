"""Query parameters: those of every Google API, and the fields of a request."""

from __future__ import annotations

import json as plain_json
import re
from binascii import a2b_qp
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qsl

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from service.events import errors, json, paths
from service.events.errors import Violation

MAX_PARAMETERS: Final = 1_000

_SYSTEM: Final = frozenset(
    {"alt", "fields", "prettyPrint", "key", "access_token", "oauth_token", "callback", "quotaUser", "userIp"}
    | {"upload_protocol", "uploadType", "xgafv"}
)
_TRUE: Final = frozenset({"", "1", "true", "True", "TRUE"})
_ENCODINGS: Final = ("json", "proto", "media")
_STRINGS: Final = frozenset(
    {f"google.protobuf.{name}" for name in ("Timestamp", "Duration", "FieldMask")}
    | {f"google.protobuf.{kind}Value" for kind in ("String", "Bytes", "Bool", "Int32", "Int64", "UInt32", "UInt64")}
    | {f"google.protobuf.{kind}Value" for kind in ("Float", "Double")}
)
_NUMBER: Final = re.compile(r"-?[0-9]{1,10}")
_BOOLEANS: Final = {"true": True, "false": False}
_NO_ESCAPE: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class System:
    """The parameters that every Google API takes, with or without `$` before the name.

    Attributes:
        alt: json, proto or media; empty when the caller did not say.
        enums_as_ints: `enum-encoding=int`.
        pretty: `prettyPrint`.
        fields: Which fields of the response are wanted, in Google's partial response syntax; empty: all.
    """

    alt: str = ""
    enums_as_ints: bool = False
    pretty: bool = False
    fields: str = ""


NO_SYSTEM: Final = System()


def parse(query: bytes, encoding: str = "ascii") -> tuple[System, list[tuple[str, str]]]:
    """Splits a query string into system parameters and the others.

    Args:
        query: As it was sent, percent-encoded.
        encoding: Of what is not percent-encoded in it.

    Raises:
        RpcError: INVALID_ARGUMENT when it is not percent-encoded UTF-8, has too many parameters, or `alt` is unknown.
    """
    if not query:
        return NO_SYSTEM, []
    try:
        pairs = _pairs(query, encoding)
    except ValueError as error:
        text = f"The query is not percent-encoded UTF-8 of at most {MAX_PARAMETERS} parameters: {error}."
        raise errors.invalid_argument([Violation("", text, "INVALID_VALUE")]) from None
    given: dict[str, str] = {}
    others = []
    for name, value in pairs:
        plain = name.removeprefix("$").removeprefix(".")
        if plain in _SYSTEM:
            given[plain] = value
        else:
            others.append((name, value))
    return _system(given) if given else NO_SYSTEM, others


def _pairs(query: bytes, encoding: str) -> list[tuple[str, str]]:
    """What parse_qsl makes of a query, with the percent-decoding of a whole value left to C."""
    text = query.decode(encoding)
    parts = query.replace(b"+", b" ").split(b"&")
    if len(parts) <= MAX_PARAMETERS and not _NO_ESCAPE.search(query):
        split = [part.partition(b"=") for part in parts if part]
        try:
            return [(_decoded(name), _decoded(value)) for name, _, value in split]
        except UnicodeDecodeError:
            pass  # parse_qsl says where
    return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS)


def _decoded(text: bytes) -> str:
    """Percent-decoding, as the decoding of quoted-printable: it has the same escapes behind another character."""
    if b"%" in text:
        text = a2b_qp(text.replace(b"=", b"=3D").replace(b"%", b"="))
    return text.decode()


def system(query: bytes) -> System:
    """The system parameters of a query string; the usual ones when it can't be read."""
    try:
        return parse(query)[0]
    except errors.RpcError:
        return NO_SYSTEM


def _system(given: dict[str, str]) -> System:
    alt, _, options = given.get("alt", "").partition(";")
    if alt and alt not in _ENCODINGS:
        raise errors.invalid_argument([errors.violation("alt", f"must be one of {', '.join(_ENCODINGS)}.")])
    return System(
        alt=alt,
        enums_as_ints="enum-encoding=int" in options.split(";"),
        pretty=given.get("prettyPrint", "false") in _TRUE,
        fields=given.get("fields", ""),
    )


def to_wire(request_type: type[Message], pairs: Sequence[tuple[str, str]]) -> bytes:
    """Turns query parameters into a request in wire format.

    Args:
        request_type: The type of the request.
        pairs: Names, of fields in fields too (`a.bC` or `a.b_c`), and values; repeated fields come several times.

    Raises:
        RpcError: INVALID_ARGUMENT naming every parameter that is no field, or has no value of its type.
    """
    tree: dict[str, Any] = {}
    violations: list[Violation] = []
    for name, value in pairs:
        violation = _put(tree, request_type.DESCRIPTOR, name, value)
        if violation is not None:
            violations.append(violation)
    if violations:
        raise errors.invalid_argument(violations)
    request = request_type()
    for name in [name for name, value in tree.items() if isinstance(value, str) and _is_text(request_type, name)]:
        setattr(request, name, tree.pop(name))
    if not tree:
        return request.SerializeToString()
    try:
        return request.SerializeToString() + json.decode(request_type.DESCRIPTOR.full_name, plain_json.dumps(tree))
    except json.JsonError as error:
        raise errors.invalid_argument(error.violations) from None


def _put(tree: dict[str, Any], descriptor: Any, name: str, value: str) -> Violation | None:
    *parents, last = name.split(".")
    for part in parents:
        parent = _fields(descriptor).get(part)
        if parent is None or parent.message_type is None or parent.is_repeated:
            return _unknown(name)
        tree = tree.setdefault(parent.name, {})
        descriptor = parent.message_type
        if not isinstance(tree, dict):
            return _unknown(name)
    field = _fields(descriptor).get(last)
    if field is None or (field.message_type is not None and field.message_type.full_name not in _STRINGS):
        return _unknown(name)
    if field.is_repeated:
        tree.setdefault(field.name, []).append(_json_value(field, value))
    elif field.name in tree:
        return errors.violation(name, "must be given once; it is not a list.")
    else:
        tree[field.name] = _json_value(field, value)
    return None


def _json_value(field: FieldDescriptor, value: str) -> Any:
    if field.type == FieldDescriptor.TYPE_BOOL:
        return _BOOLEANS.get(value, value)
    if field.type == FieldDescriptor.TYPE_ENUM and _NUMBER.fullmatch(value):
        return int(value)
    if field.message_type is not None and field.message_type.full_name == "google.protobuf.FieldMask":
        return ",".join(map(paths.to_json, value.split(",")))
    return value


def _is_text(request_type: type[Message], name: str) -> bool:
    """Whether any text is a value of the field, and none the same as no value."""
    field = request_type.DESCRIPTOR.fields_by_name[name]
    return field.type == FieldDescriptor.TYPE_STRING and not field.has_presence


@lru_cache(maxsize=512)
def _fields(descriptor: Any) -> dict[str, FieldDescriptor]:
    return {name: field for field in descriptor.fields for name in (field.name, field.json_name)}


def _unknown(name: str) -> Violation:
    # The words are those of Google's servers.
    shown = paths.cut(name)
    text = (
        f"Invalid JSON payload received. Unknown name \"{shown}\": Cannot bind query parameter. Field '{shown}' could "
        "not be found in request message."
    )
    return Violation(shown, text, "INVALID_VALUE")
