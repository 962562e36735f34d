"""crucible: BigQuery on this machine, with tables made of what rows look like in Python."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.sources.rows import Schema

if TYPE_CHECKING:  # Google's official clients can't share a process with what the service is made of
    from service.sources.bigquery import BigQueryTable, FixedRows

PROJECT = "shop"
DATASET = "analytics"
START_TIMEOUT_S = 60
NEEDED = {
    "crucible.server.bigquery.app": "crucible-emulator[server]",
    "uvicorn": "crucible-emulator[server]",
    "google.cloud.bigquery": "google-cloud-bigquery",
}

# Its command line takes no port 0, and a port that was found free before may be taken by now.
_SERVE = """
import uvicorn
from crucible.engine import Engine
from crucible.server.app import create_app
uvicorn.run(create_app("bigquery", Engine(None)), host="127.0.0.1", port=0, access_log=False)
"""
_RUNNING = re.compile(r"Uvicorn running on (http://\S+)")


@contextmanager
def emulator() -> Iterator[str]:
    """Its URL, for BIGQUERY_EMULATOR_HOST. It keeps its tables in memory."""
    for module, package in NEEDED.items():
        pytest.importorskip(module, reason=f"{package} is not installed")
    command = [sys.executable, "-c", _SERVE]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        watchdog = threading.Timer(START_TIMEOUT_S, process.kill)
        watchdog.start()
        assert process.stderr is not None
        url = next((match[1] for line in process.stderr if (match := _RUNNING.search(line))), None)
        watchdog.cancel()
        assert url, "the emulator ended before it served"
        reader = threading.Thread(target=process.stderr.read)  # a full pipe would stop it
        reader.start()
        yield url
        process.terminate()
        reader.join()


class Warehouse:
    """Google's own client for the emulator, to put tables into it."""

    def __init__(self, url: str) -> None:
        from google.auth.credentials import AnonymousCredentials
        from google.cloud.bigquery import Client

        self.url = url
        self.client = Client(PROJECT, AnonymousCredentials(), client_options={"api_endpoint": url})
        self.client.create_dataset(DATASET)

    def run(self, sql: str) -> None:
        self.client.query(sql).result()

    def create_view(self, table: str, query: str) -> None:
        self.run(f"CREATE VIEW {path(table)} AS {query}")

    def create(self, table: str, schema: Schema, rows: list[dict[str, Any]], options: str = "") -> None:
        columns = ", ".join(f"`{name}` {_type(kind)}" for name, kind in schema.items())
        self.run(f"CREATE TABLE {path(table)} ({columns}) {options}")
        if rows:
            self.insert(table, schema, rows)

    def insert(self, table: str, schema: Schema, rows: list[dict[str, Any]]) -> None:
        values = ", ".join(
            f"({', '.join(_literal(kind, row.get(name)) for name, kind in schema.items())})" for row in rows
        )
        self.run(f"INSERT INTO {path(table)} VALUES {values}")


def path(table: str) -> str:
    """A table's name in SQL."""
    return f"`{PROJECT}.{DATASET}.{table}`"


def numbers(table: BigQueryTable, fixed: FixedRows, offset: int = 0, **options: int) -> list[int]:
    """The column `n` of the rows from `offset` on."""
    return [row["n"] for batch in table.read(fixed, offset, **options) for row in batch]


def _type(kind: Any) -> str:
    match kind:
        case list():
            return f"ARRAY<{_type(kind[0])}>"
        case dict():
            return f"STRUCT<{', '.join(f'{name} {_type(each)}' for name, each in kind.items())}>"
        case _:
            return str(kind)


def _literal(kind: Any, value: Any) -> str:
    match kind:
        case list() if not value:
            return f"CAST([] AS {_type(kind)})"
        case list():
            return f"[{', '.join(_literal(kind[0], item) for item in value)}]"
        case _ if value is None:
            return f"CAST(NULL AS {_type(kind)})"
        case dict():
            return f"STRUCT({', '.join(f'{_literal(each, value.get(name))} AS {name}' for name, each in kind.items())})"
        case "STRING":
            return json.dumps(value)
        case "TIMESTAMP" | "DATETIME" | "DATE":
            return f"{kind} '{value}'"
        case "FLOAT64":
            return repr(float(value))
        case _:
            return str(value)
