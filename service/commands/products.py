"""The verb `products` and its own verb: the products of a catalog."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from service.commands import options, progress
from service.commands.connection import connected
from service.commands.outcome import Outcome
from service.commands.product_batches import ProductFile
from service.commands.texts import count
from service.commands.upload import existing, label

cli = options.verb()


@cli.callback()
def products() -> None:
    """Import products."""


@cli.command("import")
def import_products(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE", callback=existing, help="Files of JSON lines, maybe gzip; - is standard input."),
    ],
    server: options.Server = options.DEFAULT_SERVER,
    catalog: options.Catalog = options.DEFAULT_CATALOG,
) -> None:
    """Import files of products.

    A file holds one JSON product a line and may be compressed with gzip. It is read here and sent in batches; a product
    that is there already is replaced.

    Exit code 1 when a product was rejected.
    """
    total = Outcome()
    with connected(server) as connection:
        for path in files:
            file = ProductFile(connection, path, f"{catalog}/branches/default_branch")
            with progress.stages() as stages:
                file.send(stages)
            print(*file.describe(), sep="\n")
            total += file.outcome
            if file.outcome.failed:
                break
    if file.unreadable:
        print(f"footfall: {label(path)} can't be read: {file.unreadable}", file=sys.stderr)
    elif len(files) > 1:
        print(f"{count(len(files), 'file')}: {total}{', an import failed' if total.failed else ''}")
    if not total.flawless:
        raise typer.Exit(1)
