"""Messages as JSON Schema: what their proto3 JSON looks like, as OpenAPI 3.1 has it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from itertools import combinations
from typing import Any, Final

from google.api import field_behavior_pb2
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

Schema = dict[str, Any]

_REFERENCE: Final = re.compile(r"\[([^\]]+)\]\[[^\]]*\]")
_INTEGERS: Final = {"int32": (-(2**31), 2**31 - 1), "uint32": (0, 2**32 - 1)}
_KINDS: Final = {
    FieldDescriptor.TYPE_DOUBLE: "double",
    FieldDescriptor.TYPE_FLOAT: "float",
    FieldDescriptor.TYPE_INT64: "int64",
    FieldDescriptor.TYPE_SINT64: "int64",
    FieldDescriptor.TYPE_SFIXED64: "int64",
    FieldDescriptor.TYPE_UINT64: "uint64",
    FieldDescriptor.TYPE_FIXED64: "uint64",
    FieldDescriptor.TYPE_INT32: "int32",
    FieldDescriptor.TYPE_SINT32: "int32",
    FieldDescriptor.TYPE_SFIXED32: "int32",
    FieldDescriptor.TYPE_UINT32: "uint32",
    FieldDescriptor.TYPE_FIXED32: "uint32",
    FieldDescriptor.TYPE_BOOL: "bool",
    FieldDescriptor.TYPE_STRING: "string",
    FieldDescriptor.TYPE_BYTES: "bytes",
}


def _scalar(kind: str) -> Schema:
    """What protobuf.dev/programming-guides/json says of a scalar type."""
    match kind:
        case "int32" | "uint32":
            low, high = _INTEGERS[kind]
            return {"type": "integer", "format": kind, "minimum": low, "maximum": high}
        case "int64" | "uint64":
            return {"type": "string", "format": kind, "pattern": "^-?[0-9]+$" if kind == "int64" else "^[0-9]+$"}
        case "float" | "double":
            return {"type": "number", "format": kind}
        case "bool":
            return {"type": "boolean"}
        case "bytes":
            return {"type": "string", "format": "byte"}
    return {"type": "string"}


_WELL_KNOWN: Final[Mapping[str, Schema]] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Duration": {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]{1,9})?s$"},
    "google.protobuf.FieldMask": {"type": "string"},
    "google.protobuf.Empty": {"type": "object", "additionalProperties": False},
    "google.protobuf.Struct": {"type": "object"},
    "google.protobuf.Value": {},
    "google.protobuf.ListValue": {"type": "array", "items": {}},
    "google.protobuf.Any": {
        "type": "object",
        "properties": {"@type": {"type": "string"}},
        "required": ["@type"],
    },
    **{
        f"google.protobuf.{kind.title().replace('Uint', 'UInt')}Value": _scalar(kind)
        for kind in ("double", "float", "int64", "uint64", "int32", "uint32", "bool", "string", "bytes")
    },
}


class Schemas:
    """The schemas of all messages that something refers to.

    Args:
        comments: What is to be said of messages, fields and enums, by full name.

    Attributes:
        components: The schemas by full name.
    """

    def __init__(self, comments: Mapping[str, str]) -> None:
        self._comments = comments
        self.components: dict[str, Schema] = {}

    def described(self, full_name: str) -> Schema:
        """`description`, for what has a comment."""
        text = self._comments.get(full_name)
        return {"description": _REFERENCE.sub(r"\1", text)} if text else {}

    def message(self, descriptor: Descriptor) -> Schema:
        """The schema of a message: its own form, or a reference to a component."""
        name = descriptor.full_name
        if name in _WELL_KNOWN:
            return dict(_WELL_KNOWN[name])
        if name not in self.components:
            self.components[name] = {}  # a message may contain itself
            self.components[name] = self.fields_of(descriptor)
        return {"$ref": f"#/components/schemas/{name}"}

    def fields_of(self, descriptor: Descriptor, without: Collection[str] = (), *, asked: bool = False) -> Schema:
        """The schema of a message as an object.

        Args:
            descriptor: The message.
            without: Names of fields that stand elsewhere.
            asked: Whether required fields are; an answer may leave them out, as `fields` and read masks say.
        """
        fields = [field for field in descriptor.fields if field.name not in without]
        schema: Schema = {
            "type": "object",
            **self.described(descriptor.full_name),
            "properties": {field.json_name: self.field(field) for field in fields},
            "additionalProperties": False,
        }
        required = [field.json_name for field in fields if asked and is_required(field)]
        if required:
            schema["required"] = required
        excluded = [
            {"not": {"required": [one.json_name, other.json_name]}}
            for oneof in descriptor.oneofs
            for one, other in combinations(oneof.fields, 2)
        ]
        if excluded:
            schema["allOf"] = excluded
        return schema

    def field(self, field: FieldDescriptor) -> Schema:
        """The schema of a field."""
        schema = self._value(field)
        if field.is_repeated and not _is_map(field):
            schema = {"type": "array", "items": schema}
        if field_behavior_pb2.OUTPUT_ONLY in _behaviours(field):
            schema["readOnly"] = True
        if field.GetOptions().deprecated:
            schema["deprecated"] = True
        return {**schema, **self.described(field.full_name)}

    def _value(self, field: FieldDescriptor) -> Schema:
        if _is_map(field):
            entry: Any = field.message_type
            value = entry.fields_by_name["value"]
            return {"type": "object", "additionalProperties": self._value(value)}
        if field.message_type is not None:
            return self.message(field.message_type)
        return self._enum(field.enum_type) if field.enum_type is not None else _scalar(_KINDS[field.type])

    def _enum(self, descriptor: EnumDescriptor) -> Schema:
        name = descriptor.full_name
        if name not in self.components:
            values = [
                f"- `{value.name}`: {self._comments.get(f'{name}.{value.name}', '')}" for value in descriptor.values
            ]
            text = "\n".join([self._comments.get(name, ""), "", *values]).strip()
            self.components[name] = {
                "type": "string",
                "enum": [value.name for value in descriptor.values],
                "description": text,
            }
        return {"$ref": f"#/components/schemas/{name}"}


def in_query(
    descriptor: Descriptor, without: Collection[str], prefix: str = ""
) -> Iterator[tuple[str, FieldDescriptor]]:
    """Yields each field that can be said in a query, those of messages in it too, with its name there.

    Args:
        descriptor: The request.
        without: Proto paths of fields that stand elsewhere.
        prefix: The path that leads to `descriptor`, with a dot at its end.
    """
    for field in descriptor.fields:
        path = f"{prefix}{field.name}"
        if path in without or _is_map(field):
            continue
        if field.message_type is None or field.message_type.full_name in _WELL_KNOWN:
            yield path, field
        elif not field.is_repeated:
            yield from in_query(field.message_type, without, f"{path}.")


def is_required(field: FieldDescriptor) -> bool:
    """Whether the contract says REQUIRED (google/api/field_behavior.proto)."""
    return field_behavior_pb2.REQUIRED in _behaviours(field)


def _behaviours(field: FieldDescriptor) -> Collection[int]:
    found: Collection[int] = field.GetOptions().Extensions[field_behavior_pb2.field_behavior]  # type: ignore[index]
    return found


def _is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry
