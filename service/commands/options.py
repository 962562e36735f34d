"""Options that several verbs have."""

from __future__ import annotations

from inspect import signature
from typing import Annotated, Any, Final

import typer

from service.commands import STYLE
from service.commands.tls import with_tls

DEFAULT_SERVER: Final = "127.0.0.1:50051"
DEFAULT_CATALOG: Final = "projects/local/locations/global/catalogs/default_catalog"
DEFAULT_LIMIT: Final = 100


def _address(server: str) -> str:
    """Returns `server` as it is.

    Raises:
        typer.BadParameter: It is empty, or a URL.
    """
    if not server or "://" in server:
        raise typer.BadParameter(f"{server!r}; allowed: host:port")
    return server


Server = Annotated[
    str,
    typer.Option(
        "--server", metavar="HOST:PORT", envvar="FOOTFALL_SERVER", callback=_address, help="The server to talk to."
    ),
]
Catalog = Annotated[
    str,
    typer.Option(
        "--catalog", metavar="NAME", envvar="FOOTFALL_CATALOG", help="The catalog, projects/P/locations/L/catalogs/C."
    ),
]
Tenant = Annotated[
    str | None,
    typer.Option("--tenant", metavar="NAME", help="Of this tenant, projects/P/tenants/T, instead of the catalog."),
]
Filter = Annotated[
    str, typer.Option("--filter", metavar="TEXT", show_default=False, help="Which events, such as eventType=search.")
]
Limit = Annotated[int, typer.Option("--limit", metavar="N", min=0, help="Show at most N; 0 shows all.")]
Json = Annotated[
    bool | None,
    typer.Option("--json/--table", help="JSON lines or a table. Unset: a table on a terminal, JSON lines elsewhere."),
]


class _Verb(typer.Typer):
    def command(self, *arguments: Any, **keywords: Any) -> Any:
        """What calls a server can do so by TLS."""
        register = super().command(*arguments, **keywords)

        def add(function: Any) -> Any:
            register(with_tls(function) if "server" in signature(function).parameters else function)
            return function

        return add


def verb(cls: Any = None) -> typer.Typer:
    """Returns the command line of one verb; `cls` is the class of a verb that has verbs of its own."""
    return _Verb(cls=cls, **STYLE)
