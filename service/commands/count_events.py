"""The verb `count`: how many events there are."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer

from generated.footfall.v1.event_log_service_pb2 import (
    CountClientEventsRequest,
    CountUserEventsRequest,
    EventCount,
)
from service.commands import listing, options
from service.commands.connection import CALL_TIMEOUT_S, connected
from service.commands.listing import Listing, fixed
from service.commands.texts import count

cli = options.verb()


class By(StrEnum):
    """What to count by."""

    TYPE = "type"
    DAY = "day"
    JOINED = "joined"


_USER_GROUPS = {
    By.TYPE: CountUserEventsRequest.GROUP_BY_EVENT_TYPE,
    By.DAY: CountUserEventsRequest.GROUP_BY_DAY,
    By.JOINED: CountUserEventsRequest.GROUP_BY_JOINED,
}
_CLIENT_GROUPS = {
    By.TYPE: CountClientEventsRequest.GROUP_BY_EVENT_TYPE,
    By.DAY: CountClientEventsRequest.GROUP_BY_DAY,
}
_FIELDS = {By.TYPE: "eventType", By.DAY: "day", By.JOINED: "joined"}
_COLUMNS = {By.TYPE: fixed("TYPE", 23), By.DAY: fixed("DAY (UTC)", 10), By.JOINED: fixed("JOINED", 6)}


@cli.command("count")
def count_events(
    *,
    server: options.Server = options.DEFAULT_SERVER,
    catalog: options.Catalog = options.DEFAULT_CATALOG,
    tenant: options.Tenant = None,
    filter_: options.Filter = "",
    by: Annotated[
        list[By] | None, typer.Option(show_default=False, help="Count by this; may be given several times.")
    ] = None,
    as_json: options.Json = None,
) -> None:
    """Count stored events.

    User events of a catalog, or client events of a tenant.
    """
    groups = list(dict.fromkeys(by or ()))
    request: Any
    if tenant is None:
        request = CountUserEventsRequest(
            parent=catalog, filter=filter_, group_by=[_USER_GROUPS[each] for each in groups]
        )
    elif By.JOINED in groups:
        raise typer.BadParameter("client events are never joined; allowed with --tenant: type, day", param_hint="--by")
    else:
        request = CountClientEventsRequest(
            parent=tenant, filter=filter_, group_by=[_CLIENT_GROUPS[each] for each in groups]
        )
    with connected(server) as connection:
        log = connection.event_log
        method: Any = log.CountUserEvents if tenant is None else log.CountClientEvents
        reply = method(request, timeout=CALL_TIMEOUT_S)
    _show(reply, groups, "user event" if tenant is None else "client event", as_json=as_json)


def _show(reply: Any, groups: list[By], noun: str, *, as_json: bool | None) -> None:
    """Prints the counts; the total is on standard error if it is not what was asked for."""
    if as_json is None:
        as_json = not sys.stdout.isatty()
    total = count(reply.total_count, noun)
    if not groups:
        print(json.dumps({"count": reply.total_count}) if as_json else total)
        return
    if as_json:
        for each in reply.counts:
            print(json.dumps({**{_FIELDS[by]: _value(each, by) for by in groups}, "count": each.count}))
    elif reply.counts:

        def row(each: EventCount) -> Sequence[str]:
            return *(str(_value(each, by)).lower() if by is By.JOINED else str(_value(each, by)) for by in groups), (
                f"{each.count:,}"
            )

        columns = (*(_COLUMNS[by] for by in groups), fixed("COUNT", 13, right=True))
        listing.print_table(Listing(noun, "counts", columns, row), reply.counts)
    print(total, file=sys.stderr)


def _value(each: EventCount, by: By) -> str | bool:
    match by:
        case By.TYPE:
            return each.event_type
        case By.DAY:
            return f"{each.day.year:04}-{each.day.month:02}-{each.day.day:02}"
        case By.JOINED:
            return each.joined
