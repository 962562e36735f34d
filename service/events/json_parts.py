"""Texts that are put together from parts that lie here and there, many at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from service.events.wire_arrays import PADDING, Bytes, Ints, gather

_MADE: Final = 64  # bytes of JSON made of a usual message, beside names and strings


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


class Parts:
    """What texts are made of, which are in rows, one for each.

    Args:
        constants: What `source` is to begin with.
        wire: What follows it there.
        total: How many rows there are.

    Attributes:
        source: What parts are taken from, and what may be written to.
        base: Where `wire` begins in it.
    """

    def __init__(self, constants: bytes, wire: bytes, total: int) -> None:
        self.base, self.total = len(constants), total
        self._size = len(constants) + len(wire) + PADDING
        self.source: Bytes = np.empty(self._size + _MADE * total, np.uint8)
        self.source[: self._size] = np.frombuffer(constants + wire + bytes(PADDING), np.uint8)
        self._parts: list[tuple[Ints | int, Ints | int]] = []  # where those of each row begin, and their sizes

    def add(self, rows: Ints, begins: Ints | int, sizes: Ints | int) -> None:
        """Adds a part to the texts in these rows."""
        if len(rows) < self.total:
            all_begins, all_sizes = np.zeros(self.total, np.int64), np.zeros(self.total, np.int64)
            all_begins[rows], all_sizes[rows] = begins, sizes
            begins, sizes = all_begins, all_sizes
        self._parts.append((begins, sizes))

    def add_source(self, more: bytes | Bytes) -> int:
        """Adds bytes to take parts from; returns where they begin."""
        begin, self._size = self._size, self._size + len(more)
        if self._size > len(self.source):
            self.source = np.concatenate([self.source, np.empty(self._size, np.uint8)])
        self.source[begin : self._size] = np.frombuffer(more, np.uint8) if isinstance(more, bytes) else more
        return begin

    def texts(self, begins: Ints, sizes: Ints, instead: Mapping[int, bytes]) -> Texts:
        """Texts of one part each, but for rows that have another text."""
        for row, text in instead.items():
            begins[row], sizes[row] = self.add_source(text), len(text)
        return Texts.of(gather(self.source, begins, sizes), sizes)

    def put_together(self, behind: bytes, instead: Mapping[int, bytes]) -> Texts:
        """The texts of all parts, with `behind` behind each, but for rows that have another text before it."""
        count = len(self._parts) + 1
        begins, sizes = np.empty((self.total, count), np.int64), np.empty((self.total, count), np.int64)
        for place, (begin, size) in enumerate([*self._parts, (self.add_source(behind), len(behind))]):
            begins[:, place], sizes[:, place] = begin, size
        for row, text in instead.items():
            sizes[row, :-1] = 0
            begins[row, 0], sizes[row, 0] = self.add_source(text), len(text)
        return Texts.of(gather(self.source, begins.ravel(), sizes.ravel()), sizes.sum(axis=1))
