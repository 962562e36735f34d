"""Client events on the connection that writes: which of them are new, and their removal."""

from __future__ import annotations

import json
from collections.abc import Sequence

import apsw

from service.storage.records import ClientEventRow, Verdict
from service.storage.sqlite.client_event_keys import ClientEventKeys, KeyKind, RunSizes, keys_of
from service.storage.sqlite.queries import SQL, insert

_Prints = tuple[bytes, bytes]  # fingerprint, other_fingerprints


class ClientEvents:
    """Adds and removes client events and their keys; the caller counts them.

    Args:
        connection: The writing connection.
        run_sizes: See `ClientEventKeys`.
    """

    def __init__(self, connection: apsw.Connection, run_sizes: RunSizes) -> None:
        self._connection = connection
        self._keys = ClientEventKeys(connection, run_sizes)

    def committed(self) -> None:
        """The transaction is over."""
        self._keys.committed()

    def rolled_back(self) -> None:
        """The transaction came to nothing."""
        self._keys.rolled_back()

    def insert(self, rows: Sequence[ClientEventRow]) -> list[Verdict]:
        """See `base.Transaction`."""
        keys = keys_of((row.parent_id, row.event_id.encode()) for row in rows)
        if self._keys.are_new(keys):
            self._add(rows, keys)
            return [Verdict.STORED] * len(rows)
        verdicts = self._verdicts(rows, keys)
        new = [place for place, verdict in enumerate(verdicts) if verdict is Verdict.STORED]
        self._add([rows[place] for place in new], [keys[place] for place in new])
        return verdicts

    def _add(self, rows: Sequence[ClientEventRow], keys: Sequence[int]) -> None:
        if not rows:
            return
        insert(self._connection, "insert_client_event", rows)
        first = self._connection.last_insert_rowid() - len(rows) + 1  # numbers follow one another
        named = [row for row in rows if row.request_id is not None]
        of_named = iter(keys_of((row.parent_id, (row.request_id or "").encode()) for row in named))
        request_keys = [None if row.request_id is None else next(of_named) for row in rows]
        self._keys.add(first, keys, request_keys)

    def _verdicts(self, rows: Sequence[ClientEventRow], keys: Sequence[int]) -> list[Verdict]:
        """What becomes of rows of which some may be there already, or repeat one another."""
        there = self._there(keys)
        verdicts = []
        for row in rows:
            name = (row.parent_id, row.event_id)
            own = (row.fingerprint, row.other_fingerprints or b"")
            known = there.get(name)
            if known is None:
                there[name] = own
                verdicts.append(Verdict.STORED)
            elif _as_said_in(row.form, *own) == _as_said_in(row.form, *known):
                verdicts.append(Verdict.REPEATED)
            else:
                verdicts.append(Verdict.CONFLICT)
        return verdicts

    def _there(self, keys: Sequence[int]) -> dict[tuple[int, str], _Prints]:
        """The stored events whose ids have these keys, by parent and id."""
        distinct = set(keys)
        in_runs = [(run, key) for key in distinct for run in self._keys.runs_of(key)]
        wanted = (json.dumps(list(distinct)), json.dumps(in_runs))
        found = json.loads(self._connection.execute(SQL["client_events_there"], wanted).get)
        there: dict[tuple[int, str], _Prints] = {}
        for parent_id, event_id, fingerprint, others in found:
            prints = (bytes.fromhex(fingerprint), bytes.fromhex(others))
            there[parent_id, bytes.fromhex(event_id).decode()] = prints
        return there

    def delete(self, ids: Sequence[int]) -> list[int]:
        """Removes events by their numbers; returns the parents of those that there were."""
        numbers = json.dumps(list(ids))
        found = json.loads(self._connection.execute(SQL["client_event_texts"], (numbers,)).get)
        self._remove_keys(KeyKind.EVENT_ID, [(number, parent, event_id) for number, parent, event_id, _ in found])
        named = [(number, parent, request_id) for number, parent, _, request_id in found if request_id is not None]
        self._remove_keys(KeyKind.REQUEST_ID, named)
        self._connection.execute(SQL["delete_client_events"], (numbers,))
        return [parent_id for _, parent_id, *_ in found]

    def _remove_keys(self, kind: KeyKind, texts: Sequence[tuple[int, int, str]]) -> None:
        """Removes the keys of events by their numbers, parents and texts in hexadecimal."""
        if texts:
            keys = keys_of((parent_id, bytes.fromhex(text)) for _, parent_id, text in texts)
            self._keys.remove(kind, keys, [number for number, *_ in texts])


def _as_said_in(form: int, fingerprint: bytes, other_fingerprints: bytes) -> bytes:
    """The fingerprint of what a form can say of an event."""
    if not other_fingerprints:
        return fingerprint
    size = len(fingerprint)
    return (fingerprint + other_fingerprints)[size * (form - 1) : size * form]
