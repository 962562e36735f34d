"""Accepting purges, rejoins and exports: what is wrong is said before they start, what they work on is fixed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from generated.google.cloud.retail.v2.purge_config_pb2 import PurgeUserEventsRequest
from generated.google.cloud.retail.v2.user_event_service_pb2 import RejoinUserEventsRequest
from generated.google.cloud.retail.v2beta.export_config_pb2 import ExportUserEventsRequest
from service.events import errors, filters
from service.operations.kinds import EXPORT_USER_EVENTS, PURGE_USER_EVENTS, REJOIN_USER_EVENTS
from service.operations.launcher import Launcher
from service.operations.object_requests import plan_destination
from service.sources.objects import ObjectStore
from service.storage.base import Store, Transaction
from service.storage.readers import read
from service.storage.records import OperationRow
from service.storage.writer import Writer

_KIND = "user_events"


class MaintenanceRequests:
    """Turns requests into durable operations.

    Args:
        store: Where the last arrival is read from.
        writer: The way to the database.
        launcher: Starts the operations.
        object_store: Gives the place of gs:// objects.
        now_us: The clock, microseconds since the Unix epoch.
    """

    def __init__(
        self,
        *,
        store: Store,
        writer: Writer,
        launcher: Launcher,
        object_store: Callable[[], ObjectStore],
        now_us: Callable[[], int],
    ) -> None:
        self._store = store
        self._writer = writer
        self._launcher = launcher
        self._object_store = object_store
        self._now_us = now_us

    async def purge(self, catalog: str, request: PurgeUserEventsRequest) -> OperationRow:
        """Starts a purge of the events that arrived until now.

        Raises:
            RpcError: INVALID_ARGUMENT for a filter that is not in the language.
        """
        filters.parse(request.filter, filters.PURGE)
        plan = {"filter": request.filter, "force": request.force, "max_id": await self._last_arrival()}
        return await self._launcher.start(PURGE_USER_EVENTS, catalog, request, plan)

    async def rejoin(self, catalog: str, request: RejoinUserEventsRequest) -> OperationRow:
        """Starts a rejoin at the revision that the catalog has now.

        Raises:
            RpcError: INVALID_ARGUMENT when the two spellings of the scope contradict each other.
        """
        scope, other = request.user_event_rejoin_scope, request.rejoin_type
        if scope and other and scope != other:
            rule = "must not say otherwise than `user_event_rejoin_scope`, of which it is another spelling; set one."
            raise errors.invalid_argument([errors.violation("rejoin_type", rule, "INVALID_VALUE")])
        ids = await self._writer.catalog(catalog)
        max_id = await self._last_arrival()  # before the revision: so each of these events is no younger than that
        plan = {"scope": scope or other, "now_us": self._now_us(), "max_id": max_id}

        def fix(transaction: Transaction) -> dict[str, int]:  # so that no version of that revision is forgotten before
            return {"revision": transaction.revision(ids.branch_id)}

        return await self._launcher.start(REJOIN_USER_EVENTS, catalog, request, plan, fix=fix)

    async def export(self, catalog: str, request: ExportUserEventsRequest) -> OperationRow:
        """Starts an export of the events that arrived until now.

        Raises:
            RpcError: INVALID_ARGUMENT for a filter or destination that is wrong; NOT_FOUND for a missing bucket;
                UNIMPLEMENTED for BigQuery.
        """
        if request.filter:
            filters.parse(request.filter, filters.EXPORT)
        plan: dict[str, Any] = {
            "filter": request.filter,
            **await plan_destination(request.output_config, self._object_store),
            "include_product_details": request.output_config.gcs_destination.include_product_details,
            "max_id": await self._last_arrival(),
        }
        return await self._launcher.start(EXPORT_USER_EVENTS, catalog, request, plan)

    async def _last_arrival(self) -> int:
        return await read(self._store.last_arrival, _KIND)
