"""Stored messages as JSON, many of them: what `json.encode` gives for each, in less time.

The JSON of a message is that of its fields, one after the other, and stored messages are in canonical form: fields
ascending by number. So messages are taken apart on the wire, all at once, a field at a time, by numpy. What is found is
where each piece of the JSON lies: names in a text of them all, strings in the messages themselves, times in digits made
for it. Any other field goes to `json.encode` alone, and what came of it is kept, for such fields (products, attributes)
come again and again. Then all pieces are put together. A message that is not what it should be goes to `json.encode`
as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any, Final, NamedTuple

import numpy as np
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from numpy.typing import NDArray

from service.events import json, paths
from service.events.json import JsonError
from service.events.json_times import (
    FIRST_SECOND,
    FRACTION_WIDTH,
    LAST_SECOND,
    ROW_WIDTH,
    WHOLE_WIDTH,
    fractions,
    whole_seconds,
)
from service.events.wire_arrays import (
    PADDING,
    Bools,
    Bytes,
    Ints,
    gather,
    read_sizes,
    read_tags,
    read_varints,
    tag_width,
)

_TIMESTAMP: Final = "google.protobuf.Timestamp"
_WELL_KNOWN: Final = "google.protobuf."
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
_KEPT: Final = 2_048  # fields of each kind
_KEPT_BYTES: Final = 512  # of one: larger ones hardly come again
_MADE: Final = 64  # bytes of JSON made of a usual message, beside names and strings
_SECONDS_TAG, _NANOS_TAG = 1 << 3, 2 << 3
_NANOS: Final = 1_000_000_000  # in a second
_MICROS: Final = 1_000_000
_ENDS: Final = b'{}Z"{,'  # what constants begin with
_BRACES, _ZULU, _BRACE, _COMMA = 0, 2, 4, 5  # where it has what

_TEXT, _TIME, _MESSAGE, _OTHER = range(4)


class _Field(NamedTuple):
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
    inner: _Fields | None
    owner: str
    kept: dict[bytes, bytes]


_Fields = dict[int, _Field]


class Texts(NamedTuple):
    """Texts, one behind the other.

    Attributes:
        values: Their UTF-8.
        offsets: Where each begins, and where the last ends.
    """

    values: bytes
    offsets: NDArray[np.int32]

    @classmethod
    def of(cls, values: Bytes, sizes: Ints) -> Texts:
        """Those of these sizes."""
        offsets = np.zeros(len(sizes) + 1, np.int32)
        np.cumsum(sizes, out=offsets[1:])
        return cls(values.tobytes(), offsets)

    def filled(self) -> bytes | None:
        """A bit for each, the first lowest: that it is not empty; None: all are so."""
        filled = self.offsets[1:] > self.offsets[:-1]
        return None if filled.all() else np.packbits(filled, bitorder="little").tobytes()


class Renderer:
    """Turns messages of one type into JSON.

    Args:
        message: The type.
    """

    def __init__(self, message: type[Message]) -> None:
        self._message = message
        constants = bytearray(_ENDS)
        self._fields = _fields_of(message.DESCRIPTOR, constants)
        self._constants = bytes(constants)

    def read(self, data: bytes, sizes: Sequence[int]) -> Piece:
        """Takes messages apart.

        Args:
            data: Their wire format, one behind the other.
            sizes: Of each, in bytes.
        """
        return Piece(self._message, self._fields, self._constants, data, sizes)


class Piece:
    """Messages that `Renderer.read` took apart."""

    def __init__(
        self, message: type[Message], fields: _Fields, constants: bytes, data: bytes, sizes: Sequence[int]
    ) -> None:
        self._message = message
        self._data, self._base, self._total = data, len(constants), len(sizes)
        # What parts are taken from: constants, the messages, and what is made of them. Quotation marks are written
        # behind strings, where the tags were that have been read.
        self._size = len(constants) + len(data) + PADDING
        self._wire: Bytes = np.empty(self._size + _MADE * self._total, np.uint8)
        self._wire[: self._size] = np.frombuffer(constants + data + bytes(PADDING), np.uint8)
        self._odd = np.zeros(self._total, np.bool_)
        self._parts: list[tuple[Ints | int, Ints | int]] = []  # where those of each message begin, and their sizes
        self._texts: dict[str, tuple[Ints, Ints, Ints]] = {}
        self._times: dict[str, tuple[Ints, Ints]] = {}
        self._ends = np.cumsum(np.array(sizes, np.int64))
        self._begins = self._ends - np.array(sizes, np.int64)
        rows = np.arange(self._total)
        fresh = self._walk(fields, rows, self._begins + self._base, self._ends + self._base)
        self._close(rows, fresh)
        self._find_what_is_escaped()

    @property
    def total(self) -> int:
        """How many there are."""
        return self._total

    def json(self, behind: bytes = b"") -> Texts:
        """The JSON of all, with `behind` behind each.

        Raises:
            JsonError: One is not a message of the type.
        """
        found = self._put_together(behind)
        if not found.values.isascii() and not _is_utf8(found.values):
            self._odd[:] = True
            found = self._put_together(behind)
        return found

    def texts(self, path: str) -> Texts:
        """A string field of all, such as `user_info.user_id`; of a message that is not one of the type, any text."""
        begins, sizes = np.zeros(self._total, np.int64), np.zeros(self._total, np.int64)
        if path in self._texts:
            rows, found, lengths = self._texts[path]
            begins[rows], sizes[rows] = found, lengths
        for row in np.flatnonzero(self._odd).tolist():
            value = reduce(getattr, path.split("."), self._parsed(row)).encode()
            begins[row], sizes[row] = self._add_source(value), len(value)
        return Texts.of(gather(self._wire, begins, sizes), sizes)

    def times(self, path: str) -> Ints:
        """A time of all, in microseconds since the Unix epoch, rounded down; 0 where it is not set."""
        found = np.zeros(self._total, np.int64)
        if path in self._times:
            rows, times = self._times[path]
            found[rows] = times
        for row in np.flatnonzero(self._odd).tolist():
            time = reduce(getattr, path.split("."), self._parsed(row))
            found[row] = time.seconds * _MICROS + time.nanos // 1_000
        return found

    def _parsed(self, row: int) -> Any:
        return self._message.FromString(self._data[self._begins[row] : self._ends[row]])

    def _walk(self, fields: _Fields, rows: Ints, at: Ints, end: Ints) -> Bools:
        """Adds the parts of messages, in the rows `rows`, that lie from `at` to `end`; returns which have none."""
        at, tags, last = at.copy(), read_tags(self._wire, at), 0
        fresh = np.ones(len(rows), np.bool_)
        going = np.flatnonzero(at < end)
        while len(going):
            found = tags[going]
            tag = int(found.min())
            chosen = going[found == tag]
            field = fields.get(tag)
            if field is None or tag >> 3 <= last:
                wrong = np.ones(len(chosen), np.bool_)
                stop = at[chosen]
            else:
                begin = at[chosen] + tag_width(tag)
                if field.kind == _OTHER:
                    stop = self._end(tag, begin, end[chosen])
                    wrong = stop > end[chosen]
                else:
                    size, begin = read_sizes(self._wire, begin)
                    stop = begin + size
                    wrong = (stop > end[chosen]) | (size < (field.kind == _TEXT))  # canonical form has no empty strings
            if wrong.any():
                self._odd[rows[chosen[wrong]]] = True
                at[chosen[wrong]] = end[chosen[wrong]]
                right = ~wrong
                chosen, stop = chosen[right], stop[right]
                if len(chosen):
                    begin = begin[right]
            if field is not None and len(chosen):
                last = tag >> 3
                began = at[chosen]
                at[chosen] = stop
                tags[chosen] = read_tags(self._wire, stop)
                self._add_name(field, rows[chosen], fresh[chosen])
                fresh[chosen] = False
                self._add_value(field, rows[chosen], began, begin, stop)
            going = going[at[going] < end[going]]
        return fresh

    def _end(self, tag: int, at: Ints, end: Ints) -> Ints:
        """Where fields end whose first values are at `at`, with all that follow under the same tag."""
        stop = at.copy()
        going = np.arange(len(at))
        while len(going):
            begin = stop[going]
            if tag & 7 == _LENGTH_DELIMITED:
                size, begin = read_sizes(self._wire, begin)
                begin = begin + size
            elif tag & 7 == _VARINT:
                _, begin = read_varints(self._wire, begin, end[going])
            else:
                begin = begin + _WIDTHS[tag & 7]
            stop[going] = begin
            within = begin < end[going]
            going, begin = going[within], begin[within]
            again = read_tags(self._wire, begin) == tag
            going = going[again]
            stop[going] += tag_width(tag)
        return stop

    def _add(self, rows: Ints, begins: Ints | int, sizes: Ints | int) -> None:
        """Adds a part to the messages in these rows."""
        if len(rows) < self._total:
            all_begins, all_sizes = np.zeros(self._total, np.int64), np.zeros(self._total, np.int64)
            all_begins[rows], all_sizes[rows] = begins, sizes
            begins, sizes = all_begins, all_sizes
        self._parts.append((begins, sizes))

    def _add_source(self, source: bytes | Bytes) -> int:
        """Adds bytes that parts are taken from; returns where they begin."""
        begin, self._size = self._size, self._size + len(source)
        if self._size > len(self._wire):
            self._wire = np.concatenate([self._wire, np.empty(self._size, np.uint8)])
        self._wire[begin : self._size] = np.frombuffer(source, np.uint8) if isinstance(source, bytes) else source
        return begin

    def _add_name(self, field: _Field, rows: Ints, fresh: Bools) -> None:
        if fresh.all():
            self._add(rows, field.name, field.name_size)
        else:
            self._add(rows, field.name + field.name_size * ~fresh, field.name_size)

    def _add_value(self, field: _Field, rows: Ints, at: Ints, begin: Ints, stop: Ints) -> None:
        if field.kind == _TEXT:
            self._wire[stop] = ord('"')
            self._add(rows, begin, stop - begin + 1)
            self._texts[field.path] = rows, begin, stop - begin
        elif field.kind == _TIME:
            self._add_times(field, rows, begin, stop)
        elif field.inner is not None:
            self._close(rows, self._walk(field.inner, rows, begin, stop))
        else:
            self._add_others(field, rows, at - self._base, stop - self._base)

    def _close(self, rows: Ints, fresh: Bools) -> None:
        self._add(rows, _BRACES + 1 - fresh, 1 + fresh)

    def _add_times(self, field: _Field, rows: Ints, begin: Ints, stop: Ints) -> None:
        seconds, at = self._number(_SECONDS_TAG, begin, stop)
        nanos, at = self._number(_NANOS_TAG, at, stop)
        wrong = (at != stop) | (seconds < FIRST_SECOND) | (seconds > LAST_SECOND) | (nanos < 0) | (nanos >= _NANOS)
        if wrong.any():
            self._odd[rows[wrong]] = True
            seconds[wrong] = nanos[wrong] = 0
        places = np.arange(len(rows))
        whole = self._add_source(whole_seconds(seconds).ravel()) + places * ROW_WIDTH
        if nanos.any():
            digits, widths = fractions(nanos)
            self._add(rows, whole, WHOLE_WIDTH)
            self._add(rows, self._add_source(digits.ravel()) + places * FRACTION_WIDTH, widths)
            self._add(rows, _ZULU, ROW_WIDTH - WHOLE_WIDTH)
        else:
            self._add(rows, whole, ROW_WIDTH)
        self._times[field.path] = rows, seconds * _MICROS + nanos // 1_000

    def _number(self, tag: int, at: Ints, stop: Ints) -> tuple[Ints, Ints]:
        """The varints with this tag, where they come next, else 0; and what is behind."""
        numbers, behind = np.zeros(len(at), np.int64), at.copy()
        there = np.flatnonzero((at < stop) & (self._wire[at] == tag))
        numbers[there], behind[there] = read_varints(self._wire, at[there] + 1, stop[there])
        return numbers, behind

    def _add_others(self, field: _Field, rows: Ints, begin: Ints, stop: Ints) -> None:
        kept, data = field.kept, self._data
        wires = [data[start:end] for start, end in zip(begin.tolist(), stop.tolist(), strict=True)]
        texts = [kept.get(wire) or _json_of(field.owner, wire, kept) for wire in wires]
        sizes = np.fromiter(map(len, texts), np.int64, len(texts))
        self._odd[rows[sizes == 0]] = True
        self._add(rows, self._add_source(b"".join(texts)) + np.cumsum(sizes) - sizes, sizes)

    def _find_what_is_escaped(self) -> None:
        wire = np.frombuffer(self._data + b"\0", np.uint8)
        escaped = np.flatnonzero((wire < ord(" ")) | (wire == ord('"')) | (wire == ord("\\")))
        for rows, begin, size in self._texts.values():
            first = begin - self._base
            self._odd[rows[escaped[np.searchsorted(escaped, first)] < first + size]] = True

    def _put_together(self, behind: bytes) -> Texts:
        count = len(self._parts) + 1
        begins, sizes = np.empty((self._total, count), np.int64), np.empty((self._total, count), np.int64)
        for place, (begin, size) in enumerate([*self._parts, (self._add_source(behind), len(behind))]):
            begins[:, place], sizes[:, place] = begin, size
        for row in np.flatnonzero(self._odd).tolist():
            wire = self._data[self._begins[row] : self._ends[row]]
            text = json.encode(self._message.DESCRIPTOR.full_name, wire).encode()
            sizes[row, :-1] = 0
            begins[row, 0], sizes[row, 0] = self._add_source(text), len(text)
        return Texts.of(gather(self._wire, begins.ravel(), sizes.ravel()), sizes.sum(axis=1))


def _fields_of(message: Any, constants: bytearray, path: str = "", within: tuple[str, ...] = ()) -> _Fields:
    """What is done with the fields of a type, by their tags; `within` are the types that it is asked for."""
    fields: _Fields = {}
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
        scalar = _WIRE_TYPES.get(field.type, _LENGTH_DELIMITED)
        inner = _fields_of(field.message_type, constants, place, within) if kind == _MESSAGE else None
        name, name_size = _BRACE, 1
        if kind != _OTHER:
            start = f'"{paths.to_json(field.name)}":{chr(34) * (kind == _TEXT)}'.encode()
            name, name_size = len(constants), len(start) + 1
            constants += b"{" + start + b"," + start
        for wire_type in {scalar, _LENGTH_DELIMITED} if field.is_repeated else {scalar}:
            tag = field.number << 3 | wire_type
            fields[tag] = _Field(kind, tag, place, name, name_size, inner, message.full_name, {})
    return fields


def _kind_of(field: FieldDescriptor, within: tuple[str, ...]) -> int:
    inner = field.message_type
    if field.is_repeated:
        return _OTHER
    if field.type == FieldDescriptor.TYPE_STRING and not field.has_presence:
        return _TEXT
    if inner is None or inner.full_name in within:
        return _OTHER
    if inner.full_name == _TIMESTAMP:
        return _TIME
    return _OTHER if inner.full_name.startswith(_WELL_KNOWN) else _MESSAGE


def _json_of(owner: str, wire: bytes, kept: dict[bytes, bytes]) -> bytes:
    """The JSON of a field without braces; kept for when it comes again; empty when it is odd.

    Args:
        owner: The full name of the type that it is a field of.
        wire: The field on the wire.
        kept: Where to.
    """
    try:
        text = json.encode(owner, wire).encode()[1:-1]
    except JsonError:
        return b""
    if len(wire) <= _KEPT_BYTES:
        if len(kept) >= _KEPT:
            kept.clear()
        kept[wire] = text
    return text


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
