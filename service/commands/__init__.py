"""The verbs a person types, one module each; the module of a verb is loaded when that verb is used."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final, NamedTuple

import typer
from typer.core import TyperGroup

STYLE: Final[dict[str, Any]] = {
    "add_completion": False,
    "pretty_exceptions_enable": False,
    "rich_markup_mode": None,  # its panels cut the names of options on a terminal of 80 columns
}


class Verb(NamedTuple):
    """Where a verb is, and what it does.

    Attributes:
        module: Module of this package; its `cli` is the verb, or the group of its own verbs.
        summary: The line that the list of verbs shows, the first one of the verb's own help.
    """

    module: str
    summary: str


VERBS: Final = {
    "serve": Verb("serve", "Serve until SIGTERM or Ctrl-C."),
    "import": Verb("import_files", "Import files of user events, or of client events."),
    "list": Verb("list_events", "List stored events, oldest first."),
    "count": Verb("count_events", "Count stored events."),
    "funnel": Verb("funnel", "Show how many go how far along a path of events."),
    "tail": Verb("tail", "Show events as they come in, until Ctrl-C."),
    "rejected": Verb("rejected", "List rejected events, newest first."),
    "signals": Verb("signals", "List hiring signals, oldest first."),
    "products": Verb("products", "Import products."),
    "rejoin": Verb("rejoin", "Join user events with the products of now."),
    "export": Verb("export", "Export user events to files."),
    "purge": Verb("purge", "Delete user events, or show which."),
    "operations": Verb("operations", "Look at long-running operations and steer them."),
}


def load(name: str) -> Any:
    """Returns the command behind a verb.

    Raises:
        KeyError: There is no such verb.
    """
    return typer.main.get_command(import_module(f"{__name__}.{VERBS[name].module}").cli)


class Verbs(TyperGroup):
    """Puts the real command in the place of the summary when a verb is used.

    What the verbs need (gRPC, the settings, the server itself) takes several times as long to import as all that help
    and usage errors need.
    """

    def resolve_command(self, ctx: Any, args: Any) -> Any:
        """Returns name and command of the verb that `args` begins with, and the remaining arguments."""
        name, _, rest = super().resolve_command(ctx, args)
        return name, load(str(name)), rest


def register(cli: typer.Typer) -> None:
    """Adds every verb to `cli`, whose class is `Verbs`, by name and summary."""
    for name, verb in VERBS.items():
        cli.command(name, help=verb.summary)(_stand_in)


def _stand_in() -> None:
    """Stands for a verb until it is used."""
