"""What is wrong with JSON that did not decode, and the lenient shapes that Google's importer takes.

Only JSON that protobuf-py refused comes here. The walk follows the message type; whether a single value fits a field is
asked of protobuf-py, so that the rules of proto3 JSON are written in one place.
"""

from __future__ import annotations

import difflib
from functools import cache
from typing import Any, Final

from protobuf import (
    DescEnum,
    DescField,
    DescFieldValueEnum,
    DescFieldValueList,
    DescFieldValueMap,
    DescFieldValueMessage,
    DescFieldValueScalar,
    DescMessage,
    Registry,
    ScalarType,
    message_from_json_value,
)

from service.events import paths
from service.events.errors import Findings, Violation, violation

_Element = DescMessage | DescEnum | ScalarType

_BOOLEANS: Final = {"true": True, "false": False}
_MAP_ENTRY_KEYS: Final = frozenset({"key", "value"})
_CLOSE: Final = 0.75  # how much two names have to have in common for one to be taken for a slip of the other
_SHOWN_ENUM_VALUES: Final = 8

_EXPECTED: Final = {
    ScalarType.STRING: "a string",
    ScalarType.BOOL: "true or false",
    ScalarType.BYTES: "a string in Base64",
    ScalarType.FLOAT: "a number of at most 3.4e38",
    ScalarType.DOUBLE: "a number",
    ScalarType.INT32: "a whole number from -2147483648 to 2147483647",
    ScalarType.INT64: "a whole number from -9223372036854775808 to 9223372036854775807",
    "google.protobuf.Timestamp": 'an RFC 3339 time, such as "2024-01-31T13:00:00Z"',
    "google.protobuf.Duration": 'seconds, such as "3.5s"',
    "google.protobuf.FieldMask": 'field names in lowerCamelCase with commas between them, such as "title,priceInfo"',
    "google.protobuf.Int32Value": "a whole number from -2147483648 to 2147483647",
}


class Repair:
    """One walk over one JSON value.

    Args:
        registry: Resolves google.protobuf.Any, if the message type holds any.
    """

    def __init__(self, registry: Registry | None) -> None:
        self._registry = registry
        self.found = Findings()

    def message(self, desc: DescMessage, value: Any, path: str) -> Any:
        """Returns `value`, the JSON of a message of type `desc`, with lenient shapes made strict.

        What can't be is added to `found`.

        Raises:
            Findings.Enough: `found` is full.
        """
        if not isinstance(value, dict):
            self.found.add(_mismatch(path, "a JSON object", value))
            return value
        fields = _fields(desc)
        result = {}
        for key, item in value.items():
            if field := fields.get(key):
                result[key] = self._field(field, item, paths.join(path, field.name))
            else:
                self.found.add(_unknown(desc, key, path))
        return result

    def _field(self, field: DescField, value: Any, path: str) -> Any:
        if value is None:  # as good as absent
            return value
        match field.value:
            case DescFieldValueList(element=element):
                items = value if isinstance(value, list) else [value]
                return [self._value(field, element, item, f"{path}[{index}]") for index, item in enumerate(items)]
            case DescFieldValueMap(value=element):
                return self._map(field, element, value, path)
            case DescFieldValueMessage(message=element) | DescFieldValueEnum(enum=element):
                return self._value(field, element, value, path)
            case DescFieldValueScalar(scalar=element):
                return self._value(field, element, value, path)

    def _map(self, field: DescField, element: _Element, value: Any, path: str) -> Any:
        entries = _entries(value)
        if entries is None:
            self.found.add(_mismatch(path, "a JSON object", value))
            return value
        return {key: self._value(field, element, item, paths.entry(path, key), key) for key, item in entries.items()}

    def _value(self, field: DescField, element: _Element, value: Any, path: str, key: str | None = None) -> Any:
        """One value: the field's own, an item of its list, or the entry `key` of its map."""
        if isinstance(element, DescMessage) and not element.type_name.startswith("google.protobuf."):
            if key is not None and not self._fits(field, {key: {}}):
                self.found.add(violation(path, "must have a key that is valid Unicode.", "INCORRECT_JSON_FORMAT"))
            return self.message(element, value, path)
        if element is ScalarType.BOOL and isinstance(value, str):
            value = _BOOLEANS.get(value, value)
        wrapped = value
        if key is not None:
            wrapped = {key: value}
        elif isinstance(field.value, DescFieldValueList):
            wrapped = [value]
        if not self._fits(field, wrapped):
            self.found.add(_mismatch(path, _expected(element, value), value, element))
        return value

    def _fits(self, field: DescField, value: Any) -> bool:
        try:
            # Some strings and numbers that the wire can't carry are refused only on the way to it.
            message_from_json_value(field.parent.type, {field.json_name: value}, registry=self._registry).to_binary()
        except (ValueError, TypeError, OverflowError, RecursionError):
            return False
        return True


@cache
def _fields(desc: DescMessage) -> dict[str, DescField]:
    """Returns the fields by both names that proto3 JSON takes."""
    return {name: field for field in desc.fields for name in (field.name, field.json_name)}


def _entries(value: Any) -> dict[str, Any] | None:
    """Returns the entries of a map that is written as an object or as a list of {key, value}; None: it is neither."""
    if isinstance(value, dict):
        return value
    if not isinstance(value, list):
        return None
    entries = {}
    for item in value:
        if not isinstance(item, dict) or not item.keys() <= _MAP_ENTRY_KEYS or not isinstance(item.get("key"), str):
            return None
        entries[item["key"]] = item.get("value", {})
    return entries


def _unknown(desc: DescMessage, key: str, path: str) -> Violation:
    names = [field.json_name for field in desc.fields]
    close = difflib.get_close_matches(paths.cut(key), names, n=1, cutoff=_CLOSE)
    remedy = f"Did you mean {paths.quoted(close[0])}?" if close else "Remove it."
    text = f"Unknown name {paths.quoted(key)}: {desc.type_name} has no such field. {remedy}"
    return Violation(paths.join(path, paths.cut(key)), text, "UNKNOWN_FIELD")


def _expected(element: _Element, value: Any) -> str:
    if element is ScalarType.STRING and isinstance(value, str):
        return "a string of valid Unicode, without lone surrogates"
    if isinstance(element, DescEnum):
        names = [value.name for value in element.values]
        more = ", …" if len(names) > _SHOWN_ENUM_VALUES else ""
        return f"one of {', '.join(names[:_SHOWN_ENUM_VALUES])}{more}"
    if isinstance(element, DescMessage):
        return _EXPECTED.get(element.type_name, f"the JSON form of {element.type_name}")
    return _EXPECTED.get(element, element.name.lower())


def _mismatch(path: str, expected: str, value: Any, element: object = None) -> Violation:
    match value:
        case dict():
            shown = "an object"
        case list():
            shown = "a list"
        case _:
            shown = paths.quoted(value)
    if not path:
        return Violation("", f"The text must be {expected}, but is {shown}.", "INCORRECT_JSON_FORMAT")
    is_time = isinstance(element, DescMessage) and element.type_name == "google.protobuf.Timestamp"
    reason = "INVALID_TIMESTAMP" if is_time else "INCORRECT_JSON_FORMAT"
    return violation(path, f"must be {expected}, but is {shown}.", reason)
