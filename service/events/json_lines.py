"""Stored messages as JSON, many of them: what `json.encode` gives for each, in less time.

The JSON of a message is that of its fields, one after the other, and stored messages are in canonical form: fields
ascending by number. So a message is taken apart on the wire. Strings, times and messages in it, of which most of it
is, become JSON here; any other field goes to `json.encode` alone, and what came of it is kept, for such fields
(products, attributes) come again and again. A message that is not what it should be goes there as a whole.

For each type a function is written, as dataclasses do it: one `if` for each field, in the order in which they come. To
look up what is to be done with a field takes longer than to do it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from service.events import json, paths

_TIMESTAMP: Final = "google.protobuf.Timestamp"
_WELL_KNOWN: Final = "google.protobuf."
_MORE: Final = 128  # of a byte of a varint: that another follows
_LARGEST_FIELD: Final = 2_047  # of those whose tag has two bytes
_VARINT, _FIXED64, _LENGTH_DELIMITED, _FIXED32 = 0, 1, 2, 5  # wire types
_WIRE_TYPES: Final = {
    FieldDescriptor.TYPE_BOOL: _VARINT,
    FieldDescriptor.TYPE_ENUM: _VARINT,
    FieldDescriptor.TYPE_INT32: _VARINT,
    FieldDescriptor.TYPE_INT64: _VARINT,
    FieldDescriptor.TYPE_UINT32: _VARINT,
    FieldDescriptor.TYPE_UINT64: _VARINT,
    FieldDescriptor.TYPE_FLOAT: _FIXED32,
    FieldDescriptor.TYPE_DOUBLE: _FIXED64,
}  # of any other type: length-delimited; a field that comes in another form is an odd one
_WIDTHS: Final = {_FIXED64: 8, _FIXED32: 4}
_MAX_SHIFT: Final = 63
_KEPT: Final = 2_048  # fields of each kind
_KEPT_BYTES: Final = 512  # of one: larger ones hardly come again
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_MINUTE: Final = -62_135_596_800 // 60  # 0001-01-01T00:00
_LAST_MINUTE: Final = 253_402_300_799 // 60  # 9999-12-31T23:59
_SECONDS: Final = tuple(f"{second:02}Z".encode() for second in range(60))
_USUAL_TIME: Final = 6  # bytes of one of whole seconds, of 1978 to 3058
_CONTINUED: Final = sum(_MORE << 7 * place for place in range(4))  # the bits that say so in a varint of five bytes
_PLAIN: Final = bytes({*range(ord(" "), 256)} - {*b'"\\'})  # what JSON has in strings as it is
_END: Final = b"\0"  # behind a message: it is no tag

_Walk = Callable[[bytes, list[bytes]], None]
"""Adds the JSON of a message, which ends with `_END`, to parts: each second of three is as the message has it.

It may raise _OddError, IndexError or ValueError.
"""


class _OddError(Exception):
    """The message is not in the form in which it is taken apart here."""


class Renderer:
    """Turns messages of one type into JSON.

    Args:
        message: The type.
    """

    def __init__(self, message: type[Message]) -> None:
        self._name = message.DESCRIPTOR.full_name
        self._walk = _walk_of(message.DESCRIPTOR)

    def render(self, wire: bytes) -> bytes:
        """The JSON of a message in wire format, UTF-8.

        Raises:
            JsonError: `wire` is not a message of the type.
        """
        parts: list[bytes] = []
        try:
            self._walk(wire + _END, parts)
            if not b"".join(parts[1::3]).translate(None, _PLAIN):
                text = b"".join(parts)
                if text.isascii() or text.decode():
                    return text
        except (_OddError, IndexError, ValueError):
            pass
        return json.encode(self._name, wire).encode()


def _walk_of(message: Any, within: tuple[str, ...] = ()) -> _Walk:
    """Writes the function for a type; `within` are the types that it is being written for."""
    names: dict[str, Any] = {
        "ends": _end_of_field,
        "json_of": _json_of,
        "number_at": _number_at,
        "time": _time,
        "OddError": _OddError,
        "message": message.full_name,
    }
    numbers = [field.number for field in message.fields]
    if numbers != sorted(numbers):  # JSON has fields as they are declared
        return _refuse
    lines = ["def walk(wire, parts):", " at = 0", " begin = len(parts)", " tag = wire[0]"]
    for field in message.fields:
        # Of the members of a oneof the last counts, which is not to be told from each alone.
        if field.containing_oneof is None and field.number <= _LARGEST_FIELD:
            lines += (f" {line}" for line in _lines_of(field, names, (*within, message.full_name)))
    lines += [
        " if at != len(wire) - 1: raise OddError",
        " if len(parts) == begin: parts += (b'{}', b'', b'')",
        " else:",
        "  parts[begin] = b'{' + parts[begin][1:]",
        "  parts += (b'}', b'', b'')",
    ]
    exec("\n".join(lines), names)  # noqa: S102  made of the contract's own descriptors
    walk: _Walk = names["walk"]
    return walk


def _refuse(_wire: bytes, _parts: list[bytes]) -> None:
    raise _OddError


def _lines_of(field: FieldDescriptor, names: dict[str, Any], within: tuple[str, ...]) -> Iterator[str]:
    """The lines that take a field from the wire; what they need is added to `names`."""
    number = field.number
    lead = f',"{paths.to_json(field.name)}":'.encode()
    quoted = lead + b'"'
    inner = field.message_type
    if field.is_repeated:
        add = ""
    elif field.type == FieldDescriptor.TYPE_STRING and not field.has_presence:
        add = f"parts += ({quoted!r}, wire[at:stop], b'\"')"
    elif inner is not None and inner.full_name == _TIMESTAMP:
        add = f"parts += ({quoted!r}, time(wire, at, stop), b'\"')"
    elif inner is not None and not inner.full_name.startswith(_WELL_KNOWN) and inner.full_name not in within:
        names[f"walk_{number}"] = _walk_of(inner, within)
        add = f"parts += ({lead!r}, b'', b''); walk_{number}(wire[at:stop] + {_END!r}, parts)"
    else:
        add = ""
    if add:
        head, at, width = _head(number << 3 | _LENGTH_DELIMITED)
        least = 1 if "wire[at:stop]," in add else 0  # canonical form leaves an empty string out
        yield f"if {head}:"
        yield f" size = wire[{at}]; at += {width + 1}"
        yield f" if not {least} <= size < {_MORE}: size, at = number_at(wire, at - 1, {least})"
        yield " stop = at + size"
        yield f" {add}"
        yield " at = stop; tag = wire[at]"
        return
    names[f"kept_{number}"] = {}
    scalar = _WIRE_TYPES.get(field.type, _LENGTH_DELIMITED)
    for wire_type in {scalar, _LENGTH_DELIMITED} if field.is_repeated else {scalar}:
        head, at, width = _head(number << 3 | wire_type)
        yield f"if {head}:"
        if wire_type == _LENGTH_DELIMITED:
            yield f" size = wire[{at}]; stop = {at} + 1 + size"
            yield f" if size >= {_MORE} or wire[stop] == tag: stop = ends(wire, at, {width}, {wire_type})"
        else:
            yield f" stop = ends(wire, at, {width}, {wire_type})"
        yield f" field = wire[at:stop]; text = kept_{number}.get(field) or json_of(message, field, kept_{number})"
        yield " parts += (text, b'', b'')"
        yield " at = stop; tag = wire[at]"


def _head(tag: int) -> tuple[str, str, int]:
    """That a field with this tag is at `at`; where its value begins; and the bytes of the tag."""
    if tag < _MORE:
        return f"tag == {tag}", "at + 1", 1
    return f"tag == {tag & 127 | _MORE} and wire[at + 1] == {tag >> 7}", "at + 2", 2


def _end_of_field(wire: bytes, at: int, width: int, wire_type: int) -> int:
    """Where a field ends that begins at `at` with a tag of `width` bytes, with all that follow under the same tag."""
    head = wire[at : at + width]
    while True:
        at += width
        if wire_type == _LENGTH_DELIMITED:
            size = wire[at]
            at += 1
            if size >= _MORE:
                size, at = _number_at(wire, at - 1)
            at += size
        elif wire_type == _VARINT:
            _, at = _number_at(wire, at)
        else:
            at += _WIDTHS[wire_type]
        if not wire.startswith(head, at):
            return at


def _number_at(wire: bytes, at: int, least: int = 0) -> tuple[int, int]:
    """The varint at `at`, and where it ends."""
    number = shift = 0
    while True:
        byte = wire[at]
        at += 1
        number |= (byte & 127) << shift
        if byte < _MORE:
            break
        shift += 7
        if shift > _MAX_SHIFT:
            raise _OddError
    if number < least:
        raise _OddError
    return number, at


def _json_of(message: str, field: bytes, kept: dict[bytes, bytes]) -> bytes:
    """The JSON of a field, with a comma before it; kept for when it comes again.

    Args:
        message: The full name of the type that it is a field of.
        field: The field on the wire.
        kept: Where to.
    """
    text = b"," + json.encode(message, field).encode()[1:-1]
    if text == b",":
        raise _OddError
    if len(field) <= _KEPT_BYTES:
        if len(kept) >= _KEPT:
            kept.clear()
        kept[field] = text
    return text


def _time(wire: bytes, at: int, end: int) -> bytes:
    """The google.protobuf.Timestamp in `wire[at:end]`."""
    if end - at == _USUAL_TIME and wire[at] == 1 << 3:
        one, two, three, four, five = wire[at + 1 : end]
        if one & two & three & four >= _MORE > five:
            seconds = one + (two << 7) + (three << 14) + (four << 21) + (five << 28) - _CONTINUED
            minute, second = divmod(seconds, 60)
            return _minute(minute) + _SECONDS[second]
    seconds = nanos = 0
    if at < end and wire[at] == 1 << 3:
        seconds, at = _number_at(wire, at + 1)
        seconds -= seconds >> 63 << 64
    if at < end and wire[at] == 2 << 3:
        nanos, at = _number_at(wire, at + 1)
    if at != end or nanos >= 1_000_000_000:
        raise _OddError
    minute, second = divmod(seconds, 60)
    whole = _minute(minute) + _SECONDS[second]
    if not nanos:
        return whole
    whole = whole[:-1]
    if nanos % 1_000:
        return b"%b.%09dZ" % (whole, nanos)
    micros = nanos // 1_000
    return b"%b.%06dZ" % (whole, micros) if micros % 1_000 else b"%b.%03dZ" % (whole, micros // 1_000)


@lru_cache(_KEPT)
def _minute(minute: int) -> bytes:
    """A minute since the Unix epoch, up to where the second follows."""
    if not _FIRST_MINUTE <= minute <= _LAST_MINUTE:
        raise _OddError
    return (_EPOCH + timedelta(minutes=minute)).replace(tzinfo=None).isoformat("T", "minutes").encode() + b":"
