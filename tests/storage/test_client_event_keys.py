"""Client events are found by their keys wherever those are: in a run, half merged, merged; and come once each.

Runs are made so small that a few dozen events fill several generations of them.
"""

from __future__ import annotations

import random
from collections import Counter

import apsw
import pytest

from service.storage.records import ClientEventRow, Selection, StoredEvent, StoryEvent, Verdict
from service.storage.sqlite import SqliteStore, client_event_keys
from service.storage.sqlite import store as sqlite_store
from service.storage.sqlite.client_event_keys import KeyKind, RunSizes, keys_of
from service.storage.sqlite.queries import SQL
from tests.storage.rows import TENANT, client_event, create, fingerprint, intern

OTHER = f"{TENANT}2"
KIND = "client_events"
LATEST = "FROM client_events WHERE id >= (SELECT keyed_until_id FROM client_event_merge)"
SIZES = [RunSizes(1, 4), RunSizes(4, 4), RunSizes(3, 8), RunSizes()]


class OopsError(Exception):
    """Something outside the store."""


class Model:
    """What is stored, without any index."""

    def __init__(self) -> None:
        self.rows: dict[int, ClientEventRow] = {}
        self.next = 1

    def add(self, rows: list[ClientEventRow]) -> list[Verdict]:
        verdicts = []
        for row in rows:
            there = [each for each in self.rows.values() if each[:2] == row[:2]]
            if there:
                same = there[0].fingerprint == row.fingerprint
                verdicts.append(Verdict.REPEATED if same else Verdict.CONFLICT)
            else:
                verdicts.append(Verdict.STORED)
                self.rows[self.next] = row
                self.next += 1
        return verdicts

    def found(self, parent_id: int, selection: Selection) -> list[int]:
        """Numbers, in the order of time."""
        meant = [
            (row.create_time_us, number)
            for number, row in self.rows.items()
            if row.parent_id == parent_id
            and (selection.event_ids is None or row.event_id in selection.event_ids)
            and (selection.request_ids is None or row.request_id in selection.request_ids)
            and (selection.from_us is None or row.create_time_us >= selection.from_us)
        ]
        return [number for _, number in sorted(meant)]

    def told(self, parent_id: int, request_ids: set[str]) -> list[StoryEvent]:
        events = [
            StoryEvent(row.request_id, number, row.event_type, row.payload)
            for number, row in self.rows.items()
            if row.parent_id == parent_id and row.request_id in request_ids
        ]
        return sorted(events, key=lambda event: (event.request_id, event.id))


def listed(store: SqliteStore, parent: str, selection: Selection, limit: int, *, descending: bool) -> list[int]:
    """Numbers of a selection, read in pages, and counted."""
    found: list[StoredEvent] = []
    after = None
    while True:
        page = store.list_events(KIND, parent, selection, after, limit, descending=descending)
        found += page.items
        if not page.more:
            assert page.total == len(found)
            assert sum(group.events for group in store.count_events(KIND, parent, selection, frozenset())) == len(found)
            return [event.id for event in found]
        after = (found[-1].event_time_us, found[-1].id)


def told(store: SqliteStore, parent: str, request_ids: set[str], limit: int) -> list[StoryEvent]:
    """The events of some searches, read some at a time."""
    found: list[StoryEvent] = []
    while page := store.story_events(
        parent, request_ids, (found[-1].request_id, found[-1].id) if found else None, limit, {2}
    ):
        found += page
    return found


def keys_stored(store: SqliteStore) -> Counter[tuple[int, int]]:
    """(kind, number) of every key, once however many places have it; of the latest, which need none, too."""
    in_tables = "SELECT key, id FROM client_event_keys UNION SELECT key, id FROM client_event_key_runs"
    stored = Counter((key >> client_event_keys._HASH_BITS, number) for key, number in store._writer.execute(in_tables))
    latest = f"SELECT 0, id {LATEST} UNION ALL SELECT 1, id {LATEST} AND request_id IS NOT NULL"
    return stored + Counter(store._writer.execute(latest))


def assert_same(store: SqliteStore, model: Model, parents: dict[str, int], dice: random.Random) -> None:
    """Whoever asks for ids or searches gets what the model has."""
    expected = Counter((0, number) for number in model.rows)
    expected.update((1, number) for number, row in model.rows.items() if row.request_id is not None)
    assert keys_stored(store) == expected
    ids = [row.event_id for row in model.rows.values()] + ["absent"]
    searches = ["r0", "r1", "r2", "r3", "", "absent"]
    for parent, parent_id in parents.items():
        some = frozenset(dice.sample(searches, dice.randint(0, 3)))
        for selection in (
            Selection(event_ids=frozenset({dice.choice(ids)})),
            Selection(event_ids=frozenset(dice.choices(ids, k=5))),
            Selection(request_ids=frozenset({dice.choice(searches)})),
            Selection(request_ids=some, from_us=dice.choice([None, 20])),
            Selection(event_ids=frozenset(dice.choices(ids, k=9)), request_ids=some),
        ):
            meant = model.found(parent_id, selection)
            limit = dice.choice([1, 3, 1_000])
            assert listed(store, parent, selection, limit, descending=False) == meant
            meant.sort(key=lambda number: (model.rows[number].create_time_us, number), reverse=True)
            assert listed(store, parent, selection, limit, descending=True) == meant
        assert told(store, parent, set(some), dice.choice([1, 2, 1_000])) == model.told(parent_id, set(some))


def some_rows(dice: random.Random, parents: dict[str, int], count: int, ids: int) -> list[ClientEventRow]:
    return [
        client_event(
            dice.choice(list(parents.values())),
            dice.randrange(ids),
            fingerprint=fingerprint(dice.randrange(2)),
            create_time_us=dice.randrange(50),
            request_id=dice.choice(["r0", "r1", "r2", "r3", "", None]),
        )
        for _ in range(count)
    ]


def write_and_fail(store: SqliteStore, ids: list[int], rows: list[ClientEventRow]) -> None:
    with store.transaction() as transaction:
        transaction.delete_client_events(ids)
        transaction.insert_client_events(rows)
        raise OopsError


@pytest.mark.parametrize("seed", range(7))
@pytest.mark.parametrize("hash_bits", [47, 7], ids=["", "keys collide"])
def test_whatever_happens_ids_are_told_apart_and_events_are_found(tmp_path, monkeypatch, seed, hash_bits):
    monkeypatch.setattr(client_event_keys, "_HASH_BITS", hash_bits)
    for kind in KeyKind:
        keys = keys_of(7, kind, [(1, str(number)) for number in range(99)])
        assert all(key >> hash_bits == kind for key in keys)
    dice = random.Random(seed)
    sizes = dice.choice(SIZES)
    store = SqliteStore(tmp_path / "test.db", rejection_limit=1, run_sizes=sizes)
    parents = {parent: intern(store, parent) for parent in (TENANT, OTHER)}
    model = Model()
    for _ in range(60):
        happens = dice.choices(["create", "delete", "roll back", "open"], [20, 5, 3, 2])[0]
        if happens == "create":
            rows = some_rows(dice, parents, dice.choice([1, 2, 3, 10, 40]), dice.choice([20, 10_000]))
            assert create(store, *rows) == model.add(rows)
        elif happens == "delete":
            ids = dice.sample(sorted(model.rows), min(len(model.rows), dice.choice([1, 5, 30])))
            with store.transaction() as transaction:
                assert transaction.delete_client_events([*ids, 10**6]) == len(ids)
            for number in ids:
                del model.rows[number]
        elif happens == "roll back":
            ids = dice.sample(sorted(model.rows), len(model.rows) // 2)
            with pytest.raises(OopsError):
                write_and_fail(store, ids, some_rows(dice, parents, 10, 10_000))
        else:
            store.close()
            store = SqliteStore(tmp_path / "test.db", rejection_limit=1, run_sizes=sizes)
        assert_same(store, model, parents, dice)
    store.close()


def fail(*_: object) -> None:
    raise OopsError


def runs_of(store: SqliteStore) -> set[int]:
    return {run for (run,) in store._writer.execute("SELECT DISTINCT run FROM client_event_key_runs")}


@pytest.mark.parametrize("batch", [1, 7, 100])
@pytest.mark.parametrize("life", [3, 10**6])
def test_merging_keeps_pace_however_short_a_life_is(tmp_path, batch, life):
    sizes = RunSizes(4, 4)

    def opened():
        return SqliteStore(tmp_path / "test.db", rejection_limit=1, run_sizes=sizes)

    store = opened()
    parent = intern(store, TENANT)
    for number in range(0, 1_000, batch):
        rows = [client_event(parent, each, request_id=f"r{each % 9}") for each in range(number, number + batch)]
        assert set(create(store, *rows)) == {Verdict.STORED}
        if number // batch % life == life - 1:
            store.close()
            store = opened()
        assert len(runs_of(store)) <= 3 * sizes.runs + batch // sizes.rows + 1
    assert keys_stored(store).total() == 2 * store.list_events(KIND, TENANT, Selection(), None, 1).total
    store.close()


def test_steps_are_spread_evenly():
    sizes = RunSizes()
    merging, deleting = sizes.steps // 2, sizes.runs
    assert merging + deleting <= sizes.steps, "a generation is gone before the next one is full"
    assert sizes.rows * sizes.runs // sizes.steps <= 1_024, "rows between two steps"


def test_keys_of_deleted_events_take_no_room(tmp_path):
    store = SqliteStore(tmp_path / "test.db", rejection_limit=1, run_sizes=RunSizes(4, 4))
    parent = intern(store, TENANT)
    create(store, *(client_event(parent, number, request_id="r") for number in range(200)))
    with store.transaction() as transaction:
        assert transaction.delete_client_events(range(1, 201)) == 200
    assert keys_stored(store).total() == 0
    assert create(store, client_event(parent, 7)) == [Verdict.STORED]
    store.close()


def test_a_key_is_of_a_parent_and_a_text():
    texts = [(1, "a"), (11, "a"), (2**40, "a"), (1, "1 a"), (1, ""), (1, "é\0"), (1, "\0" * 10_000)]
    keys = [key for seed in (0, 2**62 - 1) for kind in KeyKind for key in keys_of(seed, kind, texts)]
    assert len(set(keys)) == 4 * len(texts), "nor has another database the same"
    assert all(0 <= key < 2**48 for key in keys)
    (key,) = keys_of(2**62 - 1, KeyKind.REQUEST_ID, [(1, "event-1")])
    assert key == 276364194478603, "keys are in databases: they must never change"


def test_each_database_has_a_seed_of_its_own_and_keeps_it(tmp_path):
    def seed_of(name: str) -> int:
        store = SqliteStore(tmp_path / name, rejection_limit=1)
        seed = store._writer.execute(SQL["client_event_key_seed"]).get
        store.close()
        return seed

    first = seed_of("a.db")
    assert 0 <= first < 2**62
    assert (seed_of("a.db"), seed_of("b.db") == first) == (first, False)


def test_a_database_from_before_has_keys_for_all_it_holds(tmp_path, monkeypatch):
    path = tmp_path / "test.db"
    steps = sqlite_store.migrations()
    with monkeypatch.context() as patch:
        patch.setattr(sqlite_store, "migrations", lambda: steps[:5])
        SqliteStore(path, rejection_limit=1).close()
    rows = [
        client_event(1 + number % 2, number, event_id=f"{number}\0é", request_id=["r0", "", None][number % 3])
        for number in range(500)
    ]
    before = apsw.Connection(str(path))
    before.execute("INSERT INTO parents (id, name, client_events) VALUES (1, ?, 250), (2, ?, 250)", (TENANT, OTHER))
    marks = ", ".join("?" * len(rows[0]))
    before.executemany(f"INSERT INTO client_events VALUES (NULL, {marks})", rows)
    before.close()

    store = SqliteStore(path, rejection_limit=1, run_sizes=RunSizes(4, 4))
    names = {name for (name,) in store._writer.execute("SELECT name FROM sqlite_schema WHERE type = 'index'")}
    assert names.isdisjoint({"client_events_identity", "client_events_request"})
    model = Model()
    model.add(rows)
    dice = random.Random(1)
    assert_same(store, model, {TENANT: 1, OTHER: 2}, dice)
    assert create(store, rows[3], rows[4]._replace(fingerprint=b"x" * 16)) == [Verdict.REPEATED, Verdict.CONFLICT]
    more = [client_event(1, number, request_id="r1") for number in range(1_000, 1_100)]
    assert create(store, *more) == model.add(more)
    assert_same(store, model, {TENANT: 1, OTHER: 2}, dice)
    store.close()


@pytest.mark.parametrize("is_written_to", [False, True])
def test_only_what_was_written_in_vain_is_forgotten(tmp_path, is_written_to):
    store = SqliteStore(tmp_path / "test.db", rejection_limit=1, run_sizes=RunSizes(4, 4))
    parent = intern(store, TENANT)
    create(store, *(client_event(parent, number) for number in range(50)))
    with pytest.raises(OopsError):
        write_and_fail(store, [], [client_event(parent, 99)] if is_written_to else [])
    seen: list[str] = []
    store._writer.set_exec_trace(lambda _cursor, sql, _values: seen.append(sql) or True)
    assert create(store, client_event(parent, 99)) == [Verdict.STORED]
    assert (SQL["client_event_run_keys"] in seen) is is_written_to
    store.close()


def test_keys_that_could_not_all_be_read_are_read_again(tmp_path, monkeypatch):
    store = SqliteStore(tmp_path / "test.db", rejection_limit=1, run_sizes=RunSizes(4, 4))
    parent = intern(store, TENANT)
    create(store, *(client_event(parent, number) for number in range(10)))
    store.close()
    store = SqliteStore(tmp_path / "test.db", rejection_limit=1, run_sizes=RunSizes(4, 4))
    with monkeypatch.context() as patch:
        patch.setattr(client_event_keys.json, "loads", fail)
        with pytest.raises(OopsError):
            create(store, client_event(parent, 0))
    assert create(store, client_event(parent, 0)) == [Verdict.REPEATED]
    store.close()


def test_ids_that_come_again_are_looked_up_in_one_statement(tmp_path):
    store = SqliteStore(tmp_path / "test.db", rejection_limit=1, run_sizes=RunSizes(16, 4))
    parent = intern(store, TENANT)
    rows = [client_event(parent, number) for number in range(300)]
    create(store, *rows)
    seen: list[str] = []
    store._writer.set_exec_trace(lambda _cursor, sql, _values: seen.append(sql) or True)
    assert set(create(store, *rows)) == {Verdict.REPEATED}
    assert len(seen) <= 5, seen
    store.close()
