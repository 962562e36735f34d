"""The verb `list`: stored events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from generated.footfall.v1 import event_log_service_pb2
from generated.footfall.v1.event_log_pb2 import StoredClientEvent, StoredUserEvent
from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from generated.google.cloud.talent.v4.event_pb2 import JobEvent
from service.commands import listing, options
from service.commands.connection import connected
from service.commands.listing import Listing, fixed, flexible
from service.commands.texts import moment

cli = options.verb()


@cli.command()
def list_events(
    *,
    server: options.Server = options.DEFAULT_SERVER,
    catalog: options.Catalog = options.DEFAULT_CATALOG,
    tenant: options.Tenant = None,
    filter_: options.Filter = "",
    newest_first: Annotated[bool, typer.Option("--newest-first", help="Show the newest events first.")] = False,
    limit: options.Limit = options.DEFAULT_LIMIT,
    as_json: options.Json = None,
) -> None:
    """List stored events, oldest first.

    User events of a catalog, or client events of a tenant.
    How many there are in all is said on standard error.
    """
    with connected(server) as connection:
        if tenant is None:
            user_events = event_log_service_pb2.ListUserEventsRequest(
                parent=catalog, filter=filter_, order_by="event_time desc" if newest_first else ""
            )
            listing.show(USER_EVENTS, connection.event_log.ListUserEvents, user_events, limit=limit, as_json=as_json)
        else:
            client_events = event_log_service_pb2.ListClientEventsRequest(
                parent=tenant, filter=filter_, order_by="create_time desc" if newest_first else ""
            )
            listing.show(
                CLIENT_EVENTS, connection.event_log.ListClientEvents, client_events, limit=limit, as_json=as_json
            )


def _user_event_row(stored: StoredUserEvent) -> Sequence[str]:
    event = stored.user_event
    return moment(event.event_time), event.event_type, event.visitor_id, ", ".join(_about(event))


def _about(event: UserEvent) -> Iterator[str]:
    """What the event was about, in short."""
    if event.search_query:
        yield f'"{event.search_query}"'
    for detail in event.product_details:
        yield f"{detail.quantity.value} x {detail.product.id}" if detail.HasField("quantity") else detail.product.id
    if event.HasField("purchase_transaction"):
        yield f"{event.purchase_transaction.revenue:g} {event.purchase_transaction.currency_code}"
    yield from event.page_categories


def _client_event_row(stored: StoredClientEvent) -> Sequence[str]:
    event = stored.client_event
    kind = stored.original_type or JobEvent.JobEventType.Name(event.job_event.type)
    jobs = ", ".join(job.rpartition("/")[2] for job in event.job_event.jobs)
    return moment(event.create_time), kind, event.event_id, jobs


USER_EVENTS = Listing(
    "user event",
    "user_events",
    (fixed("TIME (UTC)", 19), fixed("TYPE", 23), flexible("VISITOR"), flexible("ABOUT", 2)),
    _user_event_row,
)
CLIENT_EVENTS = Listing(
    "client event",
    "client_events",
    (fixed("TIME (UTC)", 19), fixed("TYPE", 23), flexible("ID"), flexible("JOBS", 2)),
    _client_event_row,
)
