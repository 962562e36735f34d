"""Which catalog revision an event joins at, decided inside the transaction that stores it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import apsw

from service.storage.sqlite.queries import SQL, fetch

Named = tuple[int, tuple[str, ...], int]
"""Of an event: the branch whose products it joins, those that it names, and when it was received."""

_CACHED_PRODUCTS = 200_000
_NEVER = 2**63 - 1  # when a product without an expiry expires
_UNKNOWN = -(2**63)  # ... and one that does not exist


class Joining:
    """Knows, for the connection that writes, which products branches have now.

    Only this connection changes products, so what it remembers of them holds until it says `forget` or `reset`.

    Args:
        connection: The writing connection.
    """

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._expiries: dict[tuple[int, str], int] = {}  # microseconds since the Unix epoch
        self._revisions: dict[int, int] = {}

    def reset(self) -> None:
        """Forgets everything; after a rollback."""
        self._expiries.clear()
        self._revisions.clear()

    def forget(self, branch_id: int, product_ids: Iterable[str]) -> None:
        """Forgets products that are being changed, and their branch's revision."""
        self._revisions.pop(branch_id, None)
        for product_id in product_ids:
            self._expiries.pop((branch_id, product_id), None)

    def revision(self, branch_id: int) -> int:
        """The branch's revision now."""
        known = self._revisions.get(branch_id)
        if known is None:
            known = self._revisions[branch_id] = int(self._connection.execute(SQL["revision"], (branch_id,)).get or 0)
        return known

    def revisions(self, events: Sequence[Named]) -> list[int | None]:
        """For each event the revision it joins at: 0 when it names no product, None when one is missing or expired."""
        try:
            return self._revisions_of(events)
        except KeyError:  # a product that nobody asked for yet
            self._learn(events)
            return self._revisions_of(events)

    def revisions_by_products(
        self, branch_id: int, receive_time_us: int, product_ids: Sequence[tuple[str, ...]]
    ) -> list[int | None]:
        """The same for events that come together."""
        distinct = set(product_ids)
        known = dict(
            zip(distinct, self.revisions([(branch_id, ids, receive_time_us) for ids in distinct]), strict=True)
        )
        return [known[ids] for ids in product_ids]

    def _revisions_of(self, events: Sequence[Named]) -> list[int | None]:
        expiries = self._expiries
        found: list[int | None] = []
        for branch_id, product_ids, receive_time_us in events:
            if not product_ids:
                found.append(0)
                continue
            if len(product_ids) == 1:
                expires_us = expiries[branch_id, product_ids[0]]
            else:
                expires_us = min([expiries[branch_id, each] for each in product_ids])
            found.append(self.revision(branch_id) if expires_us > receive_time_us else None)
        return found

    def _learn(self, events: Sequence[Named]) -> None:
        if len(self._expiries) > _CACHED_PRODUCTS:
            self._expiries.clear()
        wanted: dict[int, set[str]] = {}
        for branch_id, product_ids, _ in events:
            for product_id in product_ids:
                if (branch_id, product_id) not in self._expiries:
                    wanted.setdefault(branch_id, set()).add(product_id)
        for branch_id, ids in wanted.items():
            self._expiries.update(((branch_id, each), _UNKNOWN) for each in ids)
            for product_id, expires_us in fetch(self._connection, "expiries", (branch_id, json.dumps(list(ids)))):
                self._expiries[branch_id, product_id] = _NEVER if expires_us is None else expires_us
