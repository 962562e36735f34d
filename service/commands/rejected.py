"""The verb `rejected`: events that were refused, and why."""

from __future__ import annotations

from collections.abc import Sequence

from generated.footfall.v1.event_log_pb2 import RejectedEvent
from generated.footfall.v1.event_log_service_pb2 import ListRejectedEventsRequest
from service.commands import listing, options
from service.commands.connection import connected
from service.commands.listing import Listing, fixed, flexible
from service.commands.texts import moment, source, violations

cli = options.verb()


@cli.command()
def rejected(
    server: options.Server = options.DEFAULT_SERVER,
    catalog: options.Catalog = options.DEFAULT_CATALOG,
    tenant: options.Tenant = None,
    limit: options.Limit = options.DEFAULT_LIMIT,
    as_json: options.Json = None,
) -> None:
    """List rejected events, newest first.

    JSON lines hold all that is known of a rejection, also what was sent. How many there are in all is said on standard
    error.
    """
    with connected(server) as connection:
        request = ListRejectedEventsRequest(parent=catalog if tenant is None else tenant)
        listing.show(_REJECTIONS, connection.event_log.ListRejectedEvents, request, limit=limit, as_json=as_json)


def _row(rejection: RejectedEvent) -> Sequence[str]:
    where = f"{rejection.uri}:{rejection.line_number}" if rejection.uri else source(rejection.source)
    fields = dict.fromkeys(item.field for item in violations(rejection.status))
    return moment(rejection.receive_time), where, ", ".join(fields), rejection.status.message


_REJECTIONS = Listing(
    "rejected event",
    "rejected_events",
    (fixed("TIME (UTC)", 19), flexible("WHERE", 2), flexible("FIELDS", 2), flexible("MESSAGE", 3)),
    _row,
)
