"""The write verbs, on the one connection that writes."""

from __future__ import annotations

import itertools
import json
import operator
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import apsw

from service.storage.records import (
    ClientEventRow,
    Inserted,
    OperationRow,
    ProductRow,
    Receipt,
    RejectionRow,
    SignalRow,
    StoredAs,
    UserEventColumns,
    UserEventRow,
    Verdict,
)
from service.storage.sqlite.client_event_keys import RunSizes
from service.storage.sqlite.client_events import ClientEvents
from service.storage.sqlite.joining import Joining
from service.storage.sqlite.queries import SQL, fetch, insert, insert_columns

_MAX_EXCESS_AT_ONCE = 1_000  # rejections beyond the limit, which may have been lowered
_MAX_OPERATIONS_AT_ONCE = 10  # to drop: their requests may be as long as messages can be


class SqliteTransaction:
    """Write verbs; the caller has begun a transaction and commits it."""

    def __init__(self, connection: apsw.Connection, rejection_limit: int, run_sizes: RunSizes) -> None:
        self._connection = connection
        self._rejection_limit = rejection_limit
        self._joining = Joining(connection)
        self._client_events = ClientEvents(connection, run_sizes)

    def committed(self) -> None:
        """What was learned inside the transaction holds."""
        self._client_events.committed()

    def rolled_back(self) -> None:
        """Forgets what was learned inside a transaction that came to nothing."""
        self._joining.reset()
        self._client_events.rolled_back()

    def _one(self, name: str, *values: Any) -> Any:
        return self._connection.execute(SQL[name], values).get

    def _insert(self, name: str, rows: Sequence[tuple[Any, ...]]) -> None:
        insert(self._connection, name, rows)

    def intern_parent(self, name: str) -> int:
        """See `base.Transaction`."""
        return int(self._one("intern_parent", name))

    def insert_user_events(self, rows: Sequence[UserEventRow]) -> int:
        """See `base.Transaction`."""
        groups = itertools.groupby(rows, key=operator.itemgetter(0))
        return sum(self._insert_user_events(parent_id, tuple(of_parent))[0] for parent_id, of_parent in groups)

    def _insert_user_events(self, parent_id: int, rows: Sequence[UserEventRow]) -> tuple[int, list[int | None]]:
        """Returns how many were stored, and the revision at which each of the rows joins."""
        before = self._connection.total_changes()
        _, *columns, received_us, sources, branches, products, payloads = zip(*rows, strict=True)
        joined = self._joining.revisions(list(zip(branches, products, received_us, strict=True)))
        values = (received_us, sources, *columns, joined, payloads)
        insert_columns(self._connection, "insert_user_events", (parent_id,), values)
        stored = self._connection.total_changes() - before
        self._one("add_user_events", parent_id, stored)
        return stored, joined

    def insert_user_events_of(self, parent_id: int, rows: Sequence[UserEventRow]) -> Inserted:
        """See `base.Transaction`."""
        if not rows:
            return Inserted(0, 0, frozenset())
        last = self._one("last_user_event")
        stored, revisions = self._insert_user_events(parent_id, rows)
        if stored == len(rows):  # as nearly always; what repeats has to be told by what is there
            unjoined = revisions.count(None)
            return Inserted(stored - unjoined, unjoined, frozenset([row.fingerprint for row in rows]))
        stored, joined, digits = self._one("inserted_user_events", last)
        fingerprints = bytes.fromhex(digits)
        size = len(rows[0].fingerprint)
        each = frozenset(fingerprints[at : at + size] for at in range(0, len(fingerprints), size))
        return Inserted(joined=joined, unjoined=stored - joined, stored=each)

    def insert_user_event_columns(self, receipt: Receipt, columns: UserEventColumns) -> tuple[int, int]:
        """See `base.Transaction`."""
        if not columns.payloads:
            return 0, 0
        last = self._one("last_user_event")
        before = self._connection.total_changes()
        parent_id, received_us, source, branch_id = receipt
        joined = self._joining.revisions_by_products(branch_id, received_us, columns.product_ids)
        insert_columns(
            self._connection,
            "insert_user_events",
            (parent_id, received_us, source),
            (*columns[:5], joined, columns.payloads),
        )
        stored = self._connection.total_changes() - before
        self._one("add_user_events", parent_id, stored)
        if stored < len(joined):
            _, joining, _ = self._one("inserted_user_events", last)
        else:
            joining = stored - joined.count(None)
        return joining, stored - joining

    def set_joined_revision(self, revision: int | None, numbers: str) -> int:
        """See `base.Transaction`."""
        self._one("set_joined_revision", revision, f"[{numbers}]")
        return self._connection.changes()

    def delete_user_events(self, ids: Sequence[int]) -> int:
        """See `base.Transaction`."""
        return self._delete_events("user_events", ids)

    def delete_client_events(self, ids: Sequence[int]) -> int:
        """See `base.Transaction`."""
        return sum(self._count("add_client_events", self._client_events.delete(ids), -1))

    def _delete_events(self, kind: str, ids: Sequence[int]) -> int:
        numbers = json.dumps(list(ids))
        deleted = 0
        for parent_id, count in fetch(self._connection, f"deleted_{kind}", (numbers,)):
            self._one(f"add_{kind}", parent_id, -count)
            deleted += count
        self._one(f"delete_{kind}", numbers)
        return deleted

    def revision(self, branch_id: int) -> int:
        """See `base.Transaction`."""
        return self._joining.revision(branch_id)

    def products(self, branch_id: int, product_ids: Sequence[str]) -> dict[str, ProductRow]:
        """See `base.Transaction`."""
        found = fetch(self._connection, "current_products", (branch_id, json.dumps(list(product_ids))))
        return {row[0]: ProductRow(*row) for row in found}

    def variants(self, branch_id: int, primary_product_id: str) -> list[ProductRow]:
        """See `base.Transaction`."""
        return [ProductRow(*row) for row in fetch(self._connection, "variants", (branch_id, primary_product_id))]

    def collections(self, branch_id: int) -> list[ProductRow]:
        """See `base.Transaction`."""
        return [ProductRow(*row) for row in fetch(self._connection, "collections", (branch_id,))]

    def put_products(self, branch_id: int, rows: Sequence[ProductRow]) -> None:
        """See `base.Transaction`."""
        there = self.products(branch_id, [row.product_id for row in rows])
        latest = {row.product_id: row for row in rows}
        changed = [row for row in latest.values() if _differs(there.get(row.product_id), row)]
        if changed:
            revision = self._new_revision(branch_id, [row.product_id for row in changed])
            self._insert("insert_product", [(branch_id, revision, revision, *row) for row in changed])
        self.confirm_products(branch_id, list(latest.keys() - {row.product_id for row in changed}))

    def confirm_products(self, branch_id: int, product_ids: Sequence[str]) -> None:
        """See `base.Transaction`."""
        if product_ids:
            self._one("confirm_products", branch_id, self.revision(branch_id), json.dumps(list(product_ids)))

    def end_revision(self, branch_id: int) -> int:
        """See `base.Transaction`."""
        return self._new_revision(branch_id, ()) - 1

    def delete_products(self, branch_id: int, product_ids: Sequence[str], *, revision: int | None = None) -> int:
        """See `base.Transaction`."""
        before = self.revision(branch_id) if revision is None else revision
        found = fetch(self._connection, "which_left_alone", (branch_id, before, json.dumps(list(product_ids))))
        if found:
            self._new_revision(branch_id, [row[0] for row in found])
        return len(found)

    def _new_revision(self, branch_id: int, product_ids: Sequence[str]) -> int:
        """Begins a revision in which the current versions of these products hold no more."""
        revision = self._joining.revision(branch_id) + 1
        self._joining.forget(branch_id, product_ids)
        self._one("set_revision", branch_id, revision)
        self._one("end_products", branch_id, revision, json.dumps(list(product_ids)))
        return revision

    def forget_products(self, branch_id: int, row_ids: Sequence[int]) -> None:
        """See `base.Transaction`."""
        self._one("forget_products", branch_id, json.dumps(list(row_ids)))

    def give_back_space(self, pages: int) -> int:
        """See `base.Transaction`."""
        self._connection.execute(f"PRAGMA incremental_vacuum({int(pages)})").fetchall()  # a step for each page
        return int(self._connection.pragma("freelist_count"))

    def insert_client_events(self, rows: Sequence[ClientEventRow]) -> list[Verdict]:
        """See `base.Transaction`."""
        verdicts = self._client_events.insert(rows)
        pairs = zip(rows, verdicts, strict=True)
        self._count("add_client_events", [row.parent_id for row, verdict in pairs if verdict is Verdict.STORED], 1)
        return verdicts

    def _count(self, name: str, parent_ids: Iterable[int], sign: int) -> Collection[int]:
        """Changes the counts of parents by as often as each is there."""
        counts = Counter(parent_ids)
        for parent_id, count in counts.items():
            self._one(name, parent_id, sign * count)
        return counts.values()

    def insert_signals(self, rows: Sequence[SignalRow]) -> list[StoredAs]:
        """See `base.Transaction`."""
        if not rows:
            return []
        last = self._one("last_signal")
        self._insert("insert_signal", [row[:-1] for row in rows])
        wanted = json.dumps([(row.parent_id, row.fingerprint.hex()) for row in rows])
        numbers = dict(json.loads(self._one("signals_there", wanted)))
        stored: dict[int, SignalRow] = {}
        results = []
        for place, row in enumerate(rows):
            number = numbers[place]
            is_new = number > last and number not in stored  # of several that are the same the first was inserted
            if is_new:
                stored[number] = row
            results.append(StoredAs(Verdict.STORED if is_new else Verdict.REPEATED, number))
        self._insert(
            "insert_signal_identifier",
            [
                (row.parent_id, named.kind, named.is_subject, named.value, row.signal_time_us, number)
                for number, row in stored.items()
                for named in row.identifiers
            ],
        )
        for parent_id, count in Counter(row.parent_id for row in stored.values()).items():
            self._one("add_signals", parent_id, count)
        return results

    def delete_signals(self, ids: Sequence[int]) -> int:
        """See `base.Transaction`."""
        self._one("delete_signal_identifiers", json.dumps(list(ids)))
        return self._delete_events("signals", ids)

    def insert_rejections(self, rows: Sequence[RejectionRow]) -> None:
        """See `base.Transaction`."""
        self._insert("insert_rejection", rows)
        for parent_id, count in Counter(row.parent_id for row in rows).items():
            excess = self._one("add_rejections", parent_id, count) - self._rejection_limit
            excess = min(excess, count + _MAX_EXCESS_AT_ONCE)
            if excess > 0:
                self._one("drop_oldest_rejections", parent_id, excess)
                self._one("add_rejections", parent_id, -excess)

    def insert_operation(self, row: OperationRow) -> None:
        """See `base.Transaction`."""
        self._one("insert_operation", *row[:-1])

    def update_operation(self, row: OperationRow) -> None:
        """See `base.Transaction`."""
        self._one("update_operation", row.name, row.state, row.progress, row.result, row.error, row.update_time_us)

    def request_cancel(self, name: str) -> None:
        """See `base.Transaction`."""
        self._one("request_cancel", name)

    def delete_operation(self, name: str) -> bool:
        """See `base.Transaction`."""
        self._one("delete_operation", name)
        return self._connection.changes() > 0

    def expire(self, *, rejections_before_us: int, operations_before_us: int, limit: int) -> int:
        """See `base.Transaction`."""
        dropped = 0
        for parent_id, count in fetch(self._connection, "expired_rejections", (rejections_before_us, limit)):
            self._one("add_rejections", parent_id, -count)
            dropped += count
        if dropped:
            self._one("drop_expired_rejections", rejections_before_us, limit)
        operations = min(limit - dropped, _MAX_OPERATIONS_AT_ONCE)
        self._one("drop_expired_operations", operations_before_us, operations)
        return dropped + self._connection.changes()


def _differs(there: ProductRow | None, row: ProductRow) -> bool:
    return there is None or there._replace(change_time_us=row.change_time_us) != row
