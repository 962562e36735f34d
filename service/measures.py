"""What the service counts about itself while it works; cheap to add to, read when somebody asks.

One thread adds to each of these; any thread may read it, and may then miss what is being added right now.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Sequence
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Distribution:
    """How many values fell into which range.

    Args:
        bounds: The upper ends of the ranges, each inclusive, ascending; beyond the last there is one more range.
    """

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(self.bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        """Counts one value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class Tally(Generic[K]):
    """How often each of several things happened."""

    __slots__ = ("counts",)

    def __init__(self) -> None:
        self.counts: dict[K, int] = {}

    def add(self, key: K, times: int = 1) -> None:
        """Counts `key`."""
        self.counts[key] = self.counts.get(key, 0) + times


Refused = Tally[tuple[int, str]]
"""What was refused: by the way in which it came (`footfall.v1.EventSource`), and by the reason."""
