"""The verb `funnel`: how many go how far along a path of events."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Annotated, Any, Final

import typer
from google.protobuf.duration_pb2 import Duration
from rich.console import Console
from rich.progress_bar import ProgressBar
from rich.table import Column, Table
from rich.text import Text

from generated.footfall.v1 import insights_service_pb2 as pb
from generated.footfall.v1.insights_service_pb2_grpc import InsightsServiceStub
from service.commands import options
from service.commands.connection import CALL_TIMEOUT_S, connected
from service.commands.texts import count, printable

_SHOP: Final = ("detail-page-view", "add-to-cart", "purchase-complete")
_JOBS: Final = (
    "IMPRESSION",
    "VIEW",
    "APPLICATION_START",
    "APPLICATION_FINISH",
    "outcome=SENT_CV,INTERVIEW_GRANTED,HIRED",
)
_UNITS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_WINDOW: Final = re.compile(r"([1-9][0-9]{0,8})([smhd])")
_BAR_WIDTH: Final = 30
_LABEL_WIDTH: Final = 32

cli = options.verb()


class Actor(StrEnum):
    """Whose path it is."""

    VISITOR = "visitor"
    USER = "user"
    REQUEST = "request"


_ACTORS: Final = {
    Actor.VISITOR: pb.ComputeFunnelRequest.ACTOR_VISITOR,
    Actor.USER: pb.ComputeFunnelRequest.ACTOR_USER,
    Actor.REQUEST: pb.ComputeFunnelRequest.ACTOR_REQUEST_ID,
}


@cli.command()
def funnel(
    *,
    steps: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[STEP]...",
            help="The steps in order, each an event type, or several with commas, of which any will do; "
            "NAME=TYPE,TYPE gives it a name. Unset: from view to purchase, or from impression to outcome.",
            show_default=False,
        ),
    ] = None,
    server: options.Server = options.DEFAULT_SERVER,
    catalog: options.Catalog = options.DEFAULT_CATALOG,
    tenant: options.Tenant = None,
    filter_: options.Filter = "",
    actor: Annotated[
        Actor | None,
        typer.Option(help="Whose path it is. Unset: a visitor's; with --tenant a request's.", show_default=False),
    ] = None,
    window: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Count only so long after the first step: 90s, 30m, 12h, 7d."),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(metavar="BY", help="Tell apart by day, experiment, or attribute:NAME of the first step's event."),
    ] = None,
    as_json: options.Json = None,
) -> None:
    """Show how many go how far along a path of events.

    Visitors or users of a catalog, or searches of a tenant.
    """
    request = pb.ComputeFunnelRequest(
        parent=catalog if tenant is None else tenant,
        steps=map(_step, steps or (_SHOP if tenant is None else _JOBS)),
        actor=_ACTORS[actor] if actor else pb.ComputeFunnelRequest.ACTOR_UNSPECIFIED,
        window=_duration(window),
        filter=filter_,
        split=_split(split),
    )
    with connected(server) as connection:
        reply = InsightsServiceStub(connection.channel).ComputeFunnel(request, timeout=CALL_TIMEOUT_S)
    if as_json or (as_json is None and not sys.stdout.isatty()):
        _print_json(reply)
    else:
        _print_tables(reply, split)
    without = reply.events_without_actor_count
    left_out = f", {without:,} of them without the id of an actor" if without else ""
    print(f"{count(reply.event_count, 'event')} of these types{left_out}", file=sys.stderr)


def _step(text: str) -> pb.FunnelStep:
    label, _, types = text.rpartition("=")
    return pb.FunnelStep(event_types=[each.strip() for each in types.split(",")], label=label)


def _duration(text: str | None) -> Duration | None:
    if text is None:
        return None
    if not (match := _WINDOW.fullmatch(text)):
        raise typer.BadParameter(f"{text!r}; allowed: a number and s, m, h or d, such as 7d", param_hint="--window")
    return Duration(seconds=int(match[1]) * _UNITS[match[2]])


def _split(text: str | None) -> pb.FunnelSplit | None:
    if text is None:
        return None
    by, _, name = text.partition(":")
    match by, name:
        case "day", "":
            return pb.FunnelSplit(day=True)
        case "experiment", "":
            return pb.FunnelSplit(experiment_id=True)
        case "attribute", name if name:
            return pb.FunnelSplit(attribute=name)
    raise typer.BadParameter(f"{text!r}; allowed: day, experiment, attribute:NAME", param_hint="--split")


def _print_json(reply: pb.ComputeFunnelResponse) -> None:
    for group, steps in _groups(reply):
        for step in steps:
            told: dict[str, Any] = {"step": step.label, "actors": step.actor_count}
            told["fromPrevious"] = step.conversion_from_previous
            told["fromFirst"] = step.conversion_from_first
            if step.HasField("median_time_from_previous"):
                told["medianSeconds"] = step.median_time_from_previous.ToMicroseconds() / 1_000_000
            print(json.dumps({**_named(group), **told}, ensure_ascii=False))


def _named(group: pb.FunnelGroup | None) -> dict[str, Any]:
    if group is None:
        return {}
    return {"others": True} if group.others else {"group": group.value if group.HasField("value") else None}


def _groups(
    reply: pb.ComputeFunnelResponse,
) -> Iterator[tuple[pb.FunnelGroup | None, Sequence[pb.FunnelStepResult]]]:
    yield None, reply.steps
    for group in reply.groups:
        yield group, group.steps


def _print_tables(reply: pb.ComputeFunnelResponse, split: str | None) -> None:
    console = Console(highlight=False)
    for group, steps in _groups(reply):
        if group is not None:
            value = "others" if group.others else group.value if group.HasField("value") else "none"
            console.print(Text(f"\n{printable(str(split).partition(':')[2] or str(split))}: {printable(value)}"))
        console.print(_table(steps))


def _table(steps: Sequence[pb.FunnelStepResult]) -> Table:
    table = Table(
        Column("STEP", max_width=_LABEL_WIDTH, overflow="fold"),
        Column("", no_wrap=True),
        *(Column(title, justify="right", no_wrap=True) for title in ("COUNT", "OF ALL", "OF PREVIOUS", "MEDIAN TIME")),
        box=None,
        padding=(0, 2, 0, 0),
        pad_edge=False,
    )
    for place, step in enumerate(steps):
        bar = ProgressBar(total=max(steps[0].actor_count, 1), completed=step.actor_count, width=_BAR_WIDTH)
        of_previous = f"{step.conversion_from_previous:.1%}" if place else ""
        median = step.median_time_from_previous
        table.add_row(
            Text(printable(step.label)),
            bar,
            f"{step.actor_count:,}",
            f"{step.conversion_from_first:.1%}",
            of_previous,
            _time(median.ToMicroseconds()) if step.HasField("median_time_from_previous") else "",
        )
    return table


def _time(us: int) -> str:
    """A time in the two largest of its units."""
    seconds = us // 1_000_000
    if seconds < _UNITS["m"]:
        return f"{us / 1_000_000:.1f}s"
    if seconds < _UNITS["h"]:
        return f"{seconds // 60}m {seconds % 60}s"
    if seconds < _UNITS["d"]:
        return f"{seconds // 3_600}h {seconds % 3_600 // 60}m"
    return f"{seconds // 86_400}d {seconds % 86_400 // 3_600}h"
