"""The verb `signals`: hiring signals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from generated.footfall.v1.signal_pb2 import Signal, StoredSignal
from generated.footfall.v1.signal_service_pb2 import ListSignalsRequest
from generated.footfall.v1.signal_service_pb2_grpc import SignalServiceStub
from service.commands import listing, options
from service.commands.connection import connected
from service.commands.listing import Listing, fixed, flexible
from service.commands.texts import moment

_DEFAULT_TENANT = "projects/default/tenants/default"

cli = options.verb()


@cli.command()
def signals(
    *,
    server: options.Server = options.DEFAULT_SERVER,
    tenant: Annotated[
        str, typer.Option("--tenant", metavar="NAME", help="Of this tenant, projects/P/tenants/T.")
    ] = _DEFAULT_TENANT,
    filter_: Annotated[
        str,
        typer.Option("--filter", metavar="TEXT", show_default=False, help="Which signals, such as requestId=r."),
    ] = "",
    newest_first: Annotated[bool, typer.Option("--newest-first", help="Show the newest signals first.")] = False,
    limit: options.Limit = options.DEFAULT_LIMIT,
    as_json: options.Json = None,
) -> None:
    """List hiring signals, oldest first.

    How many there are in all is said on standard error.
    """
    with connected(server) as connection:
        request = ListSignalsRequest(parent=tenant, filter=filter_, order_by="signal_time desc" if newest_first else "")
        stub = SignalServiceStub(connection.channel)
        listing.show(_SIGNALS, stub.ListSignals, request, limit=limit, as_json=as_json)


def _row(stored: StoredSignal) -> Sequence[str]:
    signal = stored.signal
    names = (signal.token, signal.candidate_application_profile_id, *signal.position_profile_ids)
    return moment(stored.signal_time), signal.type_code, ", ".join(filter(None, names)), _state(signal)


def _state(signal: Signal) -> str:
    """The current state in short, such as `HIRED / Successful (11 of 14), success`."""
    if not signal.HasField("current"):
        return ""
    current = signal.current
    phase = f"{current.phase.label} / " if current.HasField("phase") else ""
    outcome = (", success" if current.success else ", no success") if current.HasField("success") else ""
    return f"{phase}{current.status.label} ({current.status.index} of {current.status.total}){outcome}"


_SIGNALS = Listing(
    "signal",
    "signals",
    (fixed("TIME (UTC)", 19), fixed("TYPE", 23), flexible("ABOUT", 2), flexible("STATE", 2)),
    _row,
)
