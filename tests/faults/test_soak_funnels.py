"""Funnels and warnings of a job board of 200,000 events are exact, take seconds, and hold up no write beside them.

FOOTFALL_EVENTS sets the number of events. What is held against each other was measured in one run.
"""

from __future__ import annotations

import os
import time
from collections import Counter

import pytest

from generated.footfall.v1 import event_log_service_pb2 as log_pb
from generated.footfall.v1 import insights_service_pb2 as pb
from generated.footfall.v1.insights_service_pb2_grpc import InsightsServiceStub
from generated.google.cloud.talent.v4.event_pb2 import ClientEvent
from tests.faults.client import Client
from tests.faults.steady_load import SteadyLoad
from tests.faults.test_soak_latency import Spans, _percentile
from tests.support import naive_funnel
from tests.support.job_board import Happened, job_board
from tests.support.naive_funnel import Seen
from tests.support.server import Server

EVENTS = int(os.environ.get("FOOTFALL_EVENTS", "200000"))
RATE = 300  # single writes a second
RATIO = 5.0  # the p99 beside the work, in idle ones
SECONDS_PER_EVENT = 1e-4  # 20 seconds for 200,000, on a machine that may be busy
_BATCH = 5_000
_ROUNDS = 5
_WARM_S = 5.0
_BOARD = "projects/p/tenants/board"
_BESIDE = "projects/p/locations/global/catalogs/beside"
_PATH = ["IMPRESSION", "VIEW", "APPLICATION_START", "APPLICATION_FINISH", "HIRED"]


def _store(client: Client, events: list[Happened]) -> None:
    for start in range(0, len(events), _BATCH):
        messages = [
            ClientEvent(**event.message(_BOARD, f"e{number}"))
            for number, event in enumerate(events[start : start + _BATCH], start)
        ]
        client.log.BatchCreateClientEvents(
            log_pb.BatchCreateClientEventsRequest(parent=_BOARD, client_events=messages), timeout=60
        )


def _figures(steps) -> naive_funnel.Figures:
    return [
        (each.actor_count, each.median_time_from_previous.ToMicroseconds()
         if each.HasField("median_time_from_previous") else None)
        for each in steps
    ]  # fmt: skip


def _check_funnel(insights: InsightsServiceStub, expected) -> None:
    request = pb.ComputeFunnelRequest(parent=_BOARD, split=pb.FunnelSplit(attribute="channel"))
    request.steps.extend(pb.FunnelStep(event_types=[each]) for each in _PATH)
    found = insights.ComputeFunnel(request, timeout=600)
    total, groups = expected
    assert _figures(found.steps) == total
    assert {each.value if each.HasField("value") else None: _figures(each.steps) for each in found.groups} == groups


def _check_warnings(insights: InsightsServiceStub, expected: Counter[str]) -> None:
    found = insights.CountUsageWarnings(pb.CountUsageWarningsRequest(parent=_BOARD), timeout=600)
    assert {pb.UsageWarning.Kind.Name(each.kind): each.story_count for each in found.counts} == expected


def _expected(events: list[Happened]):
    """What there is to find: the funnel's figures, and stories by their kinds of warnings."""
    seen = [
        Seen(event.us, number, event.event_type, event.request_id, (event.channel,) if event.channel else ())
        for number, event in enumerate(events)
    ]
    stories: dict[str | int, list[tuple[str, tuple[str, ...]]]] = {}
    for number, event in enumerate(events):
        stories.setdefault(event.request_id or number, []).append((event.event_type, event.jobs))
    warnings = Counter(kind for story in stories.values() for kind in naive_funnel.warnings(story))
    return naive_funnel.funnel(seen, [{each} for each in _PATH]), warnings


@pytest.mark.soak
@pytest.mark.timeout(3_600)
def test_insights_of_a_job_board_are_exact_and_hold_nothing_up(tmp_path):
    events, spans = job_board(EVENTS), Spans()
    funnel, warnings = _expected(events)
    with Server(tmp_path / "server") as server, Client(server.address) as client:
        _store(client, events)
        insights = InsightsServiceStub(client.channel)
        with SteadyLoad(server.address, _BESIDE, RATE) as load:
            time.sleep(_WARM_S)
            spans.idle()
            for name, check, expected in (
                ("funnels", _check_funnel, funnel),
                ("warnings", _check_warnings, warnings),
            ):
                with spans(name):
                    for _ in range(_ROUNDS):
                        check(insights, expected)
                spans.idle()
            answers = load.end()
    p99 = {}
    for name, values in spans.latencies(answers).items():
        p99[name] = _percentile(values, 0.99)
        each = "" if name == "idle" else f", {spans.seconds(name) / _ROUNDS:.1f} s each"
        print(
            f"\n  {name}{each}: {len(values):,} writes, p50 {_percentile(values, 0.5):.1f}, p99 {p99[name]:.1f} ms",
            end="",
        )
    print()
    assert {answer.status for answer in answers} == {"OK"}
    for name in ("funnels", "warnings"):
        assert p99[name] <= RATIO * p99["idle"], name
        assert spans.seconds(name) / _ROUNDS < max(5.0, EVENTS * SECONDS_PER_EVENT), name
