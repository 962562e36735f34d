"""The command line: `footfall VERB`, or `python -m service VERB`."""

from __future__ import annotations

import io
import os
import sys
from typing import Annotated

import typer

from service import commands

cli = typer.Typer(
    name="footfall",
    cls=commands.Verbs,
    no_args_is_help=True,
    **commands.STYLE,
)
commands.register(cli)


def _show_version(wanted: bool) -> None:
    if wanted:
        from service.commands import version  # noqa: PLC0415  reading package metadata takes a while

        print(f"footfall {version.current()}")
        raise typer.Exit


@cli.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Footfall: your own event service for Google's Retail and Talent clients.

    `footfall serve` runs the server; the other verbs talk to a running one.
    """


def main() -> None:
    """Runs the verb that the arguments name and exits with its code.

    Exit codes: 0 done; 1 refused, rejected or failed; 2 wrong usage or a wrong value; 130 Ctrl-C.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # events hold any character, a terminal may not
    try:
        try:
            cli()
        finally:
            sys.stdout.flush()
    except OSError as error:
        if not isinstance(error, BrokenPipeError):
            print(f"footfall: {error}", file=sys.stderr)
        # What is still buffered has nowhere to go; Python would try once more, and complain, when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
