"""The verb `import`: files of user events, or of client events."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from generated.footfall.v1.event_log_service_pb2 import UploadClientEventsRequest, UploadUserEventsRequest
from service.commands import options, progress
from service.commands.connection import Connection, connected
from service.commands.following import follow
from service.commands.outcome import Outcome, describe, outcome
from service.commands.texts import count
from service.commands.upload import FirstMessage, existing, label, upload

cli = options.verb()


@cli.command()
def import_files(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE", callback=existing, help="Files of JSON lines, maybe gzip; - is standard input."),
    ],
    *,
    server: options.Server = options.DEFAULT_SERVER,
    catalog: options.Catalog = options.DEFAULT_CATALOG,
    tenant: options.Tenant = None,
    schema: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            show_default="user_event, or client_event with --tenant",
            help="The form of the lines: user_event, user_event_ga4 or user_event_ga360; with --tenant client_event, "
            "client_event_v3 or client_event_legacy.",
        ),
    ] = "",
    errors_prefix: Annotated[
        str,
        typer.Option(
            metavar="gs://BUCKET/PATH",
            show_default=False,
            help="Write the rejected lines to files under this prefix, too.",
        ),
    ] = "",
) -> None:
    """Import files of user events, or of client events.

    A file holds one JSON event a line and may be compressed with gzip. Each is uploaded and becomes an operation of its
    own, which goes on in the server even if this command is ended.

    Exit code 1 when an event was rejected.
    """
    total = Outcome()
    with connected(server) as connection:
        for file in files:
            try:
                first: FirstMessage = UploadUserEventsRequest(
                    parent=catalog, data_schema=schema, gcs_errors_prefix=errors_prefix
                )
                if tenant is not None:
                    first = UploadClientEventsRequest(
                        parent=tenant, data_schema=schema, gcs_errors_prefix=errors_prefix
                    )
                total += _import(connection, file, first)
            except OSError as error:
                print(f"footfall: {label(file)} can't be read: {error.strerror}", file=sys.stderr)
                raise typer.Exit(1) from None
    if len(files) > 1:
        failed = f", {count(total.failed, 'import')} failed" if total.failed else ""
        print(f"{count(len(files), 'file')}: {total}{failed}")
    if not total.flawless:
        raise typer.Exit(1)


def _import(connection: Connection, file: Path, first: FirstMessage) -> Outcome:
    """Imports one file and prints what became of it."""
    name = label(file)
    with progress.stages() as stages:
        operation, lines = upload(connection, file, first, stages)
        stages.say(f"{name} is imported by {operation.name}")
        operation = follow(connection, operation, f"{name} import", lines, stages)
    print(*describe(operation, name), sep="\n")
    return outcome(operation)
