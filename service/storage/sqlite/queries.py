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
