"""Client events on the connection that writes: which of them are new, and their removal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

import apsw

from service.events.record import other_fingerprints
from service.storage.records import ClientEventRow, Verdict
from service.storage.sqlite.client_event_keys import ClientEventKeys, KeyKind, RunSizes
from service.storage.sqlite.queries import SQL, insert


class _Prints(NamedTuple):
    """The fingerprints of an event.

    Attributes:
        own: v4's.
        others: Of the other forms, see `ClientEventRecord`.
        told_by: What tells those where there are none: the event's bytes, or its number; None: they are v4's.
    """

    own: bytes
    others: bytes
    told_by: bytes | int | None


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
        if not rows:
            return []
        keys = self._keys.of(KeyKind.EVENT_ID, [(row.parent_id, row.event_id) for row in rows])
        if self._keys.are_new(keys):
            self._add(rows, keys)
            return [Verdict.STORED] * len(rows)
        verdicts = self._verdicts(rows, keys)
        new = [place for place, verdict in enumerate(verdicts) if verdict is Verdict.STORED]
        if new:
            self._add([rows[place] for place in new], [keys[place] for place in new])
        return verdicts

    def _add(self, rows: Sequence[ClientEventRow], keys: Sequence[int]) -> None:
        insert(self._connection, "insert_client_event", rows)
        first = self._connection.last_insert_rowid() - len(rows) + 1  # numbers follow one another
        named = [(row.parent_id, row.request_id) for row in rows if row.request_id is not None]
        of_named = iter(self._keys.of(KeyKind.REQUEST_ID, named))
        self._keys.add(first, keys, [None if row.request_id is None else next(of_named) for row in rows])

    def _verdicts(self, rows: Sequence[ClientEventRow], keys: Sequence[int]) -> list[Verdict]:
        """What becomes of rows of which some may be there already, or repeat one another."""
        there = self._there(keys)
        verdicts = []
        for row in rows:
            name = (row.parent_id, row.event_id)
            own = _Prints(row.fingerprint, row.other_fingerprints or b"", row.payload if row.form == 1 else None)
            known = there.get(name)
            if known is None:
                there[name] = own
                verdicts.append(Verdict.STORED)
            elif self._as_said_in(row.form, own) == self._as_said_in(row.form, known):
                verdicts.append(Verdict.REPEATED)
            else:
                verdicts.append(Verdict.CONFLICT)
        return verdicts

    def _as_said_in(self, form: int, event: _Prints) -> bytes:
        """The fingerprint of what a form can say of an event."""
        if form == 1:
            return event.own
        others, told_by = event.others, event.told_by
        if not others and told_by is not None:
            if isinstance(told_by, int):
                told_by = self._connection.execute(SQL["client_event_payload"], (told_by,)).get
            others = other_fingerprints(told_by, event.own) or b""
        if not others:
            return event.own
        size = len(event.own)
        return others[size * (form - 2) : size * (form - 1)]

    def _there(self, keys: Sequence[int]) -> dict[tuple[int, str], _Prints]:
        """The stored events whose ids have these keys, by parent and id."""
        distinct = set(keys)
        in_runs = [(run, key) for key in distinct for run in self._keys.runs_of(key)]
        latest = self._keys.latest_of(distinct)
        wanted = (json.dumps(list(distinct)), json.dumps(in_runs), json.dumps(latest))
        found = json.loads(self._connection.execute(SQL["client_events_there"], wanted).get)
        there: dict[tuple[int, str], _Prints] = {}
        for parent_id, event_id, fingerprint, others, number in found:
            prints = _Prints(bytes.fromhex(fingerprint), bytes.fromhex(others), number)
            there[parent_id, bytes.fromhex(event_id).decode()] = prints
        return there

    def delete(self, ids: Sequence[int]) -> list[int]:
        """Removes events by their numbers; returns the parents of those that there were."""
        numbers = json.dumps(list(ids))
        found = json.loads(self._connection.execute(SQL["client_event_texts"], (numbers,)).get)
        self._remove_keys(KeyKind.EVENT_ID, [(number, parent, event_id) for number, parent, event_id, _ in found])
        named = [(number, parent, request_id) for number, parent, _, request_id in found if request_id is not None]
        self._remove_keys(KeyKind.REQUEST_ID, named)
        self._keys.forget([number for number, *_ in found])
        self._connection.execute(SQL["delete_client_events"], (numbers,))
        return [parent_id for _, parent_id, *_ in found]

    def _remove_keys(self, kind: KeyKind, texts: Sequence[tuple[int, int, str]]) -> None:
        """Removes the keys of events by their numbers, parents and texts in hexadecimal."""
        if texts:
            keys = self._keys.of(kind, [(parent_id, bytes.fromhex(text).decode()) for _, parent_id, text in texts])
            self._keys.remove(keys, [number for number, *_ in texts])
