"""The median of many durations, exact, without ever sorting them all at once."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator

_RUN = 2_048  # sorting so many takes a fraction of a millisecond, during which no other thread runs


class Durations:
    """A collection of whole numbers that takes eight bytes for each."""

    __slots__ = ("_open", "_runs")

    def __init__(self) -> None:
        self._runs: list[array[int]] = []  # each sorted
        self._open: list[int] = []

    def add(self, value: int) -> None:
        """Takes one."""
        self._open.append(value)
        if len(self._open) == _RUN:
            self._close()

    def __iter__(self) -> Iterator[int]:
        for run in (*self._runs, self._open):
            yield from run

    def __len__(self) -> int:
        return len(self._runs) * _RUN + len(self._open)

    def median(self) -> int | None:
        """The middle one; of an even number the mean of the two in the middle, rounded down; None of none."""
        count = len(self)
        if not count:
            return None
        if count % 2:
            return self._at(count // 2)
        return (self._at(count // 2 - 1) + self._at(count // 2)) // 2

    def _close(self) -> None:
        self._open.sort()
        self._runs.append(array("q", self._open))
        self._open = []

    def _at(self, place: int) -> int:
        """The one at `place`, were they sorted: found by halving the range of values, not by sorting."""
        runs = [*self._runs, array("q", sorted(self._open))]
        low, high = min(run[0] for run in runs if run), max(run[-1] for run in runs if run)
        while low < high:
            middle = (low + high) // 2
            if sum(bisect_right(run, middle) for run in runs) > place:
                high = middle
            else:
                low = middle + 1
        return low
