"""The verb `rejoin`: holds stored user events against the products that the catalog has now."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

import typer

from generated.google.cloud.retail.v2.user_event_service_pb2 import RejoinUserEventsRequest
from generated.google.cloud.retail.v2.user_event_service_pb2_grpc import UserEventServiceStub
from service.commands import options
from service.commands.connection import CALL_TIMEOUT_S, connected
from service.commands.following import finish
from service.commands.kinds import sentence

cli = options.verb()


class Scope(StrEnum):
    """Which user events are looked at."""

    UNJOINED = "unjoined"
    JOINED = "joined"
    ALL = "all"


_SCOPES: Final = {
    Scope.UNJOINED: RejoinUserEventsRequest.UNJOINED_EVENTS,
    Scope.JOINED: RejoinUserEventsRequest.JOINED_EVENTS,
    Scope.ALL: RejoinUserEventsRequest.USER_EVENT_REJOIN_SCOPE_UNSPECIFIED,
}


@cli.command()
def rejoin(
    scope: Annotated[Scope, typer.Option(help="Which user events are looked at.")] = Scope.ALL,
    server: options.Server = options.DEFAULT_SERVER,
    catalog: options.Catalog = options.DEFAULT_CATALOG,
) -> None:
    """Join user events with the products of now.

    An event is joined when the catalog has every product that it names.
    """
    with connected(server) as connection:
        request = RejoinUserEventsRequest(parent=catalog, user_event_rejoin_scope=_SCOPES[scope])
        operation = UserEventServiceStub(connection.channel).RejoinUserEvents(request, timeout=CALL_TIMEOUT_S)
        operation = finish(connection, operation, "rejoin")
    print(sentence(operation))
