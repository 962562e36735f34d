"""Rejections: newest first, never more than the limit for each parent, dropped when old, counted exactly."""

from __future__ import annotations

import pytest

from tests.storage.rows import CATALOG, TENANT, intern, lines, reject, rejection, rejections

LIMIT = 10


@pytest.fixture
def limited(open_store):
    return open_store(rejection_limit=LIMIT)


def test_a_rejection_is_kept_as_it_was_given(store):
    parent = intern(store, CATALOG)
    plain = rejection(parent, 1, raw="\ud7ff\U0001f600 \x00 end", raw_truncated=True)
    bare = rejection(parent, 2, operation=None, uri=None, line_number=None)
    reject(store, plain, bare)
    assert rejections(store) == [bare, plain]


@pytest.mark.parametrize("page", [1, 3, 9, 10])
def test_they_come_newest_first_in_pages(limited, page):
    parent = intern(limited, CATALOG)
    reject(limited, *(rejection(parent, number) for number in range(9)))
    assert lines(rejections(limited, limit=page)) == list(range(8, -1, -1))


def test_those_behind_one_come_oldest_first(limited):
    parent, other = intern(limited, CATALOG), intern(limited, TENANT)
    for number in range(4):
        reject(limited, rejection(parent, number), rejection(other, number))
    first, *later = limited.rejections_after(CATALOG, 0, 10)
    assert lines([each.row for each in (first, *later)]) == [0, 1, 2, 3]
    assert limited.rejections_after(CATALOG, first.id, 2) == later[:2]
    assert limited.rejections_after(CATALOG, later[-1].id, 2) == []


@pytest.mark.parametrize("batch", [1, 3, 10, 11, 25, 300])
def test_the_limit_is_exact_whatever_the_batch(limited, batch):
    parent = intern(limited, CATALOG)
    total = 3 * max(batch, LIMIT)
    for start in range(0, total, batch):
        reject(limited, *(rejection(parent, number) for number in range(start, min(start + batch, total))))
        assert len(rejections(limited)) == min(start + batch, total, LIMIT)
    assert lines(rejections(limited)) == list(range(total - 1, total - 1 - LIMIT, -1))


def test_each_parent_has_its_own_limit(limited):
    parents = [intern(limited, CATALOG), intern(limited, TENANT)]
    mixed = [rejection(parents[number % 2], number) for number in range(15)]
    reject(limited, *mixed)
    assert lines(rejections(limited, CATALOG)) == [14, 12, 10, 8, 6, 4, 2, 0]
    assert lines(rejections(limited, TENANT)) == [13, 11, 9, 7, 5, 3, 1]
    reject(limited, *(rejection(parents[0], number) for number in range(100, 105)))
    assert len(rejections(limited, CATALOG)) == LIMIT
    assert len(rejections(limited, TENANT)) == 7


def test_a_limit_of_none_keeps_none(open_store):
    store = open_store(rejection_limit=0)
    reject(store, *(rejection(intern(store, CATALOG), number) for number in range(3)))
    assert rejections(store) == []


def test_a_lower_limit_holds_from_the_next_rejection_on(open_store):
    store = open_store(rejection_limit=8)
    parent = intern(store, CATALOG)
    reject(store, *(rejection(parent, number) for number in range(8)))
    store.close()
    store = open_store(rejection_limit=3)
    reject(store, rejection(parent, 8))
    assert lines(rejections(store)) == [8, 7, 6]


def test_old_ones_expire_and_are_no_longer_counted(store):
    parents = {CATALOG: intern(store, CATALOG), TENANT: intern(store, TENANT)}
    for parent in parents.values():
        reject(store, *(rejection(parent, number, receive_time_us=number) for number in range(10)))
    with store.transaction() as transaction:
        assert transaction.expire(rejections_before_us=4, operations_before_us=0, limit=5) == 5
    assert sum(len(rejections(store, name)) for name in parents) == 15
    with store.transaction() as transaction:
        assert transaction.expire(rejections_before_us=4, operations_before_us=0, limit=5) == 3
    with store.transaction() as transaction:
        assert transaction.expire(rejections_before_us=4, operations_before_us=0, limit=5) == 0
    for name in parents:
        assert lines(rejections(store, name)) == [9, 8, 7, 6, 5, 4]
