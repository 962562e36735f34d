"""The verb `export`: user events to files."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated, Final

import typer

from generated.google.cloud.retail.v2beta.export_config_pb2 import (
    ExportUserEventsRequest,
    ExportUserEventsResponse,
    OutputConfig,
)
from generated.google.cloud.retail.v2beta.user_event_service_pb2_grpc import UserEventServiceStub
from service.commands import options
from service.commands.connection import CALL_TIMEOUT_S, connected
from service.commands.following import finish
from service.commands.kinds import sentence
from service.commands.texts import printable

cli = options.verb()


class Format(StrEnum):
    """What the files hold."""

    JSONL = "jsonl"
    GZIP = "gzip"
    PARQUET = "parquet"


_FORMATS: Final = {
    Format.JSONL: OutputConfig.GcsDestination.JSON_LINES,
    Format.GZIP: OutputConfig.GcsDestination.JSON_LINES_GZIP,
    Format.PARQUET: OutputConfig.GcsDestination.PARQUET,
}


@cli.command()
def export(
    *,
    to: Annotated[
        str, typer.Option(metavar="gs://BUCKET/PATH", show_default=False, help="Write the files under this prefix.")
    ],
    format_: Annotated[
        Format, typer.Option("--format", help="JSON lines, JSON lines in gzip, or Parquet.")
    ] = Format.JSONL,
    filter_: Annotated[
        str,
        typer.Option(
            "--filter", metavar="TEXT", show_default=False, help="Which user events. Unset: all joined ones; '*': all."
        ),
    ] = "",
    with_products: Annotated[
        bool, typer.Option("--with-products", help="Write products with all their fields, not only their ids.")
    ] = False,
    server: options.Server = options.DEFAULT_SERVER,
    catalog: options.Catalog = options.DEFAULT_CATALOG,
) -> None:
    """Export user events to files.

    Prints the URI of each file. A filter that says nothing of joining selects joined events only; how many events were
    exported is said on standard error.
    """
    target = OutputConfig.GcsDestination(
        output_uri_prefix=to, format=_FORMATS[format_], include_product_details=with_products
    )
    with connected(server) as connection:
        request = ExportUserEventsRequest(
            parent=catalog, filter=filter_, output_config=OutputConfig(gcs_destination=target)
        )
        operation = UserEventServiceStub(connection.channel).ExportUserEvents(request, timeout=CALL_TIMEOUT_S)
        operation = finish(connection, operation, "export")
    response = ExportUserEventsResponse()
    operation.response.Unpack(response)
    for result in response.output_result.gcs_result:
        print(printable(result.output_uri))
    print(sentence(operation), file=sys.stderr)
