"""The verb `purge`: deletes stored user events, or shows which it would delete."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from generated.google.cloud.retail.v2.purge_config_pb2 import PurgeMetadata, PurgeUserEventsRequest
from generated.google.cloud.retail.v2.user_event_service_pb2_grpc import UserEventServiceStub
from service.commands import options
from service.commands.connection import CALL_TIMEOUT_S, Connection, connected
from service.commands.following import finish
from service.commands.kinds import metadata_of
from service.commands.texts import count, printable

_SAMPLES = 5

cli = options.verb()


@cli.command()
def purge(
    *,
    filter_: Annotated[
        str,
        typer.Option("--filter", metavar="TEXT", show_default=False, help="Which user events, such as 'userId=u1'."),
    ],
    force: Annotated[bool, typer.Option("--force", help="Delete them.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask before deleting.")] = False,
    server: options.Server = options.DEFAULT_SERVER,
    catalog: options.Catalog = options.DEFAULT_CATALOG,
) -> None:
    """Delete user events, or show which.

    Without --force, nothing is deleted: how many events the filter selects is shown, and the names of some. With it,
    that is shown first, and you are asked.
    """
    if force and not yes and not sys.stdin.isatty():
        print("footfall: there is no terminal to ask on; to delete without being asked, add --yes", file=sys.stderr)
        raise typer.Exit(2)
    with connected(server) as connection:
        found = _purge(connection, PurgeUserEventsRequest(parent=catalog, filter=filter_))
        matched = found.matched_events_count
        print(f"{count(matched, 'user event')} selected")
        samples = found.user_events_sample[: _SAMPLES if force else None]
        for name in samples:
            print(f"  {printable(name)}")
        if matched > len(samples):
            print(f"  and {matched - len(samples):,} more")
        sys.stdout.flush()
        if not force or not matched:
            return
        if not yes and not _agreed(f"Delete {count(matched, 'user event')} for good?"):
            print("footfall: nothing was deleted", file=sys.stderr)
            raise typer.Exit(1)
        purged = _purge(connection, PurgeUserEventsRequest(parent=catalog, filter=filter_, force=True))
    print(f"{count(purged.purged_events_count, 'user event')} deleted")


def _purge(connection: Connection, request: PurgeUserEventsRequest) -> PurgeMetadata:
    """Runs a purge to its end and returns what it says."""
    operation = UserEventServiceStub(connection.channel).PurgeUserEvents(request, timeout=CALL_TIMEOUT_S)
    metadata: PurgeMetadata = metadata_of(finish(connection, operation, "purge" if request.force else "selection"))
    return metadata


def _agreed(question: str) -> bool:
    # Not typer.confirm: it makes exit code 1 of Ctrl-C.
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
