"""How far an operation has come: what its metadata shows, and from where it goes on after a restart."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Progress:
    """Counts of events, and a cursor that only the kind of work understands."""

    success: int = 0  # good ones, those that were stored before included
    failure: int = 0  # rejected ones
    joined: int = 0  # stored by this operation, every product known
    unjoined: int = 0  # stored by this operation, a product unknown
    cursor: dict[str, int] = field(default_factory=dict)

    def add(
        self, *, cursor: dict[str, int], success: int = 0, failure: int = 0, joined: int = 0, unjoined: int = 0
    ) -> Progress:
        """The progress after one more step."""
        return replace(
            self,
            success=self.success + success,
            failure=self.failure + failure,
            joined=self.joined + joined,
            unjoined=self.unjoined + unjoined,
            cursor=cursor,
        )

    def to_json(self) -> str:
        """The form in which it is stored."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Progress:
        """The inverse of `to_json`."""
        return cls(**json.loads(text))
