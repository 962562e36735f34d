"""How `json` works: protobuf-py, and a second look at what it refuses.

protobuf-py is ten times as fast as google.protobuf.json_format. Clean input pays for nothing else.
"""

from __future__ import annotations

import contextlib
import json
from base64 import b64encode
from itertools import accumulate
from math import isfinite
from typing import Any, Final, NoReturn

from protobuf import Message, message_from_json_value, message_to_json_value

from service.events import float32, paths
from service.events.errors import Findings, Violation
from service.events.json import JsonError
from service.events.json_repair import Repair
from service.events.json_types import message_type

MAX_DEPTH: Final = 200
"""Objects and lists within each other. protobuf-py recurses on the native stack: some 10,000 levels end the process."""

_NESTING: Final = {ord("{"): 1, ord("["): 1, ord("}"): -1, ord("]"): -1}
_NOT_BRACKETS: Final = bytes(set(range(256)) - _NESTING.keys())

_REFUSALS: Final = (ValueError, TypeError, OverflowError, RecursionError)  # what protobuf-py raises over bad input


class Codec:
    """Decodes and encodes messages of one type; the contract of both is that of the functions in `json`.

    Args:
        name: Full name of the type.

    Raises:
        LookupError: There is no such message type.
    """

    def __init__(self, name: str) -> None:
        self._cls, self._registry = message_type(name)

    def decode(self, text: bytes | str) -> bytes:
        """See `json.decode`."""
        if _brackets(text) > MAX_DEPTH:
            _refuse_deep(text)
        try:
            return self._cls.from_json(text, registry=self._registry).to_binary()
        except _REFUSALS:
            return self._decode_again(text)

    def encode(self, wire: bytes, *, enums_as_ints: bool, indent: int | None) -> str:
        """See `json.encode`."""
        try:
            message = self._cls.from_binary(wire)
        except _REFUSALS as error:
            raise _whole(f"The bytes are not a {self._cls.desc().type_name}: {error}.") from None
        float32.shorten(message)
        try:
            text = message.to_json(registry=self._registry, print_enums_as_ints=enums_as_ints)
        except _REFUSALS:
            plain = self._plain(message, enums_as_ints=enums_as_ints)
            text = json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
        return text if indent is None else json.dumps(json.loads(text), ensure_ascii=False, indent=indent)

    def _decode_again(self, text: bytes | str) -> bytes:
        repair = Repair(self._registry)
        with contextlib.suppress(Findings.Enough):
            value = repair.message(self._cls.desc(), _parse(text), "")
        if repair.found:
            raise JsonError(list(repair.found))
        try:
            return message_from_json_value(self._cls, value, registry=self._registry).to_binary()
        except _REFUSALS as error:
            raise _whole(f"The text is not a {self._cls.desc().type_name}: {paths.cut(str(error))}.") from None

    def _plain(self, message: Message, *, enums_as_ints: bool) -> Any:
        """Returns the JSON of a message of which some part has none: that part as an object of its fields."""
        try:
            return message_to_json_value(message, registry=self._registry, print_enums_as_ints=enums_as_ints)
        except _REFUSALS:
            found: dict[str, Any] = {}
            for field in message:
                found |= self._plain_field(message, field, enums_as_ints=enums_as_ints)
            return found

    def _plain_field(self, message: Message, field: Any, *, enums_as_ints: bool) -> dict[str, Any]:
        alone = type(message)()
        alone[field] = message[field]
        with contextlib.suppress(*_REFUSALS):
            value = message_to_json_value(alone, registry=self._registry, print_enums_as_ints=enums_as_ints)
            if isinstance(value, dict) and value:  # else it is of a type with a form of its own, such as a time
                return value
        return {field.json_name: self._plain_value(message[field], enums_as_ints=enums_as_ints)}

    def _plain_value(self, value: Any, *, enums_as_ints: bool) -> Any:
        match value:
            case Message():
                return self._plain(value, enums_as_ints=enums_as_ints)
            case dict():
                return {str(key): self._plain_value(item, enums_as_ints=enums_as_ints) for key, item in value.items()}
            case list():
                return [self._plain_value(item, enums_as_ints=enums_as_ints) for item in value]
            case bytes():
                return b64encode(value).decode()
            case float() if not isfinite(value):
                return json.dumps(value)  # as proto3 JSON has them, in a string: NaN, Infinity, -Infinity
            case _:
                return value


def _brackets(text: bytes | str) -> int:
    """Returns how many brackets open anywhere, an upper bound of the depth that costs next to nothing."""
    return text.count(b"{") + text.count(b"[") if isinstance(text, bytes) else text.count("{") + text.count("[")


def _refuse_deep(text: bytes | str) -> None:
    """Raises JsonError if the text is deeper than MAX_DEPTH. Exact as far as the text is JSON."""
    data = text if isinstance(text, bytes) else text.encode(errors="replace")
    outside_strings = data.replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"')[::2]
    brackets = b"".join(outside_strings).translate(None, _NOT_BRACKETS)
    if max(accumulate(map(_NESTING.__getitem__, brackets)), default=0) > MAX_DEPTH:
        raise _whole(f"The text has more than {MAX_DEPTH} objects and lists within each other.")


def _parse(text: bytes | str) -> Any:
    """Returns the JSON value.

    Raises:
        JsonError: It is not JSON, or not UTF-8.
    """
    try:
        string = text if isinstance(text, str) else text.decode()
        return json.loads(string.removeprefix("\ufeff"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise _whole(f"The text is not UTF-8: {error.reason} at byte {error.start + 1}.") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise _whole(f"The text is not JSON: {error.msg} ({where}). Expected one JSON object.") from None
    except JsonError:
        raise
    except (ValueError, RecursionError) as error:
        raise _whole(f"The text is not JSON that can be read: {paths.cut(str(error))}.") from None


def _refuse_constant(name: str) -> NoReturn:
    raise _whole(f'The text is not JSON: a number can\'t be {name}; as a string, "{name}", a double can.')


def _whole(description: str) -> JsonError:
    return JsonError([Violation("", description, "INCORRECT_JSON_FORMAT")])
