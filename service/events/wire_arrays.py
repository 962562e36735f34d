"""Reading many messages in wire format at once: a position in each, all moved on together by numpy."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]
Bools = NDArray[np.bool_]

VARINT, FIXED64, LENGTH_DELIMITED, FIXED32 = 0, 1, 2, 5  # wire types
_WIDTHS: Final = {FIXED64: 8, FIXED32: 4}
PADDING: Final = 16  # bytes behind the last message, so that what is read there is in the array
_MORE: Final = 128  # of a byte of a varint: that another follows
_LARGEST: Final = 10  # bytes of a varint
_BLOCK: Final = 64 * 1024  # bytes put together at once: their places fit into the processor's cache
_PLACES: Final = np.arange(_BLOCK)


def read_tags(wire: Bytes, at: Ints) -> Ints:
    """The tag at each position; -1 where it has more than two bytes."""
    tags = wire[at].astype(np.int64)
    if (tags >= _MORE).any():
        second = wire[at + 1].astype(np.int64)
        two = (tags & 127) | second << 7
        tags = np.where(tags < _MORE, tags, np.where(second < _MORE, two, -1))
    return tags


def tag_width(tag: int) -> int:
    """How many bytes a tag of one or two has."""
    return 1 if tag < _MORE else 2


def read_sizes(wire: Bytes, at: Ints) -> tuple[Ints, Ints]:
    """The length at each position, and where it ends; a length that reaches beyond everything if it has three bytes."""
    sizes = wire[at].astype(np.int64)
    begin = at + 1
    if (sizes >= _MORE).any():
        second = wire[begin].astype(np.int64)
        two = np.where(second < _MORE, (sizes & 127) | second << 7, len(wire))
        begin = begin + (sizes >= _MORE)
        sizes = np.where(sizes < _MORE, sizes, two)
    return sizes, begin


def read_varints(wire: Bytes, at: Ints, end: Ints) -> tuple[Ints, Ints]:
    """The varint at each position, as a signed number of 64 bits, and where it ends: beyond `end` if that is odd."""
    numbers = np.zeros(len(at), np.int64)
    stop = at.copy()
    going = np.arange(len(at))
    for place in range(_LARGEST):
        byte = wire[np.minimum(stop[going], end[going])].astype(np.int64)
        numbers[going] |= (byte & 127) << 7 * place
        stop[going] += 1
        going = going[byte >= _MORE]
        if not len(going):
            return numbers, stop
    stop[going] = end[going] + 1
    return numbers, stop


def read_varint_fields(wire: Bytes, tag: int, at: Ints, end: Ints) -> tuple[Ints, Ints]:
    """The varints with this tag, of one byte, where that is what comes next, else 0; and what is behind."""
    numbers, behind = np.zeros(len(at), np.int64), at.copy()
    there = np.flatnonzero((at < end) & (wire[at] == tag))
    numbers[there], behind[there] = read_varints(wire, at[there] + 1, end[there])
    return numbers, behind


def ends_of_fields(wire: Bytes, tag: int, at: Ints, end: Ints) -> Ints:
    """Where fields end whose first values are at `at`, with all that follow under the same tag; beyond `end` if odd."""
    stop = at.copy()
    going = np.arange(len(at))
    while len(going):
        begin = stop[going]
        if tag & 7 == LENGTH_DELIMITED:
            sizes, begin = read_sizes(wire, begin)
            begin = begin + sizes
        elif tag & 7 == VARINT:
            _, begin = read_varints(wire, begin, end[going])
        else:
            begin = begin + _WIDTHS[tag & 7]
        stop[going] = begin
        within = begin < end[going]
        going, begin = going[within], begin[within]
        going = going[read_tags(wire, begin) == tag]
        stop[going] += tag_width(tag)
    return stop


def gather(wire: Bytes, begins: Ints, sizes: Ints) -> Bytes:
    """Pieces of `wire` put one behind the other."""
    ends = np.cumsum(sizes)
    total = int(ends[-1]) if len(ends) else 0
    whole = np.empty(total, np.uint8)
    moved = begins - ends + sizes  # from where a byte is to where it comes from
    first = done = 0
    while done < total:
        last = int(np.searchsorted(ends, done + _BLOCK, side="right"))
        if last == first:  # it is larger than a block
            last = first + 1
            whole[done : ends[first]] = wire[begins[first] : begins[first] + sizes[first]]
        else:
            places = np.repeat(moved[first:last] + done, sizes[first:last])
            places += _PLACES[: len(places)]
            wire.take(places, out=whole[done : done + len(places)], mode="clip")
        first, done = last, int(ends[last - 1])
    return whole
