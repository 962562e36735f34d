"""What is done with each field of a type, so that messages on the wire become JSON."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from google.protobuf.descriptor import FieldDescriptor

from service.events import json, paths
from service.events.json import JsonError
from service.events.wire_arrays import FIXED32, FIXED64, LENGTH_DELIMITED, VARINT

_TIMESTAMP: Final = "google.protobuf.Timestamp"
_WELL_KNOWN: Final = "google.protobuf."
_LARGEST_FIELD: Final = 2_047  # of those whose tag has two bytes
_WIRE_TYPES: Final = {
    FieldDescriptor.TYPE_BOOL: VARINT,
    FieldDescriptor.TYPE_ENUM: VARINT,
    FieldDescriptor.TYPE_INT32: VARINT,
    FieldDescriptor.TYPE_INT64: VARINT,
    FieldDescriptor.TYPE_UINT32: VARINT,
    FieldDescriptor.TYPE_UINT64: VARINT,
    FieldDescriptor.TYPE_FLOAT: FIXED32,
    FieldDescriptor.TYPE_DOUBLE: FIXED64,
}  # of any other type: length-delimited; a field that comes in another form is an odd one
_KEPT: Final = 2_048  # fields of each kind
_KEPT_BYTES: Final = 512  # of one: larger ones hardly come again
ENDS: Final = b'{}Z"{,'  # what constants begin with
BRACES, ZULU, BRACE, COMMA = 0, 2, 4, 5  # where it has what

TEXT, TIME, MESSAGE, OTHER = range(4)


class Field(NamedTuple):
    """What is done with a field.

    Attributes:
        kind: How it becomes JSON.
        tag: On the wire.
        path: From the message that is rendered.
        name: Where constants have `{"name":"`; behind it is the same with a comma in place of the brace.
        name_size: Of one of them, in bytes.
        inner: The fields of a message by their tags.
        owner: The full name of the type that it is a field of.
        kept: JSON of other fields, by what they are on the wire.
    """

    kind: int
    tag: int
    path: str
    name: int
    name_size: int
    inner: Fields | None
    owner: str
    kept: dict[bytes, bytes]


Fields = dict[int, Field]


def fields_of(message: Any, constants: bytearray, path: str = "", within: tuple[str, ...] = ()) -> Fields:
    """What is done with the fields of a type, by their tags; `within` are the types that it is asked for."""
    fields: Fields = {}
    within = (*within, message.full_name)
    numbers = [field.number for field in message.fields]
    if numbers != sorted(numbers):  # JSON has fields as they are declared
        return fields
    for field in message.fields:
        # Of the members of a oneof the last counts, which is not to be told from each alone.
        if field.containing_oneof is not None or field.number > _LARGEST_FIELD:
            continue
        kind = _kind_of(field, within)
        place = f"{path}.{field.name}".removeprefix(".")
        scalar = _WIRE_TYPES.get(field.type, LENGTH_DELIMITED)
        inner = fields_of(field.message_type, constants, place, within) if kind == MESSAGE else None
        name, name_size = BRACE, 1
        if kind != OTHER:
            start = f'"{paths.to_json(field.name)}":{chr(34) * (kind == TEXT)}'.encode()
            name, name_size = len(constants), len(start) + 1
            constants += b"{" + start + b"," + start
        for wire_type in {scalar, LENGTH_DELIMITED} if field.is_repeated else {scalar}:
            tag = field.number << 3 | wire_type
            fields[tag] = Field(kind, tag, place, name, name_size, inner, message.full_name, {})
    return fields


def _kind_of(field: FieldDescriptor, within: tuple[str, ...]) -> int:
    inner = field.message_type
    if field.is_repeated:
        return OTHER
    if field.type == FieldDescriptor.TYPE_STRING and not field.has_presence:
        return TEXT
    if inner is None or inner.full_name in within:
        return OTHER
    if inner.full_name == _TIMESTAMP:
        return TIME
    return OTHER if inner.full_name.startswith(_WELL_KNOWN) else MESSAGE


def json_of(field: Field, wire: bytes) -> bytes:
    """The JSON of a field without braces; kept for when it comes again; empty when it is not as it should be.

    Args:
        field: Which; of no other kind.
        wire: It, with its tag.
    """
    try:
        text = json.encode(field.owner, wire).encode()[1:-1]
    except JsonError:
        return b""
    if len(wire) <= _KEPT_BYTES:
        if len(field.kept) >= _KEPT:
            field.kept.clear()
        field.kept[wire] = text
    return text
