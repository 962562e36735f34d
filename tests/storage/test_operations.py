"""Operations: what is written of one is read back, lists are filtered and newest first, only ended ones expire."""

from __future__ import annotations

import pytest

from service.storage.errors import StoreError
from service.storage.records import OperationState
from tests.storage.rows import CATALOG, intern, operation

STATES = tuple(OperationState)


def _name(number, catalog=CATALOG):
    return f"{catalog}/operations/import-user-events-{number}"


def _add(store, *rows):
    with store.transaction() as transaction:
        for row in rows:
            transaction.insert_operation(row)


@pytest.fixture
def parent(store):
    return intern(store, CATALOG)


def test_an_operation_is_read_back_as_it_was_written(store, parent):
    """But for its request, which may be large and which only the work itself needs."""
    row = operation(parent, _name(1), request=b"\0\xff" * 1_000, result=b"r", error=b"e")
    _add(store, row)
    assert store.get_operation(row.name) == row._replace(request=b"")
    assert store.unfinished_operations() == [row]
    assert store.get_operation(_name(2)) is None


def test_a_name_is_given_once(store, parent):
    _add(store, operation(parent, _name(1)))
    with pytest.raises(StoreError):
        _add(store, operation(parent, _name(2)), operation(parent, _name(1)))
    assert store.get_operation(_name(2)) is None


@pytest.mark.parametrize("state", STATES)
def test_an_update_writes_what_changes_and_nothing_else(store, parent, state):
    row, bystander = operation(parent, _name(1)), operation(parent, _name(2))
    _add(store, row, bystander)
    changed = row._replace(state=state, progress="{}", result=b"r", error=b"e", update_time_us=9)
    with store.transaction() as transaction:
        transaction.update_operation(changed._replace(kind="other", request=b"", plan="", create_time_us=9))
    assert store.get_operation(row.name) == changed._replace(request=b"")
    assert isinstance(store.get_operation(row.name).state, OperationState)
    assert store.get_operation(bystander.name) == bystander._replace(request=b"")


def test_deleting_tells_whether_there_was_one(store, parent):
    _add(store, operation(parent, _name(1)), operation(parent, _name(2)))
    with store.transaction() as transaction:
        assert transaction.delete_operation(_name(1))
        assert not transaction.delete_operation(_name(1))
    assert store.get_operation(_name(1)) is None
    assert store.get_operation(_name(2)) is not None


def test_unfinished_ones_come_oldest_first(store, parent):
    _add(store, *(operation(parent, _name(9 - number), state=state) for number, state in enumerate(STATES + STATES)))
    unfinished = store.unfinished_operations()
    assert [row.name for row in unfinished] == [_name(9), _name(8), _name(4), _name(3)]
    assert all(row.request for row in unfinished)


class TestList:
    """Of a project with two catalogs, beside a project whose name begins alike."""

    other = "projects/p/locations/global/catalogs/d"
    alike = "projects/pp/locations/global/catalogs/c"

    @pytest.fixture(autouse=True)
    def _rows(self, store, parent):
        self.store = store
        _add(
            store,
            operation(parent, _name(1), state=OperationState.SUCCEEDED),
            operation(parent, _name(2, self.other)),
            operation(parent, _name(3), state=OperationState.FAILED, kind="purge-user-events"),
            operation(parent, _name(4, self.alike)),
            operation(parent, _name(5), state=OperationState.RUNNING),
        )

    def _numbers(self, prefix=CATALOG, *, kinds=None, done=None, before=None, limit=10):
        rows = self.store.list_operations(prefix, kinds=kinds, done=done, before=before, limit=limit)
        return [int(row.name[-1]) for _, row in rows]

    def test_below_a_name_newest_first(self):
        assert self._numbers() == [5, 3, 1]
        assert self._numbers("projects/p") == [5, 3, 2, 1]
        assert self._numbers("projects/p/locations/global") == [5, 3, 2, 1]
        assert self._numbers("projects/pp") == [4]
        assert self._numbers("projects/p/locations/global/catalogs") == [5, 3, 2, 1]
        assert self._numbers("projects/p/locations/g") == []

    def test_by_state(self):
        assert self._numbers(done=True) == [3, 1]
        assert self._numbers(done=False) == [5]

    def test_by_kind(self):
        assert self._numbers(kinds={"purge-user-events"}) == [3]
        assert self._numbers(kinds={"purge-user-events", "import-user-events"}, done=True) == [3, 1]
        assert self._numbers(kinds=()) == []

    def test_page_by_page(self):
        (first,) = self.store.list_operations("projects/p", kinds=None, done=None, before=None, limit=1)
        assert self._numbers("projects/p", before=first[0], limit=2) == [3, 2]

    def test_shows_how_far_each_is(self):
        (_, row), *_ = self.store.list_operations(CATALOG, kinds=None, done=None, before=None, limit=10)
        assert row.state is OperationState.RUNNING
        assert row.progress == '{"success": 0}'


def test_only_ended_ones_expire(store, parent):
    rows = [
        operation(parent, f"{_name(state)}-{us}", state=state, update_time_us=us) for state in STATES for us in (1, 5)
    ]
    _add(store, *rows)
    with store.transaction() as transaction:
        assert transaction.expire(rejections_before_us=0, operations_before_us=5, limit=2) == 2
    with store.transaction() as transaction:
        assert transaction.expire(rejections_before_us=0, operations_before_us=5, limit=2) == 1
    kept = [row for row in rows if not row.state.done or row.update_time_us == 5]
    assert [row for row in rows if store.get_operation(row.name)] == kept
