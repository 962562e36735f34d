"""The read verbs of insights: few columns of very many events.

Each read comes as one row of JSON: the interpreter's lock changes hands once for it, not once for each event.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Collection
from itertools import accumulate
from typing import Any

import apsw

from service.storage.records import ActorEvent, Key, Selection, StoryEvent
from service.storage.sqlite.queries import SQL
from service.storage.sqlite.reading import Reading, parent_row
from service.storage.sqlite.selecting import TABLES, USER_EVENTS, page

_ACTORS = ("visitor_id", "user_id", "request_id")
# In hexadecimal and in JSON they are several times as large, in SQLite, which has a limit, and here; and whoever waits
# for the interpreter waits for that long.
_PAYLOAD_BYTES = 2 * 2**20
_SEARCHES_AT_ONCE = 100  # of which are sought, until there are as many events as wanted


class InsightReads(Reading):
    """Reads what funnels and stories are made of."""

    def actor_events(
        self,
        kind: str,
        parent: str,
        selection: Selection,
        *,
        actor: str,
        after: Key | None,
        limit: int,
        with_payload: Collection[str] | Collection[int] = (),
    ) -> list[ActorEvent]:
        """See `base.Store`."""
        assert actor in _ACTORS
        table = TABLES[kind]
        tie = f"hex({table.tie})" if table is USER_EVENTS else table.tie
        payload = "CASE WHEN event_type IN (SELECT value FROM json_each(?)) THEN {}(payload) END"
        columns = f"json_array({table.time}, {tie}, event_type, {actor}, {payload.format('hex')}) AS event"
        with self._reading() as connection:
            known = parent_row(connection, parent)
            if known is None:
                return []
            wanted = json.dumps(sorted(with_payload))
            if with_payload:
                sizes = f"{payload.format('length')} AS size"
                statement, values = page(table, known[0], selection, after, descending=False, columns=sizes)
                statement = f"SELECT json_group_array(size) FROM ({statement})"
                limit = _that_fit(connection, statement, (wanted, *values, limit))
            statement, values = page(table, known[0], selection, after, descending=False, columns=columns)
            found = connection.execute(
                f"SELECT json_group_array(json(event)) FROM ({statement})", (wanted, *values, limit)
            ).get
        return [
            ActorEvent(
                time_us,
                bytes.fromhex(tie) if table is USER_EVENTS else tie,
                event_type,
                actor_id,
                None if payload is None else bytes.fromhex(payload),
            )
            for time_us, tie, event_type, actor_id, payload in json.loads(found)
        ]

    def story_events(
        self,
        parent: str,
        request_ids: Collection[str],
        after: tuple[str, int] | None,
        limit: int,
        with_payload: Collection[int],
    ) -> list[StoryEvent]:
        """See `base.Store`."""
        with self._reading() as connection:
            known = parent_row(connection, parent)
            if known is None:
                return []
            types = json.dumps(sorted(with_payload))
            while wanted := _events_of(connection, known[0], request_ids, after, limit):
                numbers = json.dumps([number for _, number in wanted])
                wanted = wanted[: _that_fit(connection, SQL["story_event_sizes"], (numbers, types))]
                numbers = json.dumps([number for _, number in wanted])
                found = json.loads(connection.execute(SQL["story_events"], (known[0], numbers, types)).get)
                if events := [
                    StoryEvent(request_id, number, event_type, None if payload is None else bytes.fromhex(payload))
                    for place, request_id, number, event_type, payload in found
                    if request_id == wanted[place][0]  # another text may have the same key
                ]:
                    return events
                after = wanted[-1]
        return []


def _events_of(
    connection: apsw.Connection,
    parent_id: int,
    request_ids: Collection[str],
    after: tuple[str, int] | None,
    limit: int,
) -> list[tuple[str, int]]:
    """Request ids and numbers of what may be the next events of these searches, in order."""
    first, seen = after or ("", 0)
    texts = sorted(text for text in set(request_ids) if text >= first)
    found: set[tuple[str, int]] = set()
    while texts and len(found) < limit:
        some, texts = texts[:_SEARCHES_AT_ONCE], texts[_SEARCHES_AT_ONCE:]
        searches = [(text, seen if text == first else 0) for text in some]
        values = (json.dumps(searches), limit, parent_id)
        for place, numbers in json.loads(connection.execute(SQL["events_of_requests"], values).get):
            found.update((some[place], number) for number in numbers)
    return sorted(found)[:limit]


def _that_fit(connection: apsw.Connection, sizes: str, values: tuple[Any, ...]) -> int:
    """How many events can be read at once, of those whose payloads have these sizes: at least one, if there is one."""
    found = json.loads(connection.execute(sizes, values).get)
    return max(1, bisect_right([*accumulate(size or 0 for size in found)], _PAYLOAD_BYTES))
