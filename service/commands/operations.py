"""The verb `operations` and its own verbs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from google.longrunning import operations_proto_pb2
from google.longrunning.operations_proto_pb2 import Operation
from typer.core import TyperGroup

from service.commands import listing, options, progress
from service.commands.connection import CALL_TIMEOUT_S, connected
from service.commands.following import follow
from service.commands.kinds import metadata_of
from service.commands.listing import Listing, fixed, flexible
from service.commands.outcome import describe, outcome, state
from service.commands.texts import moment

Name = Annotated[
    str, typer.Argument(metavar="NAME", show_default=False, help="The operation: its name, or its id in the catalog.")
]


class _Verbs(TyperGroup):
    """`operations` alone, or with options only, is `operations list`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Puts `list` before the options of a list."""
        if not args or (args[0].startswith("-") and args[0] != "--help"):
            args.insert(0, "list")
        return super().parse_args(ctx, args)


cli = options.verb(_Verbs)


@cli.callback()
def operations() -> None:
    """Look at long-running operations and steer them.

    Without a verb of its own, `operations` lists them.
    """


@cli.command("list")
def list_operations(
    *,
    server: options.Server = options.DEFAULT_SERVER,
    catalog: options.Catalog = options.DEFAULT_CATALOG,
    parent: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Below this project, location, catalog or tenant. Unset: the catalog's project."
        ),
    ] = None,
    filter_: Annotated[
        str,
        typer.Option(
            "--filter", metavar="TEXT", show_default=False, help="Such as done=false, or ImportMetadata for imports."
        ),
    ] = "",
    limit: options.Limit = options.DEFAULT_LIMIT,
    as_json: options.Json = None,
) -> None:
    """List operations, newest first."""
    above = "/".join(catalog.split("/")[:2]) if parent is None else parent
    request = operations_proto_pb2.ListOperationsRequest(name=above, filter=filter_)

    def row(operation: Operation) -> Sequence[str]:
        counts = outcome(operation)
        name = operation.name.removeprefix(f"{catalog}/operations/")  # what is left still names it to the other verbs
        created = _moments(operation)[0]
        return created, state(operation), f"{counts.good:,}", f"{counts.rejected:,}", name

    columns = (
        fixed("CREATED (UTC)", 19),
        fixed("STATE", 9),
        fixed("GOOD", 9, right=True),
        fixed("REJECTED", 9, right=True),
        flexible("OPERATION"),
    )
    with connected(server) as connection:
        shown = Listing("operation", "operations", columns, row, whole=True)
        listing.show(shown, connection.operations.ListOperations, request, limit=limit, as_json=as_json)


@cli.command()
def show(
    name: Name,
    server: options.Server = options.DEFAULT_SERVER,
    catalog: options.Catalog = options.DEFAULT_CATALOG,
    as_json: options.Json = None,
) -> None:
    """Show one operation.

    Its state, its counts and the first rejected events; JSON has all that is known of it.
    """
    with connected(server) as connection:
        request = operations_proto_pb2.GetOperationRequest(name=_full(name, catalog))
        operation = connection.operations.GetOperation(request, timeout=CALL_TIMEOUT_S)
    if as_json or (as_json is None and not sys.stdout.isatty()):
        print(listing.to_json(operation))
    else:
        print(operation.name)
        created, updated = _moments(operation)
        print(f"{state(operation)}, created {created}, updated {updated} (UTC)")
        print(*describe(operation, "events"), sep="\n")


@cli.command()
def wait(
    name: Name, server: options.Server = options.DEFAULT_SERVER, catalog: options.Catalog = options.DEFAULT_CATALOG
) -> None:
    """Wait for the end of an operation.

    Exit code 1 when it failed, was cancelled, or rejected an event.
    """
    request = operations_proto_pb2.GetOperationRequest(name=_full(name, catalog))
    with connected(server) as connection, progress.stages() as stages:
        operation = connection.operations.GetOperation(request, timeout=CALL_TIMEOUT_S)
        operation = follow(connection, operation, name, None, stages)
    print(*describe(operation, name), sep="\n")
    if not outcome(operation).flawless:
        raise typer.Exit(1)


@cli.command()
def cancel(
    name: Name, server: options.Server = options.DEFAULT_SERVER, catalog: options.Catalog = options.DEFAULT_CATALOG
) -> None:
    """Ask an operation to stop.

    What it stored until then stays.
    """
    full = _full(name, catalog)
    with connected(server) as connection:
        request = operations_proto_pb2.CancelOperationRequest(name=full)
        connection.operations.CancelOperation(request, timeout=CALL_TIMEOUT_S)
        operation = connection.operations.GetOperation(
            operations_proto_pb2.GetOperationRequest(name=full), timeout=CALL_TIMEOUT_S
        )
    ended = "cancelled" if state(operation) == "cancelled" else f"it had ended before, {state(operation)}"
    print(f"{name}: {ended if operation.done else 'asked to stop'}")


@cli.command()
def delete(
    name: Name, server: options.Server = options.DEFAULT_SERVER, catalog: options.Catalog = options.DEFAULT_CATALOG
) -> None:
    """Forget an operation that has ended.

    The events that it stored stay.
    """
    with connected(server) as connection:
        request = operations_proto_pb2.DeleteOperationRequest(name=_full(name, catalog))
        connection.operations.DeleteOperation(request, timeout=CALL_TIMEOUT_S)
    print(f"{name}: deleted")


def _moments(operation: Operation) -> tuple[str, str]:
    """Returns when an operation was created and updated; empty for an unknown kind."""
    metadata = metadata_of(operation)
    return (moment(metadata.create_time), moment(metadata.update_time)) if metadata else ("", "")


def _full(name: str, catalog: str) -> str:
    """Returns the full name of an operation that may be named by its id."""
    return name if "/" in name else f"{catalog}/operations/{name}"
