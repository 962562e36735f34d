"""The verb `tail`: events as they come in."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import Any, Final

import grpc

from generated.footfall.v1.event_log_service_pb2 import WatchEventsRequest, WatchEventsResponse
from service.commands import listing, options
from service.commands.connection import Connection, connected
from service.commands.list_events import CLIENT_EVENTS, USER_EVENTS

_RETRY_S: Final = 0.5

cli = options.verb()


@cli.command()
def tail(
    server: options.Server = options.DEFAULT_SERVER,
    catalog: options.Catalog = options.DEFAULT_CATALOG,
    tenant: options.Tenant = None,
    filter_: options.Filter = "",
    as_json: options.Json = None,
) -> None:
    """Show events as they come in, until Ctrl-C.

    User events of a catalog, or client events of a tenant. When the server goes away, it is waited for; no event is
    left out or shown twice.
    """
    if as_json is None:
        as_json = not sys.stdout.isatty()
    parent = catalog if tenant is None else tenant
    with_titles = True
    with connected(server) as connection:
        for message in _watch(connection, WatchEventsRequest(parent=parent, filter=filter_), server):
            kind = message.WhichOneof("event")
            event = getattr(message, str(kind))
            if as_json:
                print(listing.to_json(event), flush=True)
            else:
                shown = USER_EVENTS if kind == "user_event" else CLIENT_EVENTS
                listing.print_table(shown, [event], with_titles=with_titles)
                with_titles = False


def _watch(connection: Connection, request: WatchEventsRequest, server: str) -> Iterator[WatchEventsResponse]:
    """Yields messages with events, over as many streams as it takes.

    Raises:
        grpc.RpcError: The first stream can't begin, or a later one ended for another reason than a server that is gone.
    """
    gone = False
    while True:
        try:
            for message in connection.event_log.WatchEvents(request):
                if not request.resume_token:
                    _say(f"showing what comes in at {server}; Ctrl-C ends it")
                elif gone:
                    _say(f"the server at {server} is back; going on where it stopped")
                gone = False
                request.resume_token = message.resume_token
                if message.WhichOneof("event"):
                    yield message
        except grpc.RpcError as error:
            call: Any = error
            if not request.resume_token or call.code() is not grpc.StatusCode.UNAVAILABLE:
                raise
        if not gone:
            gone = True
            _say(f"the server at {server} is gone; waiting for it")
        time.sleep(_RETRY_S)


def _say(line: str) -> None:
    print(f"footfall: {line}", file=sys.stderr, flush=True)
