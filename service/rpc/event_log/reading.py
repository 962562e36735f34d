"""Lists, counts and single events and rejections, read back."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from google.type.date_pb2 import Date

from generated.footfall.v1 import event_log_pb2
from generated.footfall.v1 import event_log_service_pb2 as pb
from generated.google.cloud.talent.v4.event_pb2 import JobEvent
from service.events import errors, filters, masks, names
from service.events.policy import Policy
from service.operations.scans import selection_of
from service.rpc import paging
from service.rpc.context import CallContext
from service.rpc.event_log import messages
from service.storage.base import Store
from service.storage.readers import read
from service.storage.records import Counted, Page, Selection

_EPOCH = datetime.date(1970, 1, 1)


class Reading:
    """The part of EventLogService that reads.

    Args:
        policy: The catalogs and tenants that are served.
        store: What is read.
    """

    def __init__(self, *, policy: Policy, store: Store) -> None:
        self._policy = policy
        self._store = store

    async def ListUserEvents(  # noqa: N802  the RPC's name
        self, request: pb.ListUserEventsRequest, _context: CallContext
    ) -> pb.ListUserEventsResponse:
        """Events of a catalog by time; total_size is exact at this moment.

        Raises:
            RpcError: INVALID_ARGUMENT for a malformed parent, filter, order, mask, page size or token; NOT_FOUND.
        """
        catalog = self._policy.catalog(request.parent)
        selection = selection_of(filters.parse(request.filter, filters.LIST))
        keep = masks.reader(request.read_mask, event_log_pb2.StoredUserEvent)
        page, query = await self._page("user_events", catalog, selection, request, "event_time")
        shown = await read(messages.user_events, self._store, catalog, page.items)
        fitting = paging.that_fit([keep(event) for event in shown])
        token = _next_token(query, page, len(fitting))
        return pb.ListUserEventsResponse(user_events=fitting, next_page_token=token, total_size=page.total)

    async def GetUserEvent(  # noqa: N802  the RPC's name
        self, request: pb.GetUserEventRequest, _context: CallContext
    ) -> event_log_pb2.StoredUserEvent:
        """One event by its name.

        Raises:
            RpcError: INVALID_ARGUMENT for a malformed name, NOT_FOUND.
        """
        catalog, number = names.parse_user_event(request.name)
        self._policy.catalog(catalog)
        event = await read(self._store.get_event, "user_events", catalog, names.number(number))
        if event is None:
            raise _not_found("footfall/UserEvent", request.name)
        [shown] = await read(messages.user_events, self._store, catalog, [event])
        return shown

    async def CountUserEvents(  # noqa: N802  the RPC's name
        self, request: pb.CountUserEventsRequest, _context: CallContext
    ) -> pb.CountUserEventsResponse:
        """How many events there are at this moment, in groups where asked for.

        Raises:
            RpcError: INVALID_ARGUMENT for a malformed parent or filter; NOT_FOUND.
        """
        catalog = self._policy.catalog(request.parent)
        selection = selection_of(filters.parse(request.filter, filters.LIST))
        groups = _groups(pb.CountUserEventsRequest, request.group_by)
        counted = await read(self._store.count_events, "user_events", catalog, selection, groups)
        return pb.CountUserEventsResponse(
            total_count=sum(group.events for group in counted),
            counts=[_count(group, str(group.event_type or "")) for group in counted] if groups else (),
        )

    async def ListClientEvents(  # noqa: N802  the RPC's name
        self, request: pb.ListClientEventsRequest, _context: CallContext
    ) -> pb.ListClientEventsResponse:
        """Events of a tenant by time; total_size is exact at this moment.

        Raises:
            RpcError: INVALID_ARGUMENT for a malformed parent, filter, order, mask, page size or token; NOT_FOUND.
        """
        tenant = self._policy.tenant(request.parent)
        selection = selection_of(filters.parse(request.filter, filters.CLIENT_EVENT_LIST))
        keep = masks.reader(request.read_mask, event_log_pb2.StoredClientEvent)
        page, query = await self._page("client_events", tenant, selection, request, "create_time")
        fitting = paging.that_fit([keep(messages.client_event(event)) for event in page.items])
        token = _next_token(query, page, len(fitting))
        return pb.ListClientEventsResponse(client_events=fitting, next_page_token=token, total_size=page.total)

    async def GetClientEvent(  # noqa: N802  the RPC's name
        self, request: pb.GetClientEventRequest, _context: CallContext
    ) -> event_log_pb2.StoredClientEvent:
        """One event by its name.

        Raises:
            RpcError: INVALID_ARGUMENT for a malformed name, NOT_FOUND.
        """
        tenant, number = names.parse_client_event(request.name)
        self._policy.tenant(tenant)
        event = await read(self._store.get_event, "client_events", tenant, names.number(number))
        if event is None:
            raise _not_found("footfall/ClientEvent", request.name)
        return messages.client_event(event)

    async def CountClientEvents(  # noqa: N802  the RPC's name
        self, request: pb.CountClientEventsRequest, _context: CallContext
    ) -> pb.CountClientEventsResponse:
        """How many events there are at this moment, in groups where asked for.

        Raises:
            RpcError: INVALID_ARGUMENT for a malformed parent or filter; NOT_FOUND.
        """
        tenant = self._policy.tenant(request.parent)
        selection = selection_of(filters.parse(request.filter, filters.CLIENT_EVENT_LIST))
        groups = _groups(pb.CountClientEventsRequest, request.group_by)
        counted = await read(self._store.count_events, "client_events", tenant, selection, groups)
        return pb.CountClientEventsResponse(
            total_count=sum(group.events for group in counted),
            counts=[_count(group, _job_event_type(group)) for group in counted] if groups else (),
        )

    async def ListRejectedEvents(  # noqa: N802  the RPC's name
        self, request: pb.ListRejectedEventsRequest, _context: CallContext
    ) -> pb.ListRejectedEventsResponse:
        """Rejections of a catalog or tenant, newest first; total_size is exact at this moment.

        Raises:
            RpcError: INVALID_ARGUMENT for a malformed parent, page size or page token; NOT_FOUND.
        """
        parent = self._policy.parent(request.parent)
        size = paging.page_size(request.page_size)
        query = ("rejected_events", parent)
        key = paging.decode_token(query, request.page_token)
        page = await read(self._store.list_rejections, parent, key[0] if key else None, size)
        shown = paging.that_fit([messages.rejected_event(parent, rejection) for rejection in page.items])
        response = pb.ListRejectedEventsResponse(rejected_events=shown, total_size=page.total)
        if page.more or len(shown) < len(page.items):
            response.next_page_token = paging.encode_token(query, [page.items[len(shown) - 1].id])
        return response

    async def _page(
        self,
        kind: str,
        parent: str,
        selection: Selection,
        request: pb.ListUserEventsRequest | pb.ListClientEventsRequest,
        time: str,
    ) -> tuple[Page, tuple[str, ...]]:
        """The page that a list request asks for, and the query that its token is good for."""
        descending = paging.is_descending(request.order_by, time)
        size = paging.page_size(request.page_size)
        query = (kind, parent, request.filter, str(descending))
        key = paging.decode_token(query, request.page_token)
        page = await read(
            lambda: self._store.list_events(kind, parent, selection, paging.event_key(key), size, descending=descending)
        )
        return page, query


def _next_token(query: tuple[str, ...], page: Page, shown: int) -> str:
    if not page.more and shown == len(page.items):
        return ""
    last = page.items[shown - 1]
    tie = last.fingerprint if query[0] == "user_events" else last.id
    return paging.encode_token(query, [last.event_time_us, tie.hex() if isinstance(tie, bytes) else tie])


def _not_found(resource_type: str, name: str) -> errors.RpcError:
    return errors.not_found(
        f"'{name}' does not exist.", resource_type=resource_type, resource_name=name, reason="EVENT_NOT_FOUND"
    )


def _groups(request_type: Any, group_by: Sequence[int]) -> frozenset[str]:
    known = request_type.GroupBy.values()[1:]
    for index, group in enumerate(group_by):
        if group not in known or group in group_by[:index]:
            rule = f"must be one of {', '.join(request_type.GroupBy.keys()[1:])}, each at most once, but is {group}."
            raise errors.invalid_argument([errors.violation(f"group_by[{index}]", rule)])
    return frozenset(request_type.GroupBy.Name(group).removeprefix("GROUP_BY_").lower() for group in group_by)


def _count(group: Counted, event_type: str) -> pb.EventCount:
    shown = pb.EventCount(event_type=event_type, count=group.events)
    if group.joined is not None:
        shown.joined = group.joined
    if group.day is not None:
        day = _EPOCH + datetime.timedelta(days=group.day)
        shown.day.CopyFrom(Date(year=day.year, month=day.month, day=day.day))
    return shown


def _job_event_type(group: Counted) -> str:
    return "" if group.event_type is None else JobEvent.JobEventType.Name(int(group.event_type))
