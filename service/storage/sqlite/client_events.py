"""Client events on the connection that writes: which of them are new, and their removal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

import apsw

from service.events.record import other_fingerprints
from service.storage.records import ClientEventRow, Verdict
from service.storage.sqlite.client_event_keys import ClientEventKeys, KeyKind, RunSizes, keys_of
from service.storage.sqlite.queries import SQL, insert


class _Prints(NamedTuple):
    """The fingerprints of an event.

    Attributes:
        own: v4's.
        others: Of the other forms, see `ClientEventRecord`.
        payload: What tells those where there are none; empty where they are v4's.
    """

    own: bytes
    others: bytes
    payload: bytes

    def as_said_in(self, form: int) -> bytes:
        """The fingerprint of what a form can say of the event."""
        if form == 1:
            return self.own
        others = self.others
        if not others and self.payload:
            others = other_fingerprints(self.payload) or b""
        if not others:
            return self.own
        size = len(self.own)
        return others[size * (form - 2) : size * (form - 1)]


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
        keys = keys_of(KeyKind.EVENT_ID, [(row.parent_id, row.event_id) for row in rows])
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
        of_named = iter(keys_of(KeyKind.REQUEST_ID, named))
        self._keys.add(first, keys, [None if row.request_id is None else next(of_named) for row in rows])

    def _verdicts(self, rows: Sequence[ClientEventRow], keys: Sequence[int]) -> list[Verdict]:
        """What becomes of rows of which some may be there already, or repeat one another."""
        there = self._there(keys, with_payloads=any(row.form != 1 for row in rows))
        verdicts = []
        for row in rows:
            name = (row.parent_id, row.event_id)
            own = _Prints(row.fingerprint, row.other_fingerprints or b"", row.payload if row.form == 1 else b"")
            known = there.get(name)
            if known is None:
                there[name] = own
                verdicts.append(Verdict.STORED)
            elif own.as_said_in(row.form) == known.as_said_in(row.form):
                verdicts.append(Verdict.REPEATED)
            else:
                verdicts.append(Verdict.CONFLICT)
        return verdicts

    def _there(self, keys: Sequence[int], *, with_payloads: bool) -> dict[tuple[int, str], _Prints]:
        """The stored events whose ids have these keys, by parent and id."""
        distinct = set(keys)
        in_runs = [(run, key) for key in distinct for run in self._keys.runs_of(key)]
        latest = self._keys.latest_of(distinct)
        wanted = (json.dumps(list(distinct)), json.dumps(in_runs), json.dumps(latest), with_payloads)
        found = json.loads(self._connection.execute(SQL["client_events_there"], wanted).get)
        there: dict[tuple[int, str], _Prints] = {}
        for parent_id, event_id, fingerprint, others, payload in found:
            prints = _Prints(bytes.fromhex(fingerprint), bytes.fromhex(others), bytes.fromhex(payload or ""))
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
            keys = keys_of(kind, [(parent_id, bytes.fromhex(text).decode()) for _, parent_id, text in texts])
            self._keys.remove(keys, [number for number, *_ in texts])
