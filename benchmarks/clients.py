"""The calls of operations that benchmarks make over a channel: begin, wait until it has ended, cancel."""

from __future__ import annotations

import time
from typing import Any, Self

import grpc
from google.longrunning import operations_pb2_grpc, operations_proto_pb2

from benchmarks.messages import CATALOG, PRODUCTS
from generated.google.cloud.retail.v2 import (
    import_config_pb2,
    product_service_pb2_grpc,
    purge_config_pb2,
    user_event_service_pb2,
    user_event_service_pb2_grpc,
)
from generated.google.cloud.retail.v2beta import export_config_pb2
from generated.google.cloud.retail.v2beta import user_event_service_pb2_grpc as beta

_CALL_S = 60
_POLL_S = 0.02


class Operations:
    """A channel to a server."""

    def __init__(self, address: str) -> None:
        self._channel = grpc.insecure_channel(address)
        self._events = user_event_service_pb2_grpc.UserEventServiceStub(self._channel)
        self._beta = beta.UserEventServiceStub(self._channel)
        self._products = product_service_pb2_grpc.ProductServiceStub(self._channel)
        self._operations = operations_pb2_grpc.OperationsStub(self._channel)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()

    def begin_import(self, catalog: str, uri: str) -> str:
        """Begins to import files; returns the operation's name, as all of these do."""
        request = import_config_pb2.ImportUserEventsRequest(parent=catalog)
        request.input_config.gcs_source.input_uris.append(uri)
        return self._events.ImportUserEvents(request, timeout=_CALL_S).name

    def begin_purge(self, catalog: str, filter_: str) -> str:
        """Begins to delete what a filter selects."""
        request = purge_config_pb2.PurgeUserEventsRequest(parent=catalog, filter=filter_, force=True)
        return self._events.PurgeUserEvents(request, timeout=_CALL_S).name

    def begin_rejoin(self, catalog: str) -> str:
        """Begins to hold all events against the products of now."""
        request = user_event_service_pb2.RejoinUserEventsRequest(parent=catalog)
        return self._events.RejoinUserEvents(request, timeout=_CALL_S).name

    def begin_export(self, catalog: str, uri: str, *, parquet: bool) -> str:
        """Begins to write all events to files."""
        request = export_config_pb2.ExportUserEventsRequest(parent=catalog, filter="*")
        request.output_config.gcs_destination.output_uri_prefix = uri
        if parquet:
            request.output_config.gcs_destination.format = export_config_pb2.OutputConfig.GcsDestination.PARQUET
        return self._beta.ExportUserEvents(request, timeout=_CALL_S).name

    def import_products(self, title: str) -> None:
        """Gives the catalog the products that events name, under titles that begin with `title`."""
        request = import_config_pb2.ImportProductsRequest(parent=f"{CATALOG}/branches/0")
        for number in range(PRODUCTS):
            source = request.input_config.product_inline_source.products
            source.add(id=f"product-{number}", title=f"{title} {number}").categories.append("Electronics > Laptops")
        self.ended(self._products.ImportProducts(request, timeout=_CALL_S).name)

    def get(self, name: str) -> Any:
        """The operation as it is now."""
        return self._operations.GetOperation(operations_proto_pb2.GetOperationRequest(name=name), timeout=_CALL_S)

    def ended(self, name: str) -> Any:
        """The operation once it has succeeded."""
        while not (found := self.get(name)).done:
            time.sleep(_POLL_S)
        if found.WhichOneof("result") != "response":
            raise RuntimeError(f"{name} failed: {found.error}")
        return found

    def cancel(self, name: str) -> None:
        """Cancels the operation; returns once it has ended."""
        self._operations.CancelOperation(operations_proto_pb2.CancelOperationRequest(name=name), timeout=_CALL_S)
        while not self.get(name).done:
            time.sleep(_POLL_S)
