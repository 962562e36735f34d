"""The work of importing products: inline ones, gs:// objects, tables of BigQuery."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from google.rpc import status_pb2

from generated.footfall.v1.event_log_pb2 import EventSource
from generated.google.cloud.retail.v2.import_config_pb2 import ImportProductsRequest, ImportProductsResponse
from generated.google.cloud.retail.v2.product_pb2 import Product
from service.catalog.products import Branch
from service.events import errors, names, product_mask
from service.events import json as events_json
from service.events.rejection import Rejection, rejected_line
from service.measures import Refused
from service.operations import scans
from service.operations.file_import import ERROR_SAMPLES, FileImport
from service.operations.progress import Progress
from service.operations.runner import Running
from service.operations.spool import Spool
from service.sources.event_files import PRODUCTS
from service.sources.lines import Chunk, numbered
from service.sources.objects import ObjectStore
from service.sources.schemas.message_rows import decode_row
from service.storage.base import Store, Transaction
from service.storage.records import ProductRow
from service.storage.writer import Writer

_PRODUCT = Product.DESCRIPTOR.full_name
_INLINE_PER_STEP = 100
_INLINE_URI = "inline"


class Line(NamedTuple):
    """One line: what it holds, or why it holds no product; and the product's id, empty where it can't be told."""

    number: int
    raw: bytes
    product: Product | errors.RpcError
    product_id: str


class ImportProducts(FileImport[list[Line]]):
    """How operations of the kind `import-products` are done.

    Variants are imported in a second pass over the source: their primary products may come behind them.

    A FULL import ends with the deletion of the products that it did not bring: those that nobody, this import included,
    wrote since the revision at which it was accepted. A line that was rejected brings its product all the same: that
    stays as it was.

    Args:
        store: Where products are read from.
        writer: The way to the database.
        object_store: Gives the place of gs:// objects.
        spool: Where report lines gather.
        max_line_bytes: Longest line of a file, and longest row of a table as JSON.
        now_us: The clock, microseconds since the Unix epoch.
        refused: Where lines that were refused are counted.
    """

    content = PRODUCTS

    def __init__(
        self,
        *,
        store: Store,
        writer: Writer,
        object_store: Callable[[], ObjectStore],
        spool: Spool,
        max_line_bytes: int,
        now_us: Callable[[], int],
        refused: Refused,
    ) -> None:
        super().__init__(
            object_store=object_store, spool=spool, max_line_bytes=max_line_bytes, now_us=now_us, refused=refused
        )
        self._store = store
        self._writer = writer

    async def run(self, running: Running) -> ImportProductsResponse:
        """See `Work`."""
        request = ImportProductsRequest.FromString(running.row.request)
        plan = json.loads(running.row.plan)
        if "product" not in running.progress.cursor:  # else it was at the last part, the deletion
            samples = await self._bring(running, request)
            if running.progress.counts["variants"] and not running.progress.counts["passes"]:
                await running.step(lambda _transaction: _rewound(running.progress))
                samples = await self._bring(running, request)
        else:
            samples = await self.publish_errors(running, plan)
        if plan["full"]:
            samples = [*await self._delete_the_rest(running, plan), *samples][:ERROR_SAMPLES]
        response = ImportProductsResponse(error_samples=samples)
        if request.HasField("errors_config"):
            response.errors_config.CopyFrom(request.errors_config)
        return response

    async def _bring(self, running: Running, request: ImportProductsRequest) -> list[status_pb2.Status]:
        await self._import_inline(running, request.input_config.product_inline_source.products)
        return await self.import_files(running)

    async def _import_inline(self, running: Running, products: Sequence[Product]) -> None:
        for start in range(running.progress.cursor.get("index", 0), len(products), _INLINE_PER_STEP):
            lines = [
                Line(number, events_json.encode(_PRODUCT, product.SerializeToString()).encode(), product, product.id)
                for number, product in enumerate(products[start : start + _INLINE_PER_STEP], start + 1)
            ]
            position = {"index": start + len(lines)}
            await self.store(running, lines, position, EventSource.EVENT_SOURCE_INLINE_IMPORT, _INLINE_URI)

    async def decode(self, chunk: Chunk, _uri: str, plan: dict[str, Any]) -> list[Line]:
        """See `FileImport`."""
        if chunk.too_long:
            rule = f"The line is longer than {self._max_line_bytes} bytes, the most that one product may take."
            error = errors.invalid_argument([errors.Violation("", rule, "TOO_LONG")])
            return [Line(chunk.first_line, chunk.data, error, "")]
        return await asyncio.to_thread(_decode_lines, chunk, table="table" in plan)

    async def store(
        self, running: Running, decoded: list[Line], position: dict[str, Any], source: EventSource, uri: str
    ) -> None:
        """See `FileImport`. What is wrong with a product may show only beside those that are there."""
        plan = json.loads(running.row.plan)
        branch: str = plan["branch"]
        mask: list[str] = plan["mask"]
        fields = product_mask.update_fields(mask) if mask else None
        now_us = self._now_us()
        catalog_id = await self._writer.parent_id(branch.partition("/branches/")[0])
        second = bool(running.progress.counts["passes"])
        lines = decoded if fields else [line for line in decoded if _is_variant(line) is second]
        refused: list[Rejection] = []

        def write(transaction: Transaction) -> Progress:
            products = Branch(transaction, branch, running.row.parent_id, now_us, place="")
            refused[:] = rejections = _put(products, lines, fields, uri)
            products.flush()
            if rejections:
                transaction.insert_rejections(self.rejection_rows(running, catalog_id, rejections, source, uri))
            cursor = {**position, "errors": self.spool_errors(running, rejections)}
            failed = {rejection.line_number for rejection in rejections}
            ids = [line.product_id for line in lines if line.number in failed]
            if plan["full"]:
                transaction.confirm_products(running.row.parent_id, [each for each in ids if each])
            return running.progress.add(
                cursor,
                success=len(lines) - len(failed),
                failure=len(failed),
                unidentified=ids.count(""),
                variants=0 if second else len(decoded) - len(lines),
            )

        await running.step(write)
        self.count(refused, source)

    async def _delete_the_rest(self, running: Running, plan: dict[str, Any]) -> list[status_pb2.Status]:
        """Deletes the products that a FULL import did not bring; or says why it does not.

        Raises:
            RpcError: FAILED_PRECONDITION; it brought none, so that all would go.
        """
        counts = running.progress.counts
        branch: str = plan["branch"]
        revision: int = plan["revision"]
        if counts["unidentified"]:
            return [_nothing_deleted(branch, counts["unidentified"]).to_status()]
        if not counts["success"] and not plan["unprotected"]:
            raise _nothing_brought(branch)
        async for rows in scans.walk_products(self._store, running, branch, revision):

            def write(transaction: Transaction, rows: list[ProductRow] = rows) -> Progress:
                ids = [row.product_id for row in rows]
                deleted = transaction.delete_products(running.row.parent_id, ids, revision=revision)
                return running.progress.add({**running.progress.cursor, "product": ids[-1]}, deleted=deleted)

            await running.step(write)
        return []


def _rewound(progress: Progress) -> Progress:
    """The progress with the cursor at the beginning again; the rows of a table and the reports stay."""
    kept = {key: value for key, value in progress.cursor.items() if key in {"rows", "errors"}}
    return progress.add({**kept, "offset": 0}, passes=1)


def _is_variant(line: Line) -> bool:
    return isinstance(line.product, Product) and line.product.type == Product.VARIANT


def _decode_lines(chunk: Chunk, *, table: bool) -> list[Line]:
    lines = []
    for number, raw in numbered(chunk.data, chunk.first_line):
        try:
            payload = decode_row(Product.DESCRIPTOR, raw) if table else events_json.decode(_PRODUCT, raw)
            product: Product | errors.RpcError = Product.FromString(payload)
        except events_json.JsonError as error:
            product = errors.invalid_argument(error.violations)
        lines.append(Line(number, raw, product, product.id if isinstance(product, Product) else _id_in(raw)))
    return lines


def _id_in(raw: bytes) -> str:
    """The id of the product that a line which is none was to hold; empty if it can't be told."""
    try:
        found = json.loads(raw)["id"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
    return found if isinstance(found, str) and names.is_product_id(found) else ""


def _nothing_deleted(branch: str, lines: int) -> errors.RpcError:
    text = (
        f"No product was deleted: {lines:,} rejected lines don't even tell the id of their product, so it is not known "
        "which products the source lacks. Mend the lines and import again."
    )
    return errors.failed_precondition(text, reason="FULL_IMPORT_WITHOUT_DELETION", subject=branch)


def _nothing_brought(branch: str) -> errors.RpcError:
    text = (
        "The source brought no product, so this FULL import would delete all that the branch has. If they are to go, "
        "purge them, or set v2alpha's skip_default_branch_protection."
    )
    return errors.failed_precondition(text, reason="FULL_IMPORT_OF_NOTHING", subject=branch)


def _put(products: Branch, lines: list[Line], fields: product_mask.Fields | None, uri: str) -> list[Rejection]:
    """Puts the products of lines into the branch; returns what could not be."""
    good = [line.product for line in lines if isinstance(line.product, Product)]
    products.look_up(each for product in good for each in (product.id, product.primary_product_id))
    rejections = []
    for number, raw, product, _ in lines:
        try:
            if isinstance(product, errors.RpcError):
                raise product
            if not product.id:
                raise errors.invalid_argument([errors.missing("id")])
            copy = Product()
            copy.CopyFrom(product)  # the step may have to be made again
            if fields is None:
                products.replace(copy)
            else:
                products.update(copy, fields, allow_missing=False)
        except errors.RpcError as error:
            rejections.append(rejected_line(error, uri, number, raw))
    return rejections
