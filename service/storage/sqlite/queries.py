"""The named statements of `queries.sql`."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

import apsw

# One statement for many rows: each statement hands the interpreter lock over once, and under load that hand-over costs
# more than the insert. Texts stay below the 16 KiB up to which APSW caches a prepared statement.
_MAX_ROWS_AT_ONCE = 256
_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


def _load() -> dict[str, str]:
    text = resources.files(__package__).joinpath("queries.sql").read_text("utf-8")
    _, *parts = _NAME.split(text)
    return {name: sql.strip() for name, sql in zip(parts[::2], parts[1::2], strict=True)}


SQL = _load()

_COLUMN_ROWS_AT_ONCE = 250  # whose text stays below the 16 KiB up to which APSW caches a prepared statement


@cache
def _with_rows(name: str, columns: int, rows: int) -> str:
    """The statement `name` with its `:rows` replaced by placeholders for `rows` rows of `columns` values."""
    row = f"({', '.join('?' * columns)})"
    return SQL[name].replace(":rows", ", ".join([row] * rows))


def insert(connection: apsw.Connection, name: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Runs the statement `name` with these as its `:rows`."""
    for start in range(0, len(rows), _MAX_ROWS_AT_ONCE):
        chunk = rows[start : start + _MAX_ROWS_AT_ONCE]
        flat = list(itertools.chain.from_iterable(chunk))
        connection.execute(_with_rows(name, len(chunk[0]), len(chunk)), flat)


def fetch(connection: apsw.Connection, name: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every row that the statement `name` gives."""
    return rows_of(connection, SQL[name], values)


def rows_of(connection: apsw.Connection, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Every row that a statement gives."""
    return connection.execute(sql, values).fetchall()


def insert_columns(
    connection: apsw.Connection, name: str, shared: tuple[Any, ...], columns: Sequence[Sequence[Any]]
) -> None:
    """Inserts rows by the statement `name`: each begins with the values `shared`, and has one of each column."""
    total = len(columns[0])
    size = -(-total // -(-total // _COLUMN_ROWS_AT_ONCE))  # as equal as can be, so that they are few
    for start in range(0, total, size):
        parts = [column[start : start + size] for column in columns]
        statement = _by_column(name, len(shared), len(columns), len(parts[0]))
        connection.execute(statement, [*shared, *itertools.chain.from_iterable(parts)])


@cache
def _by_column(name: str, shared: int, columns: int, rows: int) -> str:
    begin = "".join(f"?{number}," for number in range(1, shared + 1))
    values = (",".join(f"?{shared + 1 + row + column * rows}" for column in range(columns)) for row in range(rows))
    return SQL[name].replace(":rows", ",".join(f"({begin}{each})" for each in values))
