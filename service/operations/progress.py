"""How far an operation has come: what its metadata shows, and from where it goes on after a restart."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Progress:
    """What was counted so far, and a cursor; only the kind of work knows their keys.

    Args:
        counts: Numbers by name; a missing one is 0.
        cursor: Where to go on, as JSON has it.
    """

    counts: Counter[str] = field(default_factory=Counter)
    cursor: dict[str, Any] = field(default_factory=dict)

    def add(self, cursor: dict[str, Any], **counts: int) -> Progress:
        """The progress after one more step."""
        return Progress(self.counts + Counter(counts), cursor)

    def to_json(self) -> str:
        """The form in which it is stored."""
        return json.dumps([self.counts, self.cursor])

    @classmethod
    def from_json(cls, text: str) -> Progress:
        """The inverse of `to_json`."""
        counts, cursor = json.loads(text)
        return cls(Counter(counts), cursor)
