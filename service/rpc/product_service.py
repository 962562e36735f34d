"""google.cloud.retail.ProductService, in every version."""

from __future__ import annotations

from collections.abc import Callable

from google.longrunning.operations_proto_pb2 import Operation
from google.protobuf import empty_pb2
from google.protobuf.message import Message

from generated.google.cloud.retail.v2 import import_config_pb2, product_service_pb2, purge_config_pb2
from generated.google.cloud.retail.v2.product_pb2 import Product
from generated.google.cloud.retail.v2beta import export_config_pb2
from service.catalog.products import Branch, product_of
from service.events import errors, names, product_filters, product_mask, product_relations, versions
from service.events.policy import Policy
from service.operations.messages import to_operation
from service.operations.product_requests import ProductRequests
from service.rpc import paging
from service.rpc.context import CallContext
from service.storage.base import Store, Transaction
from service.storage.readers import read
from service.storage.records import ProductPage
from service.storage.writer import Writer

_VARIANT = int(Product.VARIANT)
# What a filter of ListProducts names: the product has to be of that type.
_NAMED = {"primary_product_id": Product.PRIMARY, "collection_product_id": Product.COLLECTION}


class ProductService:
    """Keeps the products of catalogs.

    Methods are given requests of any version of the API; their fields are the same.

    Args:
        policy: The catalogs that are served.
        store: Where products are read from.
        writer: The way to the database.
        requests: Accepts imports, purges and exports.
        now_us: The clock, microseconds since the Unix epoch.
    """

    def __init__(
        self,
        *,
        policy: Policy,
        store: Store,
        writer: Writer,
        requests: ProductRequests,
        now_us: Callable[[], int],
    ) -> None:
        self._policy = policy
        self._store = store
        self._writer = writer
        self._requests = requests
        self._now_us = now_us

    def _branch(self, name: str) -> str:
        catalog, branch = names.parse_branch(name)
        self._policy.catalog(catalog)
        return branch

    def _product(self, name: str) -> tuple[str, str]:
        catalog, branch, product_id = names.parse_product(name)
        self._policy.catalog(catalog)
        return branch, product_id

    async def _change(self, branch: str, change: Callable[[Branch], Product | None]) -> Product | None:
        branch_id = await self._writer.parent_id(branch)
        now_us = self._now_us()

        def call(transaction: Transaction) -> Product | None:
            products = Branch(transaction, branch, branch_id, now_us)
            result = change(products)
            products.flush()
            return result

        return await self._writer.run(call)

    async def CreateProduct(  # noqa: N802  the RPC's name
        self, request: product_service_pb2.CreateProductRequest, _context: CallContext
    ) -> Message:
        """Adds a product.

        Returns:
            It, in normal form.

        Raises:
            RpcError: INVALID_ARGUMENT with every violation, ALREADY_EXISTS, FAILED_PRECONDITION, NOT_FOUND for a
                catalog that is not served.
        """
        branch = self._branch(request.parent)
        if not request.HasField("product"):
            raise errors.invalid_argument([errors.missing("product")])
        if not request.product_id:
            raise errors.invalid_argument([errors.missing("product_id")])
        product = versions.convert(request.product, Product)
        product.id = request.product_id
        created = await self._change(branch, lambda products: products.create(product))
        assert created is not None
        return created

    async def GetProduct(  # noqa: N802  the RPC's name
        self, request: product_service_pb2.GetProductRequest, _context: CallContext
    ) -> Message:
        """One product, a primary one with its variants.

        Raises:
            RpcError: INVALID_ARGUMENT for a malformed name, NOT_FOUND.
        """
        branch, product_id = self._product(request.name)
        row = await read(self._store.get_product, branch, product_id)
        if row is None:
            raise product_relations.not_found(request.name)
        product = product_of(row)
        if product.type == Product.PRIMARY:
            variants = await read(
                lambda: self._store.list_products(
                    branch, after="", limit=product_relations.MAX_VARIANTS, type_=_VARIANT, primary=product_id
                )
            )
            product.variants.extend(product_of(variant) for variant in variants.items)
        return product

    async def ListProducts(  # noqa: N802  the RPC's name
        self, request: product_service_pb2.ListProductsRequest, _context: CallContext
    ) -> Message:
        """Products of a branch by id.

        Raises:
            RpcError: INVALID_ARGUMENT for a malformed parent, filter, mask, page size or token; NOT_FOUND for the
                product that the filter names.
        """
        branch = self._branch(request.parent)
        size = paging.page_size(request.page_size)
        fields = product_mask.read_fields(request.read_mask.paths)
        query = ("products", branch, request.filter, tuple(request.read_mask.paths))
        key = paging.decode_token(query, request.page_token)
        wanted = product_filters.parse_list(request.filter)
        count = bool(getattr(request, "require_total_size", False)) and not request.page_token
        page = await read(self._list, branch, wanted, key[0] if key else "", size, count)
        products = [product_mask.read(product_of(row), fields) for row in page.items]
        shown = paging.that_fit(products)
        response = product_service_pb2.ListProductsResponse(products=shown)
        if page.more or len(shown) < len(page.items):
            response.next_page_token = paging.encode_token(query, [page.items[len(shown) - 1].product_id])
        if not count:
            return response
        counted = versions.message_class(response.DESCRIPTOR.full_name, versions.request_version(request))
        return counted.FromString(response.SerializeToString() + counted(total_size=page.total).SerializeToString())

    def _list(
        self, branch: str, wanted: product_filters.ListFilter | None, after: str, size: int, count: bool
    ) -> ProductPage:
        field, value = (wanted.field, wanted.value) if wanted else ("", "")
        if field == "type":
            type_ = int(Product.Type.Value(value))
            return self._store.list_products(branch, after=after, limit=size, count=count, type_=type_)
        if not field:
            return self._store.list_products(branch, after=after, limit=size, count=count)
        named = self._store.get_product(branch, value)
        if named is None or named.type != _NAMED[field]:
            raise product_relations.not_found(names.product(branch, value))
        if field == "primary_product_id":
            return self._store.list_products(
                branch, after=after, limit=size, count=count, type_=_VARIANT, primary=value
            )
        members = product_of(named).collection_member_ids
        return self._store.list_products(branch, after=after, limit=size, count=count, ids=members)

    async def UpdateProduct(  # noqa: N802  the RPC's name
        self, request: product_service_pb2.UpdateProductRequest, _context: CallContext
    ) -> Message:
        """Sets fields of a product.

        Returns:
            It, in normal form.

        Raises:
            RpcError: INVALID_ARGUMENT for a wrong mask or value, NOT_FOUND unless allow_missing, FAILED_PRECONDITION.
        """
        if not request.HasField("product"):
            raise errors.invalid_argument([errors.missing("product")])
        product = versions.convert(request.product, Product)
        branch, product.id = self._product(product.name)
        fields = product_mask.update_fields(request.update_mask.paths)
        allow_missing = request.allow_missing
        updated = await self._change(
            branch, lambda products: products.update(product, fields, allow_missing=allow_missing)
        )
        assert updated is not None
        return updated

    async def DeleteProduct(  # noqa: N802  the RPC's name
        self, request: product_service_pb2.DeleteProductRequest, _context: CallContext
    ) -> empty_pb2.Empty:
        """Removes a product; events that joined it keep what it said then.

        Raises:
            RpcError: INVALID_ARGUMENT for a malformed name, a member of a collection, or a primary product with
                variants unless v2alpha's `force` is set; NOT_FOUND.
        """
        branch, product_id = self._product(request.name)
        force = getattr(request, "force", None)
        await self._change(branch, lambda products: products.delete(product_id, force=force))
        return empty_pb2.Empty()

    async def ImportProducts(  # noqa: N802  the RPC's name
        self, request: import_config_pb2.ImportProductsRequest, _context: CallContext
    ) -> Operation:
        """Accepts an import of products; it runs on and outlives a crash.

        Returns:
            The operation, durable; metadata ImportMetadata, response ImportProductsResponse.

        Raises:
            RpcError: INVALID_ARGUMENT when a piece of the request is wrong or an inline product is; NOT_FOUND for a
                catalog that is not served, or a bucket, object or table that does not exist; UNIMPLEMENTED for a
                notification; UNAVAILABLE.
        """
        return to_operation(await self._requests.import_products(self._branch(request.parent), request))

    async def PurgeProducts(  # noqa: N802  the RPC's name
        self, request: purge_config_pb2.PurgeProductsRequest, _context: CallContext
    ) -> Operation:
        """Accepts a purge of the products that there are now; without `force` it only counts them and names some.

        Returns:
            The operation, durable; metadata PurgeProductsMetadata, response PurgeProductsResponse.

        Raises:
            RpcError: INVALID_ARGUMENT for a filter that is not in the language; NOT_FOUND; UNAVAILABLE.
        """
        return to_operation(await self._requests.purge_products(self._branch(request.parent), request))

    async def ExportProducts(  # noqa: N802  the RPC's name
        self, request: export_config_pb2.ExportProductsRequest, _context: CallContext
    ) -> Operation:
        """Accepts an export of the products that there are now (v2beta and v2alpha).

        Returns:
            The operation, durable; metadata ExportMetadata, response ExportProductsResponse.

        Raises:
            RpcError: INVALID_ARGUMENT for a filter or destination that is wrong; NOT_FOUND; UNIMPLEMENTED for a
                BigQuery destination; UNAVAILABLE.
        """
        return to_operation(await self._requests.export_products(self._branch(request.parent), request))
