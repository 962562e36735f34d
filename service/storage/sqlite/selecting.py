"""Selections of events as SQL: conditions, order and keys for paging."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from service.storage.records import IdentifierKind, Key, Selection
from service.storage.sqlite.client_event_keys import KeyKind


@dataclass(frozen=True, slots=True)
class Table:
    """What the kinds of events call the same things.

    Args:
        name: The table.
        time: Its column of the event's own time.
        tie: The column that orders events of the same time.
        joined: The column that says at which revision an event joined, as an expression.
        count_at: Where `parent_row` has how many there are.
        beside: The columns of a client event's form and of what is kept beside it, as expressions.
        indexes: By the field of a selection that names a few events when it has one value, the index that finds them.
        keys: By the field of a selection that names a few events, the kind of the keys that find them.
    """

    name: str
    time: str
    tie: str
    joined: str
    count_at: int
    beside: str
    indexes: dict[str, str]
    keys: dict[str, KeyKind] = field(default_factory=dict)


USER_EVENTS = Table(
    "user_events",
    "event_time_us",
    "fingerprint",
    "joined_revision",
    1,
    "0, NULL",
    {"visitor_ids": "user_events_visitor", "user_ids": "user_events_user"},
)
CLIENT_EVENTS = Table(
    "client_events",
    "create_time_us",
    "id",
    "0",
    2,
    "form, beside",
    {},
    {"event_ids": KeyKind.EVENT_ID, "request_ids": KeyKind.REQUEST_ID},
)
SIGNALS = Table("signals", "signal_time_us", "id", "0", 4, "0, NULL", {"request_ids": "signals_request"})
TABLES = {table.name: table for table in (USER_EVENTS, CLIENT_EVENTS, SIGNALS)}
_IDENTIFIERS = {
    "tokens": IdentifierKind.TOKEN,
    "application_ids": IdentifierKind.APPLICATION,
    "position_ids": IdentifierKind.POSITION,
}
_BY_HOUR = {"visitor_ids", "user_ids"}  # their indexes have the hour first
_HOUR_US = 3_600_000_000
_KEYED = """id IN (
    WITH wanted AS MATERIALIZED (SELECT value AS text, client_event_key(?, ?, value) AS key FROM json_each(?))
    SELECT id FROM client_event_keys WHERE key IN (SELECT key FROM wanted)
    UNION ALL
    SELECT recent.id FROM client_event_runs AS runs CROSS JOIN wanted CROSS JOIN client_event_key_runs AS recent
        ON recent.run = runs.run AND recent.key = wanted.key
    UNION ALL
    SELECT id FROM client_events WHERE id >= (SELECT keyed_until_id FROM client_event_merge) AND {column} IN (
        SELECT text FROM wanted
    )
)"""
_IN_TIME_INDEX = {"from_us", "until_us", "max_id"}
_NARROW = {"from_us", "until_us", "visitor_ids", "user_ids", "request_ids", "event_ids", *_IDENTIFIERS}


def _named(selection: Selection) -> list[tuple[IdentifierKind, frozenset[str]]]:
    """The identifiers one of which signals must name, by their kind."""
    named = ((kind, getattr(selection, name)) for name, kind in _IDENTIFIERS.items())
    return [(kind, values) for kind, values in named if values is not None]


def _found(table: Table, parent_id: int, selection: Selection) -> tuple[str, str, list[Any]]:
    """The table, the WHERE clause of a selection and its values, so that SQLite looks for them by the best index.

    By itself it would not take that for one visitor, user or request: it knows nothing of how many events one has, and
    so prefers what spares it the sorting, all events in time order.
    """
    where, values = conditions(table, parent_id, selection)
    if _named(selection):
        return f"{table.name} NOT INDEXED", where, values  # by number, which signal_identifiers has
    for name, kind in table.keys.items():
        wanted = getattr(selection, name)
        if wanted is not None:
            keyed = _KEYED.format(column=name.removesuffix("s"))
            values += (kind, parent_id, json.dumps(list(wanted)))
            return f"{table.name} NOT INDEXED", f"{where} AND {keyed}", values
    for name, index in table.indexes.items():
        wanted = getattr(selection, name)
        if wanted is not None and len(wanted) == 1:
            if name in _BY_HOUR:
                clause, more = _hours(parent_id, selection)
                where, values = f"{where} AND {clause}", [*values, *more]
            return f"{table.name} INDEXED BY {index}", where, values
    return table.name, where, values


def _hours(parent_id: int, selection: Selection) -> tuple[str, list[Any]]:
    """That an event is of one of the parent's hours, which are found by one look into an index each; and its values.

    Hours are rounded towards zero, the bounds of the selection down: before 1970 one hour too many is looked at.
    """
    first = "" if selection.from_us is None else f"AND event_hour >= {selection.from_us // _HOUR_US}"
    last = "present IS NOT NULL" if selection.until_us is None else f"present <= {selection.until_us // _HOUR_US}"
    clause = f"""event_hour IN (
        WITH RECURSIVE hours (present) AS (
            SELECT min(event_hour) FROM user_events INDEXED BY user_events_visitor WHERE parent_id = ? {first}
            UNION ALL
            SELECT (SELECT min(event_hour) FROM user_events INDEXED BY user_events_visitor
                    WHERE parent_id = ? AND event_hour > present)
            FROM hours WHERE {last}
        ) SELECT present FROM hours WHERE present IS NOT NULL
    )"""
    return clause, [parent_id, parent_id]


def _is_found_by_index(selection: Selection, group_by: frozenset[str]) -> bool:
    """Whether an index holds all that is asked for, or finds the few that matter."""
    chosen = {name for name, value in selection._asdict().items() if value not in (None, frozenset())}
    is_in_index = chosen <= _IN_TIME_INDEX and group_by <= {"day"}
    return is_in_index or selection.joined is False or not chosen.isdisjoint(_NARROW)


def conditions(table: Table, parent_id: int, selection: Selection) -> tuple[str, list[Any]]:
    """The WHERE clause of a selection and the values of its placeholders."""
    clauses = ["parent_id = ?"]
    values: list[Any] = [parent_id]

    def add(clause: str, value: Any) -> None:
        clauses.append(clause)
        values.append(value)

    for clause, bound in (
        (f"{table.time} >= ?", selection.from_us),
        (f"{table.time} < ?", selection.until_us),
        ("id <= ?", selection.max_id),
    ):
        if bound is not None:
            add(clause, bound)
    for column, wanted in (
        ("event_type", selection.event_types),
        ("visitor_id", selection.visitor_ids),
        ("user_id", selection.user_ids),
        ("request_id", selection.request_ids),
        ("event_id", selection.event_ids),
    ):
        if wanted is not None and len(wanted) == 1:
            add(f"{column} = ?", next(iter(wanted)))
        elif wanted is not None:
            add(f"{column} IN (SELECT value FROM json_each(?))", json.dumps(sorted(wanted)))
    for kind, named in _named(selection):
        clauses.append(
            "id IN (SELECT signal_id FROM signal_identifiers AS named WHERE named.parent_id = ? AND kind = ? "
            "AND is_subject IN (0, 1) AND identifier IN (SELECT value FROM json_each(?)))"
        )
        values += (parent_id, kind, json.dumps(sorted(named)))
    if selection.not_event_types:
        add("event_type NOT IN (SELECT value FROM json_each(?))", json.dumps(sorted(selection.not_event_types)))
    if selection.joined is not None:
        clauses.append(f"{table.joined} IS {'NOT ' if selection.joined else ''}NULL")
    return " AND ".join(clauses), values


def page(
    table: Table, parent_id: int, selection: Selection, after: Key | None, *, descending: bool, columns: str
) -> tuple[str, list[Any]]:
    """The statement for a page of events in time order behind `after`, and its values but the last: the limit."""
    direction, beyond = ("DESC", "<") if descending else ("ASC", ">")
    source, where, values = _found(table, parent_id, selection)
    if after is not None:
        where = f"{where} AND ({table.time}, {table.tie}) {beyond} (?, ?)"
        values += after
    order = f"{table.time} {direction}, {table.tie} {direction}"
    return f"SELECT {columns} FROM {source} WHERE {where} ORDER BY {order} LIMIT ?", values


def counting(
    table: Table, parent_id: int, selection: Selection, group_by: frozenset[str] = frozenset(), *, most: bool
) -> tuple[str, list[Any]]:
    """What stands behind FROM where events are counted, and its values.

    Args:
        table: The table.
        parent_id: Whose events.
        selection: Which of them.
        group_by: As in `Store.count_events`.
        most: Whether most of the table's events are the parent's.
    """
    if most and not _is_found_by_index(selection, group_by):  # then it is best read in the order of its rows
        where, values = conditions(table, parent_id, selection)
        return f"{table.name} NOT INDEXED WHERE {where}", values
    source, where, values = _found(table, parent_id, selection)
    return f"{source} WHERE {where}", values
