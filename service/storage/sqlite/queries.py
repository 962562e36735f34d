"""The named statements of `queries.sql`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib import resources
from typing import Any

import apsw

_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


def _load() -> dict[str, str]:
    text = resources.files(__package__).joinpath("queries.sql").read_text("utf-8")
    _, *parts = _NAME.split(text)
    return {name: sql.strip() for name, sql in zip(parts[::2], parts[1::2], strict=True)}


SQL = _load()


def with_rows(name: str, columns: int, rows: int) -> str:
    """The statement `name` with its `:rows` replaced by placeholders for `rows` rows of `columns` values."""
    row = f"({', '.join('?' * columns)})"
    return SQL[name].replace(":rows", ", ".join([row] * rows))


def fetch(connection: apsw.Connection, name: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every row that the statement `name` gives."""
    return rows_of(connection, SQL[name], values)


def rows_of(connection: apsw.Connection, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Every row that a statement gives."""
    return connection.execute(sql, values).fetchall()
