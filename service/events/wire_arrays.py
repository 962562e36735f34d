"""Reading many messages in wire format at once: a position in each, all moved on together by numpy."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]
Bools = NDArray[np.bool_]

PADDING: Final = 16  # bytes behind the last message, so that what is read there is in the array
_MORE: Final = 128  # of a byte of a varint: that another follows
_LARGEST: Final = 10  # bytes of a varint
_BLOCK: Final = 64 * 1024  # bytes put together at once: their places fit into the processor's cache
_PLACES: Final = np.arange(2 * _BLOCK)


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


def gather(wire: Bytes, begins: Ints, sizes: Ints) -> Bytes:
    """Pieces of `wire` put one behind the other."""
    ends = np.cumsum(sizes)
    total = int(ends[-1]) if len(ends) else 0
    whole = np.empty(total, np.uint8)
    moved = begins - ends + sizes  # from where a byte is to where it comes from
    first = done = 0
    while done < total:
        last = int(np.searchsorted(ends, done + _BLOCK)) + 1
        stop = int(ends[min(last, len(ends)) - 1])
        places = np.repeat(moved[first:last] + done, sizes[first:last])
        places += _PLACES[: stop - done] if stop - done <= len(_PLACES) else np.arange(stop - done)
        wire.take(places, out=whole[done:stop], mode="clip")
        first, done = last, stop
    return whole
