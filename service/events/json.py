"""Proto3 JSON to and from the wire, for messages named by their full name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from service.events.errors import Violation

if TYPE_CHECKING:
    from service.events.json_codec import Codec

_codecs: Final[dict[str, Codec]] = {}


class JsonError(ValueError):
    """JSON that is not the message that it should be.

    Attributes:
        violations: What is wrong, each with the proto path of the field; the path is empty for the text as a whole.
    """

    def __init__(self, violations: list[Violation]) -> None:
        super().__init__(violations)
        self.violations = violations

    def __str__(self) -> str:
        return self.violations[0].description


def load(message_types: Iterable[str]) -> None:
    """Loads what `decode` and `encode` need for these types, which else the first call of either does.

    Args:
        message_types: Full names.

    Raises:
        LookupError: There is no such message type.
    """
    for name in message_types:
        _codec(name)


def decode(message_type: str, text: bytes | str) -> bytes:
    """Turns the JSON of a message into wire format.

    Args:
        message_type: Full name, such as `google.cloud.retail.v2.UserEvent`.
        text: The JSON; bytes are UTF-8. Names of fields are in lowerCamelCase or as in the .proto file; of a name that
            occurs twice, the last counts. Beside proto3 JSON, Google's lenient shapes are taken: one
            value where a list is expected, a list of {key, value} for a map, "true" and "false" for a bool; and a byte
            order mark.

    Raises:
        JsonError: The text is not such a message.
        LookupError: There is no such message type.
    """
    return (_codecs.get(message_type) or _codec(message_type)).decode(text)


def encode(message_type: str, wire: bytes, *, enums_as_ints: bool = False, indent: int | None = None) -> str:
    """Turns a message in wire format into JSON.

    What proto3 JSON has no form for (a timestamp of the year 10000, a google.protobuf.Any of an unknown type) is
    written as an object of its fields, so that every message can be looked at. Unknown fields are left out.

    Args:
        message_type: Full name, such as `google.cloud.retail.v2.UserEvent`.
        wire: The message.
        enums_as_ints: Whether enums are numbers, as `$alt=json;enum-encoding=int` asks for.
        indent: Spaces for each level; None: all in one line.

    Raises:
        JsonError: `wire` is not a message of the type.
        LookupError: There is no such message type.
    """
    codec = _codecs.get(message_type) or _codec(message_type)
    return codec.encode(wire, enums_as_ints=enums_as_ints, indent=indent)


def _codec(message_type: str) -> Codec:
    # Importing protobuf-py takes longer than all else here, and not every process that imports this module needs it.
    from service.events.json_codec import Codec  # noqa: PLC0415

    return _codecs.setdefault(message_type, Codec(message_type))
