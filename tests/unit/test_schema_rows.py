"""Rows of BigQuery as lines of JSON, and the chunks that an import reads them in."""

from __future__ import annotations

import ast
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest

from service.sources import schemas
from service.sources.lines import Chunk
from service.sources.schemas import DATA_SCHEMAS, line_reader, rows
from service.sources.schemas.rows import KEPT_BYTES, row_chunks, rows_to_json_lines, to_json_line

MODULES = sorted(Path(schemas.__file__).parent.glob("*.py"))
OURS = ("generated", "service.events", "service.sources.lines", "service.sources.schemas")
WORLD = {"asyncio", "logging", "os", "random", "secrets", "socket", "structlog", "subprocess", "threading"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("ü", '"ü"'),
        (True, "true"),
        (2**62, str(2**62)),
        (1.5, "1.5"),
        (float("nan"), '"NaN"'),
        (float("-inf"), '"-Infinity"'),
        (Decimal("1E+2"), '"100"'),
        (datetime(2024, 1, 15, 10, 0, 0, 5, tzinfo=UTC), '"2024-01-15T10:00:00.000005Z"'),
        (datetime(2024, 1, 15, 10, tzinfo=timezone(timedelta(hours=2))), '"2024-01-15T08:00:00Z"'),
        (datetime(2024, 1, 15, 10), '"2024-01-15T10:00:00Z"'),  # noqa: DTZ001  a DATETIME has no zone
        (date(2024, 1, 15), '"2024-01-15"'),
        (time(10, 30), '"10:30:00"'),
        (b"\x00\xff", '"AP8="'),
        (timedelta(seconds=1), '"0:00:01"'),
    ],
)
def test_values(value, text):
    assert to_json_line({"c": value}).decode() == f'{{"c":{text}}}'


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ({"a": None, "b": 0, "c": "", "d": False}, '{"b":0,"c":"","d":false}'),
        ({"a": []}, "{}"),
        ({"a": {"b": None, "c": {"d": []}}}, "{}"),
        ({"a": [{"b": None}, {"b": 1}]}, '{"a":[{},{"b":1}]}'),
        ({}, "{}"),
    ],
)
def test_what_is_null_is_left_out(row, text):
    assert to_json_line(row).decode() == text


def test_rows_to_json_lines():
    assert rows_to_json_lines([{"a": 1}, {"a": "x\ny"}]) == b'{"a":1}\n{"a":"x\\ny"}\n'


def test_chunks_count_rows():
    pieces = list(row_chunks([[{"n": 1}, {"n": 2}], [{"n": 3}]], offset=10, chunk_bytes=20, max_line_bytes=100))
    assert pieces == [
        Chunk(b'{"n":1}\n{"n":2}\n', first_line=11, next_line=13, next_offset=12),
        Chunk(b'{"n":3}\n', first_line=13, next_line=14, next_offset=13),
    ]


def test_chunks_go_on_where_the_last_ended():
    content = [{"n": number} for number in range(50)]
    whole = list(row_chunks([content], offset=0, chunk_bytes=100, max_line_bytes=100))
    for chunk in whole:
        rest = row_chunks([content[chunk.next_offset :]], offset=chunk.next_offset, chunk_bytes=100, max_line_bytes=100)
        assert list(rest) == [each for each in whole if each.first_line >= chunk.next_line]


def test_row_that_is_too_long_comes_alone_and_cut():
    long = {"n": "x" * 2 * KEPT_BYTES}
    pieces = list(row_chunks([[{"n": 1}, long, {"n": 3}]], offset=0, chunk_bytes=100, max_line_bytes=100))
    assert [(piece.first_line, piece.next_line, piece.next_offset, piece.too_long) for piece in pieces] == [
        (1, 2, 1, False), (2, 3, 2, True), (3, 4, 3, False),
    ]  # fmt: skip
    assert len(pieces[1].data) == KEPT_BYTES


def test_no_rows_are_no_chunks():
    assert list(row_chunks([[], []], offset=3, chunk_bytes=100, max_line_bytes=100)) == []


@pytest.mark.parametrize("table", [False, True])
def test_there_is_a_reader_for_each_schema(table):
    assert DATA_SCHEMAS == ("user_event", "user_event_ga360", "user_event_ga4")
    assert line_reader("", table=table) is line_reader("user_event", table=table)
    assert len({line_reader(name, table=table) for name in DATA_SCHEMAS}) == len(DATA_SCHEMAS)
    with pytest.raises(KeyError):
        line_reader("product", table=table)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_module_is_pure_and_small(path):
    nodes = list(ast.walk(ast.parse(path.read_text())))
    found = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    found |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    assert {name for name in found if name.split(".")[0] == "service" and not name.startswith(OURS)} == set()
    assert {name.split(".")[0] for name in found} & WORLD == set()
    assert len(path.read_text().splitlines()) <= 300


def test_module_of_rows_is_the_only_one_that_knows_chunks():
    assert rows.Chunk is Chunk
