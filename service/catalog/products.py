"""Changing the products of a branch, inside one transaction: the rules that need other products are checked there."""

from __future__ import annotations

from collections.abc import Iterable

from generated.google.cloud.retail.v2.product_pb2 import Product
from service.events import errors, names, product_mask, product_relations
from service.events import product as rules
from service.events.record import microseconds
from service.storage.base import Transaction
from service.storage.records import ProductRow


def row_of(product: Product, create_time_us: int, change_time_us: int) -> ProductRow:
    """The row of a product in normal form."""
    return ProductRow(
        product_id=product.id,
        type=product.type,
        primary_product_id=product.primary_product_id,
        availability=product.availability,
        create_time_us=create_time_us,
        change_time_us=change_time_us,
        expire_time_us=microseconds(product.expire_time) if product.HasField("expire_time") else None,
        payload=product.SerializeToString(deterministic=True),
    )


def product_of(row: ProductRow) -> Product:
    """The product of a row."""
    return Product.FromString(row.payload)


class Branch:
    """The products of one branch, inside one transaction; `flush` ends it.

    Args:
        transaction: Reads and writes them.
        name: Canonical name of the branch.
        branch_id: Its number.
        now_us: The time, microseconds since the Unix epoch.
        place: Where a product is in the request, for errors; empty where it is a line of a file.
    """

    def __init__(
        self, transaction: Transaction, name: str, branch_id: int, now_us: int, *, place: str = "product"
    ) -> None:
        self._transaction = transaction
        self._name = name
        self._branch_id = branch_id
        self._now_us = now_us
        self._place = place
        self._changed: dict[str, ProductRow] = {}
        self._there: dict[str, ProductRow | None] = {}  # what was looked up
        self._families: dict[str, dict[str, str]] = {}  # of a primary product: currencies of its variants by their ids

    def look_up(self, product_ids: Iterable[str]) -> None:
        """Reads products that will be needed, all at once."""
        missing = set(product_ids) - self._there.keys()
        found = self._transaction.products(self._branch_id, list(missing))
        self._there.update((each, found.get(each)) for each in missing)

    def flush(self) -> None:
        """Writes what was changed, all of it in one revision of the branch."""
        self._transaction.put_products(self._branch_id, list(self._changed.values()))
        self._there.update(self._changed)
        self._changed.clear()

    def create(self, product: Product) -> Product:
        """Adds a product and returns it in normal form.

        Raises:
            RpcError: INVALID_ARGUMENT for what breaks a rule, ALREADY_EXISTS, FAILED_PRECONDITION for another currency.
        """
        if self._current(product.id) is not None:
            name = names.product(self._name, product.id)
            raise errors.already_exists(
                f'Product with name "{name}" already exists.',
                resource_type=product_relations.RESOURCE_TYPE,
                resource_name=name,
                reason="PRODUCT_ALREADY_EXISTS",
            )
        return self._put(product, None)

    def update(self, source: Product, fields: product_mask.Fields, *, allow_missing: bool) -> Product:
        """Sets fields of a product and returns it in normal form; a missing one is created when that is allowed.

        Raises:
            RpcError: NOT_FOUND; otherwise as `create`.
        """
        current = self._current(source.id)
        if current is None:
            if allow_missing:
                return self._put(source, None)
            raise product_relations.not_found(names.product(self._name, source.id))
        product = product_of(current)
        product_mask.apply(product, source, fields)
        return self._put(product, current)

    def delete(self, product_id: str, *, force: bool | None = None) -> None:
        """Removes a product; events that joined it keep what it said then.

        Args:
            product_id: Which.
            force: Whether the variants of a primary product go with it; None where the request has no such field.

        Raises:
            RpcError: NOT_FOUND; INVALID_ARGUMENT for a member of a collection, or a primary product with variants.
        """
        current = self._current(product_id)
        if current is None:
            raise product_relations.not_found(names.product(self._name, product_id))
        collections = self._transaction.collections(self._branch_id)
        variants = [row.product_id for row in self._transaction.variants(self._branch_id, product_id)]
        doomed = [product_id, *variants] if force else [product_id]
        violations = product_relations.check_delete(
            product_type=current.type,
            in_collection=any(not set(product_of(row).collection_member_ids).isdisjoint(doomed) for row in collections),
            variants=0 if force else len(variants),
            allowed_variants=1 if force is None else 0,
        )
        if violations:
            raise errors.invalid_argument(violations)
        self._transaction.delete_products(self._branch_id, doomed)

    def replace(self, product: Product) -> Product:
        """Adds a product, or replaces the one that is there, and returns it in normal form.

        Raises:
            RpcError: INVALID_ARGUMENT for what breaks a rule, or another type; FAILED_PRECONDITION, as `create`.
        """
        return self._put(product, self._current(product.id))

    def _current(self, product_id: str) -> ProductRow | None:
        if product_id in self._changed:
            return self._changed[product_id]
        if product_id not in self._there:
            self.look_up([product_id])
        return self._there[product_id]

    def _put(self, product: Product, current: ProductRow | None) -> Product:
        violations = rules.check(product, now_us=self._now_us)
        if not violations:
            rules.normalise(product, branch=self._name, now_us=self._now_us)
            violations = product_relations.check_type(product, current.type if current else None)
        if not violations:
            violations = self._check_relations(product)
        if violations:
            raise errors.invalid_argument(errors.prefixed(violations, self._place, self._place))
        row = row_of(product, current.create_time_us if current else self._now_us, self._now_us)
        for family in self._families.values():
            family.pop(row.product_id, None)
        if row.type == Product.VARIANT:
            self._family(row.primary_product_id)[row.product_id] = product.price_info.currency_code
        self._changed[row.product_id] = row
        return product

    def _family(self, primary_id: str) -> dict[str, str]:
        """The variants of a primary product by their ids, each with its currency."""
        if primary_id not in self._families:
            there = {row.product_id: row for row in self._transaction.variants(self._branch_id, primary_id)}
            variants = [row for row in (there | self._changed).values() if row.primary_product_id == primary_id]
            self._families[primary_id] = {
                row.product_id: product_of(row).price_info.currency_code
                for row in variants
                if row.product_id != primary_id
            }
        return self._families[primary_id]

    def _check_relations(self, product: Product) -> list[errors.Violation]:
        if product.type == Product.VARIANT:
            primary = self._current(product.primary_product_id)
            currencies = {
                each: code for each, code in self._family(product.primary_product_id).items() if each != product.id
            }
            product_relations.require_same_currency(product, set(currencies.values()))
            return product_relations.check_primary(
                product, primary_type=primary.type if primary else None, other_variants=len(currencies)
            )
        if product.type == Product.COLLECTION:
            self.look_up(product.collection_member_ids)
            members = {each: self._current(each) for each in product.collection_member_ids}
            return product_relations.check_members(product, {each: row.type for each, row in members.items() if row})
        return []
