"""What is SQLite's own: its file and lock, its schema's versions, its ways to be full or busy."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import closing

import apsw
import pytest

from service.storage.errors import (
    DatabaseLockedError,
    DatabaseTooNewError,
    StorageFullError,
    StorageUnavailableError,
    StoreError,
)
from service.storage.records import EVERYTHING
from service.storage.sqlite import SqliteStore
from service.storage.sqlite import store as sqlite_store
from tests.storage.rows import CATALOG, insert, intern, user_event, user_events
from tests.storage.writing import Held, started, writing
from tests.support.server import ROOT


@pytest.fixture
def store(tmp_path):
    """An empty database."""
    store = SqliteStore(tmp_path / "test.db", rejection_limit=100)
    yield store
    store.close()


_HOLD = """
import sys
from pathlib import Path
from service.storage.sqlite import SqliteStore
store = SqliteStore(Path(sys.argv[1]), rejection_limit=1)
print("open", flush=True)
sys.stdin.read()
"""


def test_another_process_is_refused_until_the_first_is_gone_even_by_a_kill(tmp_path):
    path = tmp_path / "test.db"
    command = [sys.executable, "-c", _HOLD, str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(DatabaseLockedError, match=str(path)):
            SqliteStore(path, rejection_limit=1)
        holder.kill()
        holder.wait()
    SqliteStore(path, rejection_limit=1).close()


def _pragma(path, name, *value):
    connection = apsw.Connection(str(path))
    try:
        return connection.pragma(name, *value)
    finally:
        connection.close()


def test_a_newer_database_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "test.db"
    SqliteStore(path, rejection_limit=1).close()
    version = _pragma(path, "user_version")
    _pragma(path, "user_version", version + 1)
    with pytest.raises(DatabaseTooNewError, match=f"schema {version + 1}, this release knows up to {version}"):
        SqliteStore(path, rejection_limit=1)
    assert _pragma(path, "user_version") == version + 1
    _pragma(path, "user_version", version)
    SqliteStore(path, rejection_limit=1).close()  # and the refusal gave up the lock


def test_a_file_that_is_no_database_is_refused(tmp_path):
    path = tmp_path / "test.db"
    path.write_bytes(b"this is a text\n" * 1_000)
    with pytest.raises(StoreError):
        SqliteStore(path, rejection_limit=1)
    assert path.read_bytes() == b"this is a text\n" * 1_000


def test_opening_brings_a_database_to_the_newest_schema(tmp_path):
    path = tmp_path / "test.db"
    assert _pragma(path, "user_version") == 0
    SqliteStore(path, rejection_limit=1).close()
    assert _pragma(path, "user_version") == sqlite_store.migrations()[-1][0]
    assert _pragma(path, "journal_mode") == "wal"
    assert _pragma(path, "auto_vacuum") == 2, "incremental"


def test_migrations_are_numbered_without_gaps():
    assert [number for number, _ in sqlite_store.migrations()] == list(range(1, len(sqlite_store.migrations()) + 1))


def test_an_older_database_is_migrated_with_what_it_holds(tmp_path, monkeypatch):
    path = tmp_path / "test.db"
    store = SqliteStore(path, rejection_limit=1)
    insert(store, user_event(intern(store, CATALOG), 1))
    store.close()
    steps = sqlite_store.migrations()
    following = steps[-1][0] + 1
    more = [
        (following, "CREATE TABLE further (x); INSERT INTO further VALUES (1);"),
        (following + 1, "DROP TABLE further;"),
    ]
    monkeypatch.setattr(sqlite_store, "migrations", lambda: steps + more)
    store = SqliteStore(path, rejection_limit=1)
    assert len(user_events(store)) == 1
    store.close()
    assert _pragma(path, "user_version") == following + 1


def test_a_migration_that_fails_leaves_the_schema_before_it(tmp_path, monkeypatch):
    path = tmp_path / "test.db"
    SqliteStore(path, rejection_limit=1).close()
    steps = sqlite_store.migrations()
    broken = (steps[-1][0] + 1, "CREATE TABLE further (x); INSERT INTO nowhere VALUES (1);")
    with monkeypatch.context() as patch:
        patch.setattr(sqlite_store, "migrations", lambda: [*steps, broken])
        with pytest.raises(StoreError, match="nowhere"):
            SqliteStore(path, rejection_limit=1)
    assert _pragma(path, "user_version") == steps[-1][0]
    assert _pragma(path, "table_info", "further") is None
    SqliteStore(path, rejection_limit=1).close()


def _insert_until_full(store, parent):
    number = 0
    while True:
        insert(store, *(user_event(parent, number + offset, payload=bytes(1_000)) for offset in range(50)))
        number += 50


def test_a_full_database_says_so_and_writes_again_with_room(store):
    parent = intern(store, CATALOG)
    store._writer.pragma("max_page_count", 200)
    with pytest.raises(StorageFullError):
        _insert_until_full(store, parent)
    before = len(user_events(store))
    assert before
    assert before % 50 == 0, "a part of a batch was stored"
    with pytest.raises(StorageFullError):
        insert(store, *(user_event(parent, 10_000 + offset, payload=bytes(1_000)) for offset in range(50)))
    store._writer.pragma("max_page_count", 2_000)
    assert insert(store, user_event(parent, 20_000)) == 1
    assert len(user_events(store)) == before + 1


def test_a_database_that_another_holds_is_unavailable_for_now(store):
    parent = intern(store, CATALOG)
    store._writer.set_busy_timeout(20)
    other = apsw.Connection(str(store.path))
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageUnavailableError) as caught:
        insert(store, user_event(parent, 1))
    assert not isinstance(caught.value, StorageFullError)
    assert user_events(store) == []
    other.execute("ROLLBACK")
    other.close()
    assert insert(store, user_event(parent, 1)) == 1


def test_a_full_disk_refuses_the_batch_and_the_writer_lives_on(store):
    parent = intern(store, CATALOG)

    async def run():
        async with writing(store) as writer:
            await writer.run(lambda _transaction: store._writer.pragma("max_page_count", 60))
            async with Held(writer):
                tasks = await started(
                    *(
                        writer.write_user_event(user_event(parent, number, payload=bytes(10_000)))
                        for number in range(50)
                    )
                )
                writer.write_user_event_async(user_event(parent, 50))
            results = await asyncio.gather(*tasks, return_exceptions=True)
            assert {type(result) for result in results} == {StorageFullError}
            with pytest.raises(StorageFullError):
                await writer.step(
                    lambda transaction: transaction.insert_user_events(
                        [user_event(parent, 99, payload=bytes(1_000_000))]
                    )
                )
            await writer.run(lambda _transaction: store._writer.pragma("max_page_count", 10_000))
            await writer.write_user_event(user_event(parent, 100))

    asyncio.run(run())
    assert [event.event_time_us for event in user_events(store)] == [100]


def _wal_bytes(store):
    return store.path.with_name(f"{store.path.name}-wal").stat().st_size


def test_the_log_is_begun_anew_however_much_is_written(store):
    parent = intern(store, CATALOG)
    events, size = 120, 2**20
    for number in range(events):
        insert(store, user_event(parent, number, payload=b"x" * size))
    assert _wal_bytes(store) < events * size / 2
    store.prepare_to_shorten()
    store.shorten()
    assert _wal_bytes(store) == 0


def test_a_reader_that_stays_stops_no_write_and_once_it_goes_the_log_is_begun_anew(store):
    parent = intern(store, CATALOG)
    events, size = 24, 2**20
    with closing(apsw.Connection(str(store.path))) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM user_events").get == 0
        for number in range(events):
            insert(store, user_event(parent, number, payload=b"x" * size))
        assert reader.execute("SELECT count(*) FROM user_events").get == 0
        assert _wal_bytes(store) > events * size
    store.prepare_to_shorten()
    store.shorten()
    assert _wal_bytes(store) == 0
    assert store.list_events("user_events", CATALOG, EVERYTHING, None, 1).total == events
