"""Stored messages as JSON, many of them: what `json.encode` gives for each, in less time.

The JSON of a message is that of its fields, one after the other, and stored messages are in canonical form: fields
ascending by number. So messages are taken apart on the wire, all at once, a field at a time, by numpy. What is found is
where each part of the JSON lies: names in a text of them all, strings in the messages themselves, times in digits made
for it. Any other field goes to `json.encode` alone, and what came of it is kept, for such fields (products, attributes)
come again and again. Then all parts are put together. A message that is not what it should be goes to `json.encode`
as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any, Final

import numpy as np
from google.protobuf.message import Message

from service.events import json
from service.events.json_fields import BRACES, ENDS, OTHER, TEXT, TIME, ZULU, Field, Fields, fields_of, json_of
from service.events.json_parts import Parts, Texts
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
    Bools,
    Ints,
    ends_of_fields,
    read_sizes,
    read_tags,
    read_varint_fields,
    tag_width,
)

_SECONDS_TAG, _NANOS_TAG = 1 << 3, 2 << 3
_NANOS: Final = 1_000_000_000  # in a second
_MICROS: Final = 1_000_000


class Renderer:
    """Turns messages of one type into JSON.

    Args:
        message: The type.
    """

    def __init__(self, message: type[Message]) -> None:
        self._message = message
        constants = bytearray(ENDS)
        self._fields = fields_of(message.DESCRIPTOR, constants)
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
        self, message: type[Message], fields: Fields, constants: bytes, data: bytes, sizes: Sequence[int]
    ) -> None:
        self._message, self._data, self._total = message, data, len(sizes)
        self._parts = Parts(constants, data, self._total)
        self._odd = np.zeros(self._total, np.bool_)
        self._texts: dict[str, tuple[Ints, Ints, Ints]] = {}
        self._times: dict[str, tuple[Ints, Ints]] = {}
        lengths = np.array(sizes, np.int64)
        self._ends = np.cumsum(lengths)
        self._begins = self._ends - lengths
        rows, base = np.arange(self._total), self._parts.base
        self._close(rows, self._walk(fields, rows, self._begins + base, self._ends + base))
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
        found = self._parts.put_together(behind, self._odd_ones())
        if not found.values.isascii() and not _is_utf8(found.values):
            self._odd[:] = True
            found = self._parts.put_together(behind, self._odd_ones())
        return found

    def texts(self, path: str) -> Texts:
        """A string field of all, such as `user_info.user_id`."""
        begins, sizes = np.zeros(self._total, np.int64), np.zeros(self._total, np.int64)
        if path in self._texts:
            rows, begin, size = self._texts[path]
            begins[rows], sizes[rows] = begin, size
        instead = {row: self._parsed(row, path).encode() for row in np.flatnonzero(self._odd).tolist()}
        return self._parts.texts(begins, sizes, instead)

    def times(self, path: str) -> Ints:
        """A time of all, in microseconds since the Unix epoch, rounded down; 0 where it is not set."""
        found = np.zeros(self._total, np.int64)
        if path in self._times:
            rows, times = self._times[path]
            found[rows] = times
        for row in np.flatnonzero(self._odd).tolist():
            time = self._parsed(row, path)
            found[row] = time.seconds * _MICROS + time.nanos // 1_000
        return found

    def _wire(self, row: int) -> bytes:
        return self._data[self._begins[row] : self._ends[row]]

    def _parsed(self, row: int, path: str) -> Any:
        return reduce(getattr, path.split("."), self._message.FromString(self._wire(row)))

    def _odd_ones(self) -> dict[int, bytes]:
        name = self._message.DESCRIPTOR.full_name
        return {row: json.encode(name, self._wire(row)).encode() for row in np.flatnonzero(self._odd).tolist()}

    def _walk(self, fields: Fields, rows: Ints, at: Ints, end: Ints) -> Bools:
        """Adds the parts of messages that lie from `at` to `end`.

        Args:
            fields: Of their type.
            rows: Which of all they are, or are in.
            at: Where each begins.
            end: Where each ends.

        Returns:
            Which are empty.
        """
        at, tags, last = at.copy(), read_tags(self._parts.source, at), 0
        empty = np.ones(len(rows), np.bool_)
        going = np.flatnonzero(at < end)
        while len(going):
            found = tags[going]
            tag = int(found.min())
            chosen = going[found == tag]
            field = fields.get(tag)
            if field is None or tag >> 3 <= last:
                self._odd[rows[chosen]] = True
                at[chosen] = end[chosen]
            else:
                begin, stop, wrong = self._bounds(field, at[chosen], end[chosen])
                if wrong.any():
                    self._odd[rows[chosen[wrong]]] = True
                    at[chosen[wrong]] = end[chosen[wrong]]
                    chosen, begin, stop = chosen[~wrong], begin[~wrong], stop[~wrong]
                last = tag >> 3
                if len(chosen):
                    first, at[chosen] = at[chosen], stop
                    tags[chosen] = read_tags(self._parts.source, stop)  # what is there may be written over next
                    self._add(field, rows[chosen], empty[chosen], first if field.kind == OTHER else begin, stop)
                    empty[chosen] = False
            going = going[at[going] < end[going]]
        return empty

    def _bounds(self, field: Field, at: Ints, end: Ints) -> tuple[Ints, Ints, Bools]:
        """Where the values of fields at `at` begin, where they end, and which are not as they should be."""
        begin = at + tag_width(field.tag)
        if field.kind == OTHER:
            stop = ends_of_fields(self._parts.source, field.tag, begin, end)
            return begin, stop, stop > end
        sizes, begin = read_sizes(self._parts.source, begin)
        stop = begin + sizes
        wrong = stop > end
        return begin, stop, wrong | (sizes == 0) if field.kind == TEXT else wrong  # canonical form: no empty strings

    def _add(self, field: Field, rows: Ints, empty: Bools, begin: Ints, stop: Ints) -> None:
        """Adds a field, whose value (of an odd kind: all of it) is from `begin` to `stop`, to messages."""
        name = field.name if empty.all() else field.name + field.name_size * ~empty
        self._parts.add(rows, name, field.name_size)
        if field.kind == TEXT:
            self._parts.source[stop] = ord('"')
            self._parts.add(rows, begin, stop - begin + 1)
            self._texts[field.path] = rows, begin, stop - begin
        elif field.kind == TIME:
            self._add_times(field, rows, begin, stop)
        elif field.inner is not None:
            self._close(rows, self._walk(field.inner, rows, begin, stop))
        else:
            self._add_others(field, rows, begin - self._parts.base, stop - self._parts.base)

    def _close(self, rows: Ints, empty: Bools) -> None:
        self._parts.add(rows, BRACES + 1 - empty, 1 + empty)

    def _add_times(self, field: Field, rows: Ints, begin: Ints, stop: Ints) -> None:
        seconds, at = read_varint_fields(self._parts.source, _SECONDS_TAG, begin, stop)
        nanos, at = read_varint_fields(self._parts.source, _NANOS_TAG, at, stop)
        wrong = (at != stop) | (seconds < FIRST_SECOND) | (seconds > LAST_SECOND) | (nanos < 0) | (nanos >= _NANOS)
        if wrong.any():
            self._odd[rows[wrong]] = True
            seconds[wrong] = nanos[wrong] = 0
        places = np.arange(len(rows))
        whole = self._parts.add_source(whole_seconds(seconds).ravel()) + places * ROW_WIDTH
        if nanos.any():
            digits, widths = fractions(nanos)
            self._parts.add(rows, whole, WHOLE_WIDTH)
            self._parts.add(rows, self._parts.add_source(digits.ravel()) + places * FRACTION_WIDTH, widths)
            self._parts.add(rows, ZULU, ROW_WIDTH - WHOLE_WIDTH)
        else:
            self._parts.add(rows, whole, ROW_WIDTH)
        self._times[field.path] = rows, seconds * _MICROS + nanos // 1_000

    def _add_others(self, field: Field, rows: Ints, begin: Ints, stop: Ints) -> None:
        kept, data = field.kept, self._data
        wires = [data[start:end] for start, end in zip(begin.tolist(), stop.tolist(), strict=True)]
        texts = [kept.get(wire) or json_of(field, wire) for wire in wires]
        sizes = np.fromiter(map(len, texts), np.int64, len(texts))
        self._odd[rows[sizes == 0]] = True
        self._parts.add(rows, self._parts.add_source(b"".join(texts)) + np.cumsum(sizes) - sizes, sizes)

    def _find_what_is_escaped(self) -> None:
        wire = np.frombuffer(self._data + b"\0", np.uint8)
        escaped = np.flatnonzero((wire < ord(" ")) | (wire == ord('"')) | (wire == ord("\\")))
        for rows, begin, size in self._texts.values():
            first = begin - self._parts.base
            self._odd[rows[escaped[np.searchsorted(escaped, first)] < first + size]] = True


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
