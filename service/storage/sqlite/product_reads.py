"""The read verbs of products."""

from __future__ import annotations

import bisect
import json
from collections.abc import Iterable

from service.storage.records import ProductPage, ProductRow, ProductVersion
from service.storage.sqlite.queries import fetch
from service.storage.sqlite.reading import Reading, parent_row


class ProductReads(Reading):
    """Reads products as they are now, and as they were at a revision."""

    def list_products(
        self,
        branch: str,
        *,
        after: str,
        limit: int,
        type_: int | None = None,
        primary: str | None = None,
        ids: Iterable[str] | None = None,
        count: bool = False,
    ) -> ProductPage:
        """See `base.Store`."""
        with self._reading() as connection:
            known = parent_row(connection, branch)
            if known is None:
                return ProductPage([], more=False, total=0)
            wanted = (type_, primary, None if ids is None else json.dumps(sorted(ids)))
            rows = fetch(connection, "list_products", (known[0], after, *wanted, limit + 1))
            total = fetch(connection, "count_products", (known[0], *wanted))[0][0] if count else 0
        return ProductPage([ProductRow(*row) for row in rows[:limit]], more=len(rows) > limit, total=total)

    def products_left_alone(self, branch: str, revision: int, after: str, limit: int) -> list[ProductRow]:
        """See `base.Store`."""
        return self._scan("products_left_alone", branch, revision, after, limit)

    def products_of_revision(self, branch: str, revision: int, after: str, limit: int) -> list[ProductRow]:
        """See `base.Store`."""
        return self._scan("products_of_revision", branch, revision, after, limit)

    def _scan(self, statement: str, branch: str, revision: int, after: str, limit: int) -> list[ProductRow]:
        with self._reading() as connection:
            known = parent_row(connection, branch)
            rows = fetch(connection, statement, (known[0], revision, after, limit)) if known else []
        return [ProductRow(*row) for row in rows]

    def get_product(self, branch: str, product_id: str) -> ProductRow | None:
        """See `base.Store`."""
        with self._reading() as connection:
            known = parent_row(connection, branch)
            rows = fetch(connection, "current_products", (known[0], json.dumps([product_id]))) if known else []
        return ProductRow(*rows[0]) if rows else None

    def products_at(self, branch: str, wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], ProductVersion]:
        """See `base.Store`."""
        with self._reading() as connection:
            known = parent_row(connection, branch)
            rows = fetch(connection, "products_at", (known[0], json.dumps(list(wanted)))) if known else []
        return {(product_id, revision): ProductVersion(*version) for product_id, revision, *version in rows}

    def unneeded_products(self, branch: str, catalog: str, needed: Iterable[int]) -> list[int]:
        """See `base.Store`."""
        with self._reading() as connection:
            branch_row, catalog_row = parent_row(connection, branch), parent_row(connection, catalog)
            past = fetch(connection, "past_products", (branch_row[0],)) if branch_row else []
            if not past or catalog_row is None:
                return []
            referred = fetch(connection, "referred_revisions", (catalog_row[0],))
        revisions = sorted({*needed, *(row[0] for row in referred)})

        def is_needed(begin: int, end: int) -> bool:
            at = bisect.bisect_left(revisions, begin)
            return at < len(revisions) and revisions[at] < end

        return [number for number, begin, end in past if not is_needed(begin, end)]
