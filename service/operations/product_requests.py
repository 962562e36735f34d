"""Accepting imports, purges and exports of products: what is wrong is said before they start."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from generated.google.cloud.retail.v2.import_config_pb2 import ImportProductsRequest
from generated.google.cloud.retail.v2.product_pb2 import Product
from generated.google.cloud.retail.v2.purge_config_pb2 import PurgeProductsRequest
from generated.google.cloud.retail.v2beta.export_config_pb2 import ExportProductsRequest
from service.events import errors, product, product_exports, product_filters, product_mask, versions
from service.operations.kinds import EXPORT_PRODUCTS, IMPORT_PRODUCTS, PURGE_PRODUCTS
from service.operations.launcher import Launcher
from service.operations.object_requests import plan_destination, plan_objects
from service.operations.runner import Fix
from service.operations.table_requests import plan_table
from service.sources.objects import ObjectStore
from service.storage.base import Transaction
from service.storage.records import OperationRow
from service.storage.writer import Writer

_DATA_SCHEMAS = ("product",)
_INLINE = "input_config.product_inline_source.products"
_INLINE_JSON = "inputConfig.productInlineSource.products"
_MAX_INLINE_PRODUCTS = 10_000  # Google recommends at most 100
_CHECKS_AT_ONCE = 100  # products checked between two turns of the event loop, about 5 ms


class ProductRequests:
    """Turns requests into durable operations.

    Args:
        writer: The way to the database.
        launcher: Starts the operations.
        object_store: Gives the place of gs:// objects.
        now_us: The clock, microseconds since the Unix epoch.
    """

    def __init__(
        self,
        *,
        writer: Writer,
        launcher: Launcher,
        object_store: Callable[[], ObjectStore],
        now_us: Callable[[], int],
    ) -> None:
        self._writer = writer
        self._launcher = launcher
        self._object_store = object_store
        self._now_us = now_us

    async def import_products(self, branch: str, request: ImportProductsRequest) -> OperationRow:
        """Checks an ImportProductsRequest and starts the import.

        Raises:
            RpcError: INVALID_ARGUMENT for a wrong piece or a wrong inline product, NOT_FOUND for a missing bucket,
                object or table, FAILED_PRECONDITION when object storage or BigQuery can't be used, UNIMPLEMENTED for a
                notification.
        """
        _check_options(request)
        full = request.reconciliation_mode == ImportProductsRequest.FULL
        plan: dict[str, Any] = {
            "branch": branch,
            "mask": list(request.update_mask.paths),
            "full": full,
            "unprotected": _unprotected(request),
        }
        match request.input_config.WhichOneof("source"):
            case "product_inline_source":
                await self._check_inline(request)
                plan |= {"objects": [], "errors_prefix": ""}
            case "gcs_source":
                plan |= await plan_objects(request, self._object_store, _DATA_SCHEMAS)
            case "big_query_source":
                plan |= await plan_table(request, self._object_store, _DATA_SCHEMAS)
            case _:
                raise errors.invalid_argument([errors.missing("input_config")])
        fix = await self._revision(branch, ended=True) if full else None
        return await self._launcher.start(IMPORT_PRODUCTS, branch, request, plan, fix=fix)

    async def purge_products(self, branch: str, request: PurgeProductsRequest) -> OperationRow:
        """Starts a purge of the products that there are now.

        Raises:
            RpcError: INVALID_ARGUMENT for a filter that is not in the language.
        """
        product_filters.parse_purge(request.filter)
        plan = {"branch": branch, "filter": request.filter, "force": request.force}
        fix = await self._revision(branch, ended=request.force)
        return await self._launcher.start(PURGE_PRODUCTS, branch, request, plan, fix=fix)

    async def export_products(self, branch: str, request: ExportProductsRequest) -> OperationRow:
        """Starts an export of the products that there are now.

        Raises:
            RpcError: INVALID_ARGUMENT for a filter or destination that is wrong; NOT_FOUND for a missing bucket;
                UNIMPLEMENTED for BigQuery.
        """
        product_exports.parse(request.filter)
        if request.output_config.gcs_destination.include_product_details:
            field = "output_config.gcs_destination.include_product_details"
            rule = "is for events: products are written with all their fields; remove it."
            raise errors.invalid_argument([errors.violation(field, rule, "FORBIDDEN_FIELD")])
        plan = {
            "branch": branch,
            "filter": request.filter,
            **await plan_destination(request.output_config, self._object_store),
        }
        fix = await self._revision(branch, ended=False)
        return await self._launcher.start(EXPORT_PRODUCTS, branch, request, plan, fix=fix)

    async def _revision(self, branch: str, *, ended: bool) -> Fix:
        """What adds the revision of a branch to a plan; if `ended`, whatever is written from then on is behind it."""
        branch_id = await self._writer.parent_id(branch)

        def fix(transaction: Transaction) -> dict[str, int]:
            return {"revision": transaction.end_revision(branch_id) if ended else transaction.revision(branch_id)}

        return fix

    async def _check_inline(self, request: ImportProductsRequest) -> None:
        if request.HasField("errors_config"):
            rule = "can't be set with an inline source: a wrong product fails the call itself; remove it."
            raise errors.invalid_argument([errors.Violation("errors_config", rule, "FORBIDDEN_FIELD")])
        products = request.input_config.product_inline_source.products
        if not products:
            raise errors.invalid_argument([errors.missing(_INLINE)])
        if len(products) > _MAX_INLINE_PRODUCTS:
            rule = (
                f"must have at most {_MAX_INLINE_PRODUCTS:,} products, but has {len(products):,}; put them into a file."
            )
            raise errors.invalid_argument([errors.violation(_INLINE, rule, "TOO_MANY")])
        masked = bool(request.update_mask.paths)  # then the product as it will be is not known yet
        now_us = self._now_us()
        violations: list[errors.Violation] = []
        for index, each in enumerate(products):
            if index % _CHECKS_AT_ONCE == 0:
                await asyncio.sleep(0)
            found = _check_id(each) if masked else product.check(versions.convert(each, Product), now_us=now_us)
            violations += errors.prefixed(found, f"{_INLINE}[{index}]", _INLINE_JSON)
            if len(violations) >= errors.MAX_VIOLATIONS:
                break
        if violations:
            raise errors.invalid_argument(violations)


def _check_id(masked: Product) -> list[errors.Violation]:
    return [] if masked.id else [errors.missing("id")]


def _unprotected(request: ImportProductsRequest) -> bool:
    """Whether a FULL import may delete everything; only v2alpha can ask for it."""
    return bool(getattr(request, "skip_default_branch_protection", False))


def _check_options(request: ImportProductsRequest) -> None:
    """Checks what goes with every source.

    Raises:
        RpcError: INVALID_ARGUMENT, UNIMPLEMENTED for a notification.
    """
    if request.update_mask.paths:
        product_mask.update_fields(request.update_mask.paths)
    modes = ImportProductsRequest.ReconciliationMode
    if request.reconciliation_mode not in modes.values():
        rule = f"must be one of {', '.join(modes.keys()[1:])}, but is {request.reconciliation_mode}."
        raise errors.invalid_argument([errors.violation("reconciliation_mode", rule)])
    topic = "notification_pubsub_topic" if request.notification_pubsub_topic else ""
    protection = "skip_default_branch_protection" if _unprotected(request) else ""
    if request.reconciliation_mode != ImportProductsRequest.FULL:
        rule = "can only be set with reconciliation_mode FULL; remove it."
        violations = [errors.violation(field, rule, "FORBIDDEN_FIELD") for field in (topic, protection) if field]
        if violations:
            raise errors.invalid_argument(violations)
    elif topic:
        raise errors.unimplemented(
            "Footfall does not publish to Pub/Sub: leave `notification_pubsub_topic` empty and wait for the operation."
        )
