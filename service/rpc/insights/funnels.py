"""ComputeFunnel: reading what a path is made of, and showing what it came to."""

from __future__ import annotations

from functools import partial
from typing import Any

from generated.footfall.v1 import insights_service_pb2 as pb
from service.events.funnels import Funnel, Group, Step
from service.events.policy import Policy
from service.rpc.context import CallContext
from service.rpc.insights import funnel_request
from service.rpc.insights.funnel_request import Wanted
from service.rpc.insights.turns import EVENTS_PER_TURN, Turns
from service.storage.base import Store
from service.storage.readers import read
from service.storage.records import Key


class Funnels:
    """The part of InsightsService that follows actors.

    Args:
        policy: The catalogs and tenants that are served.
        store: Where events are read from.
        turns: Where the work is done.
    """

    def __init__(self, *, policy: Policy, store: Store, turns: Turns) -> None:
        self._policy = policy
        self._store = store
        self._turns = turns

    async def ComputeFunnel(  # noqa: N802  the RPC's name
        self, request: pb.ComputeFunnelRequest, _context: CallContext
    ) -> pb.ComputeFunnelResponse:
        """How many actors went how far, among the events that had arrived at the call.

        Raises:
            RpcError: INVALID_ARGUMENT with every violation; NOT_FOUND; FAILED_PRECONDITION: there are too many actors,
                too many values to split by, or too many events of one time.
        """
        wanted = funnel_request.wanted(request, self._policy.parent(request.parent))
        last = await read(self._store.last_arrival, wanted.kind)
        wanted = wanted._replace(selection=wanted.selection._replace(max_id=last))
        funnel = Funnel(wanted.path, wanted.splitter)
        after: Key | None = None
        there_may_be_more = bool(wanted.selection.event_types)
        while there_may_be_more:
            after = await self._turns.take(partial(self._follow, funnel, wanted, after))
            there_may_be_more = after is not None
        result = await self._turns.take(funnel.result)
        groups = sorted(result.groups, key=_day) if wanted.by_day else result.groups
        return pb.ComputeFunnelResponse(
            steps=_steps(wanted.labels, result.steps),
            groups=[_group(wanted.labels, group) for group in groups],
            event_count=result.events,
            events_without_actor_count=result.without_actor,
        )

    def _follow(self, funnel: Funnel, wanted: Wanted, after: Key | None) -> Key | None:
        """Takes the next events into a funnel; returns behind which to go on, None at the end."""
        events = self._store.actor_events(
            wanted.kind,
            wanted.parent,
            wanted.selection,
            actor=wanted.actor,
            after=after,
            limit=EVENTS_PER_TURN,
            with_payload=wanted.with_payload,
        )
        funnel.add(events)
        return (events[-1].event_time_us, events[-1].tie) if events else None


def _day(group: Group) -> tuple[bool, str]:
    return group.others, group.value or ""


def _group(labels: list[str], group: Group) -> pb.FunnelGroup:
    return pb.FunnelGroup(value=group.value, others=group.others, steps=_steps(labels, group.steps))


def _steps(labels: list[str], steps: list[Step]) -> list[pb.FunnelStepResult]:
    shown = []
    first = before = steps[0].actors
    for label, step in zip(labels, steps, strict=True):
        result: Any = pb.FunnelStepResult(
            label=label,
            actor_count=step.actors,
            conversion_from_previous=step.actors / before if before else 0,
            conversion_from_first=step.actors / first if first else 0,
        )
        if step.median_us is not None:
            result.median_time_from_previous.FromMicroseconds(step.median_us)
        shown.append(result)
        before = step.actors
    return shown
