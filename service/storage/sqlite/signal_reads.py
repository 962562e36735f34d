"""The read verbs of signals beside those of all events."""

from __future__ import annotations

from service.storage.records import IdentifierKind, StoredEvent
from service.storage.sqlite.queries import fetch
from service.storage.sqlite.reading import Reading, parent_row, stored_event


class SignalReads(Reading):
    """Reads where applications and positions stand."""

    def get_signal_state(self, parent: str, kind: IdentifierKind, identifier: str) -> StoredEvent | None:
        """See `base.Store`."""
        with self._reading() as connection:
            known = parent_row(connection, parent)
            rows = fetch(connection, "signal_state", (known[0], kind, identifier)) if known else []
        return stored_event(parent, rows[0]) if rows else None

    def list_signal_states(
        self, parent: str, kind: IdentifierKind, after: str, limit: int
    ) -> list[tuple[str, StoredEvent]]:
        """See `base.Store`."""
        with self._reading() as connection:
            known = parent_row(connection, parent)
            rows = fetch(connection, "signal_states", (known[0], kind, after, limit)) if known else []
        return [(identifier, stored_event(parent, values)) for identifier, *values in rows]
