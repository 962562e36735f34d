"""Funnels and stories computed once more as docs/INSIGHTS.md has them: in memory, one actor after the other."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple


class Seen(NamedTuple):
    """An event: `tie` orders those of the same time and step."""

    us: int
    tie: Any
    event_type: Any
    actor: str | None
    values: tuple[str, ...] = ()


def reached(events: Iterable[Seen], steps: Sequence[set[Any]], window_us: int | None) -> list[Seen]:
    """The events that were the steps of one actor."""

    def place(event: Seen) -> tuple[int, int, Any]:
        return event.us, next(index for index, types in enumerate(steps) if event.event_type in types), event.tie

    left = sorted((event for event in events if any(event.event_type in types for types in steps)), key=place)
    found: list[Seen] = []
    for types in steps:
        at = next((index for index, event in enumerate(left) if event.event_type in types), None)
        if at is None or (found and window_us is not None and left[at].us > found[0].us + window_us):
            break
        found.append(left[at])
        left = left[at + 1 :]
    return found


Figures = list[tuple[int, int | None]]
"""For each step how many came, and the median time from the step before in microseconds."""


def figures(paths: Sequence[list[Seen]], steps: int) -> Figures:
    shown: Figures = []
    for step in range(steps):
        came = [path for path in paths if len(path) > step]
        took = [path[step].us - path[step - 1].us for path in came] if step else []
        shown.append((len(came), _median(took) if took else None))
    return shown


def _median(values: list[int]) -> int:
    return (statistics.median_low(values) + statistics.median_high(values)) // 2


def funnel(
    events: Iterable[Seen], steps: Sequence[set[Any]], window_us: int | None = None
) -> tuple[Figures, dict[str | None, Figures]]:
    """The figures of all actors, and of each group by its value."""
    by_actor = defaultdict(list)
    for event in events:
        if event.actor is not None:
            by_actor[event.actor].append(event)
    paths = [path for each in by_actor.values() if (path := reached(each, steps, window_us))]
    groups: dict[str | None, list[list[Seen]]] = defaultdict(list)
    for path in paths:
        for value in path[0].values or (None,):
            groups[value].append(path)
    return figures(paths, len(steps)), {value: figures(each, len(steps)) for value, each in groups.items()}


def warnings(events: Iterable[tuple[str, Iterable[str]]]) -> dict[str, set[str]]:
    """The kinds of warnings of one story, with the jobs that they are about; events are names of types, and jobs."""
    events = [(event_type, set(jobs)) for event_type, jobs in events]
    found: dict[str, set[str]] = {}

    def beside(kind: str, replacing: str, *replaced: str) -> None:
        both = {
            job
            for one, jobs in events if one == replacing
            for other, others in events if other in replaced
            for job in jobs & others
        }  # fmt: skip
        if both:
            found[kind] = both

    start, finish = "APPLICATION_START", "APPLICATION_FINISH"
    beside("KIND_QUICK_SUBMISSION_BESIDE_START_OR_FINISH", "APPLICATION_QUICK_SUBMISSION", start, finish)
    beside("KIND_START_FROM_SEARCH_BESIDE_VIEW", "APPLICATION_START_FROM_SEARCH", "VIEW")
    beside(
        "KIND_REDIRECT_FROM_SEARCH_BESIDE_START_FINISH_OR_VIEW",
        "APPLICATION_REDIRECT_FROM_SEARCH",
        start,
        finish,
        "VIEW",
    )
    outcomes = [jobs for event_type, jobs in events if event_type in ("HIRED", "INTERVIEW_GRANTED")]
    searched = {"IMPRESSION", "VIEW", "APPLICATION_START_FROM_SEARCH", "APPLICATION_REDIRECT_FROM_SEARCH"}
    if outcomes and not any(event_type in searched for event_type, _ in events):
        found["KIND_OUTCOME_WITHOUT_SEARCH"] = set().union(*outcomes)
    return found
