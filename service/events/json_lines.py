"""Stored messages as JSON, many of them: what `json.encode` gives for each, in less time.

The JSON of a message is that of its fields, one after the other, and stored messages are in canonical form: fields
ascending by number. So a message is taken apart on the wire. Strings, times and messages in it, of which most of it
is, become JSON here; any other field goes to `json.encode` alone, and what came of it is kept, for such fields
(products, attributes) come again and again. A message that is not what it should be goes there as a whole.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from service.events import json, paths

_TIMESTAMP: Final = "google.protobuf.Timestamp"
_WELL_KNOWN: Final = "google.protobuf."
_MORE: Final = 128  # of a byte of a varint: that another follows
_VARINT, _FIXED64, _LENGTH_DELIMITED, _FIXED32 = 0, 1, 2, 5  # wire types
_WIDTHS: Final = {_FIXED64: 8, _FIXED32: 4}
_WIRE_TYPES: Final = (_VARINT, _FIXED64, _LENGTH_DELIMITED, _FIXED32)
_MAX_SHIFT: Final = 63
_STRING, _MESSAGE, _TIME, _OTHER = range(4)  # what is done with a field
_KEPT: Final = 2_048  # fields of each kind
_KEPT_BYTES: Final = 512  # of one: larger ones hardly come again
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_MINUTE: Final = -62_135_596_800 // 60  # 0001-01-01T00:00
_LAST_MINUTE: Final = 253_402_300_799 // 60  # 9999-12-31T23:59
_SECONDS: Final = tuple(f"{second:02}Z".encode() for second in range(60))
_USUAL_TIME: Final = 6  # bytes of one of whole seconds, of 1978 to 3058
_CONTINUED: Final = sum(_MORE << 7 * place for place in range(4))  # the bits that say so in a varint of five bytes

_PLAIN: Final = bytes({*range(ord(" "), 256)} - {*b'"\\'})  # what JSON has in strings as it is
_CLOSE: Final = (b"}", b"", b"")


class _OddError(Exception):
    """The message is not in the form in which it is taken apart here."""


# How a field becomes JSON: what is done with it; what comes before its value; of a message in it the type, of a
# field that is not taken apart the type that it is a field of; and what came of that before. Tuples: they cost least.
_Field = tuple[int, bytes, "_Type", dict[bytes, bytes]]
_Fields = dict[int, _Field]  # by tag: the number of the field and its wire type


class _Type:
    """A type of messages.

    Attributes:
        name: In full.
        is_ascending: Whether fields are declared in the order of their numbers: JSON has them as they are declared.
        first: What the first field of a message may be.
        following: What any other may be: the same, each with a comma.
    """

    def __init__(self, message: Any) -> None:
        _types[message.full_name] = self
        self.name = message.full_name
        numbers = [field.number for field in message.fields]
        self.is_ascending = numbers == sorted(numbers)
        self.first: _Fields = {}
        self.following: _Fields = {}
        for field in message.fields:
            if field.containing_oneof is not None:  # of several the last counts: not to be told from each alone
                continue
            kind, lead, inner = self._how(field)
            kept: dict[bytes, bytes] = {}
            for wire_type in _WIRE_TYPES if kind == _OTHER else (_LENGTH_DELIMITED,):
                tag = field.number << 3 | wire_type
                self.first[tag] = (kind, lead, inner, kept)
                self.following[tag] = (kind, b"," + lead, inner, kept)

    def _how(self, field: FieldDescriptor) -> tuple[int, bytes, _Type]:
        lead = f'"{paths.to_json(field.name)}":'.encode()
        if not field.is_repeated:
            if field.type == FieldDescriptor.TYPE_STRING and not field.has_presence:
                return _STRING, lead + b'"', self
            if field.message_type is not None and field.message_type.full_name == _TIMESTAMP:
                return _TIME, lead + b'"', self
            if field.message_type is not None and not field.message_type.full_name.startswith(_WELL_KNOWN):
                inner = _type(field.message_type)
                if inner.is_ascending:
                    return _MESSAGE, lead + b"{", inner
        return _OTHER, b"", self


_types: Final[dict[str, _Type]] = {}


def _type(message: Any) -> _Type:
    return _types.get(message.full_name) or _Type(message)


class Renderer:
    """Turns messages of one type into JSON.

    Args:
        message: The type.
    """

    def __init__(self, message: type[Message]) -> None:
        self._type = _type(message.DESCRIPTOR)

    def render(self, wire: bytes) -> bytes:
        """The JSON of a message in wire format, UTF-8.

        Raises:
            JsonError: `wire` is not a message of the type.
        """
        if self._type.is_ascending:
            parts = [b"{", b"", b""]
            try:
                _walk(wire, 0, len(wire), self._type, parts)
                parts += _CLOSE
                # Each third is what the message brought; the others were made here.
                if not b"".join(parts[1::3]).translate(None, _PLAIN):
                    text = b"".join(parts)
                    if text.isascii() or text.decode():
                        return text
            except (_OddError, IndexError, KeyError, UnicodeDecodeError):
                pass
        return json.encode(self._type.name, wire).encode()


def _walk(wire: bytes, at: int, end: int, of: _Type, parts: list[bytes]) -> None:
    """Adds the fields of the message in `wire[at:end]` to `parts`, three for each."""
    fields = of.first
    last = 0
    while at < end:
        begin = at
        tag = wire[at]
        at += 1
        if tag >= _MORE:
            tag, at = _varint(wire, begin)
        if tag <= last:
            raise _OddError
        last = tag
        kind, lead, inner, kept = fields[tag]
        if kind == _OTHER:
            at = _end_of_field(wire, begin, at, end, tag)
            text = kept.get(wire[begin:at]) or _other(inner.name, wire[begin:at], kept)
            parts += (lead + text, b"", b"")
        else:
            size = wire[at]
            at += 1
            if not 0 < size < _MORE:
                size, at = _varint(wire, at - 1)
                if not size:
                    raise _OddError
            stop = at + size
            if kind == _STRING:
                parts += (lead, wire[at:stop], b'"')
            elif kind == _TIME:
                parts += (lead, _time(wire, at, stop), b'"')
            else:
                parts += (lead, b"", b"")
                _walk(wire, at, stop, inner, parts)
                parts += _CLOSE
            at = stop
        fields = of.following
    if at != end:
        raise _OddError


def _end_of_field(wire: bytes, begin: int, at: int, end: int, tag: int) -> int:
    """Where a field ends whose value is at `at`, with all that follow under the same tag."""
    head = wire[begin:at]
    wire_type = tag & 7
    while True:
        if wire_type == _LENGTH_DELIMITED:
            size, at = _varint(wire, at)
            at += size
        elif wire_type == _VARINT:
            _, at = _varint(wire, at)
        else:
            at += _WIDTHS[wire_type]
        if not wire.startswith(head, at, end):
            return at
        at += len(head)


def _varint(wire: bytes, at: int) -> tuple[int, int]:
    """The number at `at`, and where it ends."""
    number = shift = 0
    while True:
        byte = wire[at]
        at += 1
        if byte < _MORE:
            return number | byte << shift, at
        number |= (byte & 127) << shift
        shift += 7
        if shift > _MAX_SHIFT:
            raise _OddError


def _other(name: str, segment: bytes, kept: dict[bytes, bytes]) -> bytes:
    """The JSON of a field of the message called `name`, as a member of an object; kept for when it comes again."""
    text = json.encode(name, segment).encode()[1:-1]
    if not text:
        raise _OddError
    if len(segment) <= _KEPT_BYTES:
        if len(kept) >= _KEPT:
            kept.clear()
        kept[segment] = text
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
        seconds, at = _varint(wire, at + 1)
        seconds -= seconds >> 63 << 64
    if at < end and wire[at] == 2 << 3:
        nanos, at = _varint(wire, at + 1)
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
