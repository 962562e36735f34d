"""Funnels: how many actors go along a path of events, step by step. `docs/INSIGHTS.md` says what is counted."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Final, NamedTuple

from google.protobuf.timestamp_pb2 import Timestamp

from service.events import errors
from service.events.durations import Durations
from service.events.record import set_microseconds

MAX_ACTORS: Final = 1_000_000
MAX_VALUES: Final = 10_000  # of what a funnel is split by
MAX_AT_ONCE: Final = 200_000  # events of one time, which are held until the next time is there
MAX_BYTES_AT_ONCE: Final = 64 * 2**20  # of their payloads
SHOWN_GROUPS: Final = 100

EventType = str | int
Event = tuple[int, bytes | int, EventType, str | None, bytes | None]
"""Time in microseconds since the Unix epoch, tie, type, actor, and payload where a splitter may read it."""

Splitter = Callable[[int, bytes | None], Sequence[str]]
"""The values of an event, by its time and payload, each once."""


class Path(NamedTuple):
    """What makes a funnel.

    Attributes:
        steps: The event types of each step.
        window_us: How long after the first step an event still counts, in microseconds; None: without an end.
    """

    steps: tuple[frozenset[EventType], ...]
    window_us: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What became of the actors at one step.

    Attributes:
        actors: How many came to it.
        median_us: The median time from the step before, in microseconds; None at the first step, and where none came.
    """

    actors: int
    median_us: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """The actors that have a value in common; None: those that have none. `others` are all groups beyond the shown."""

    value: str | None
    steps: list[Step]
    others: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """What a funnel comes to.

    Attributes:
        steps: Of all actors.
        groups: By value, the largest first; empty where nothing was split.
        events: How many events were looked at.
        without_actor: How many of them have no actor.
    """

    steps: list[Step]
    groups: list[Group]
    events: int
    without_actor: int


class _Counts:
    """How many actors of one group came to each step, and how long each took."""

    __slots__ = ("began", "took")

    def __init__(self, steps: int) -> None:
        self.began = 0
        self.took: list[Durations | None] = [None] * (steps - 1)

    def add(self, step: int, took_us: int) -> None:
        """One more actor came to `step`, which is not the first."""
        durations = self.took[step - 1]
        if durations is None:
            durations = self.took[step - 1] = Durations()
        durations.add(took_us)

    def merge(self, other: _Counts) -> None:
        """Adds what another group has."""
        self.began += other.began
        for step, durations in enumerate(other.took, 1):
            for took_us in durations or ():
                self.add(step, took_us)

    def steps(self) -> list[Step]:
        """The same as results."""
        rest = [Step(len(each), each.median()) if each else Step(0) for each in self.took]
        return [Step(self.began), *rest]


_Progress = tuple[int, int, int, tuple[str | None, ...]]  # the next step, time of the first, of the last, groups
_ENDED: Final[_Progress] = (-1, 0, 0, ())


class Funnel:
    """Follows every actor along a path.

    It holds a few numbers for each actor that took the first step, and of events those of one time.

    Args:
        path: The path.
        splitter: What it is split by, if anything.
    """

    def __init__(self, path: Path, splitter: Splitter | None = None) -> None:
        self._path = path
        self._splitter = splitter
        # Of events of the same time those of earlier steps come first.
        self._order = {each: step for step, types in reversed([*enumerate(path.steps)]) for each in types}
        self._actors: dict[str, _Progress] = {}
        self._all = _Counts(len(path.steps))
        self._groups: dict[str | None, _Counts] = {}
        self._values: dict[tuple[str | None, ...], tuple[str | None, ...]] = {}  # many actors share theirs
        self._waiting: list[Event] = []  # of the last time: there may be more
        self._waiting_bytes = 0
        self._events = 0
        self._without_actor = 0

    def add(self, events: Sequence[Event]) -> None:
        """Takes the next events, of the path's types only, in the order of time.

        Raises:
            RpcError: FAILED_PRECONDITION: there are too many actors, too many values to split by, or too many events of
                one time.
        """
        if not events:
            return
        self._events += len(events)
        self._waiting += events
        last_us = events[-1][0]
        settled = bisect_left(self._waiting, last_us, key=itemgetter(0))
        if settled:
            self._follow(self._waiting[:settled])
            self._waiting = self._waiting[settled:]
            self._waiting_bytes = 0
        self._waiting_bytes += sum(len(event[4] or b"") for event in events if event[0] == last_us)
        self._check_waiting(last_us)

    def result(self) -> Result:
        """What all events that were added come to; none can be added after it."""
        self._follow(self._waiting)
        self._waiting = []
        return Result(self._all.steps(), self._shown_groups(), self._events, self._without_actor)

    def _check_waiting(self, time_us: int) -> None:
        if len(self._waiting) > MAX_AT_ONCE:
            what = f"{MAX_AT_ONCE:,} events"
        elif self._waiting_bytes > MAX_BYTES_AT_ONCE:
            what = f"{MAX_BYTES_AT_ONCE // 2**20} MiB of events"
        else:
            return
        time = Timestamp()
        set_microseconds(time, time_us)
        remedy = "Narrow the time with `filter`, so that it leaves that one out."
        raise _too_large(f"{what} of the same time, {time.ToJsonString()}", "filter", remedy)

    def _follow(self, events: list[Event]) -> None:
        order, actors = self._order, self._actors
        events.sort(key=lambda event: (event[0], order[event[2]]))
        for time_us, _, event_type, actor, payload in events:
            if actor is None:
                self._without_actor += 1
            elif (progress := actors.get(actor)) is not None:
                if progress is not _ENDED:
                    self._go_on(actor, progress, time_us, event_type)
            elif event_type in self._path.steps[0]:
                self._begin(actor, time_us, payload)

    def _begin(self, actor: str, time_us: int, payload: bytes | None) -> None:
        if len(self._actors) == MAX_ACTORS:
            raise _too_large(f"{MAX_ACTORS:,} actors", "steps", "Narrow the time with `filter`.")
        values: tuple[str | None, ...] = ()
        if self._splitter is not None:
            found = tuple(self._splitter(time_us, payload)) or (None,)
            values = self._values.setdefault(found, found)
        self._all.began += 1
        for counts in self._of(values):
            counts.began += 1
        self._actors[actor] = (1, time_us, time_us, values) if len(self._path.steps) > 1 else _ENDED

    def _go_on(self, actor: str, progress: _Progress, time_us: int, event_type: EventType) -> None:
        step, first_us, before_us, values = progress
        window_us = self._path.window_us
        if window_us is not None and time_us - first_us > window_us:
            self._actors[actor] = _ENDED
        elif event_type in self._path.steps[step]:
            self._all.add(step, time_us - before_us)
            for counts in self._of(values):
                counts.add(step, time_us - before_us)
            has_ended = step + 1 == len(self._path.steps)
            self._actors[actor] = _ENDED if has_ended else (step + 1, first_us, time_us, values)

    def _of(self, values: tuple[str | None, ...]) -> list[_Counts]:
        found = []
        for value in values:
            counts = self._groups.get(value)
            if counts is None:
                if len(self._groups) == MAX_VALUES:
                    raise _too_large(f"{MAX_VALUES:,} groups", "split", "Split by something that has fewer values.")
                counts = self._groups[value] = _Counts(len(self._path.steps))
            found.append(counts)
        return found

    def _shown_groups(self) -> list[Group]:
        ranked = sorted(self._groups.items(), key=lambda item: (-item[1].began, item[0] is None, item[0] or ""))
        shown = [Group(value, counts.steps()) for value, counts in ranked[:SHOWN_GROUPS]]
        if len(ranked) > SHOWN_GROUPS:
            rest = _Counts(len(self._path.steps))
            for _, counts in ranked[SHOWN_GROUPS:]:
                rest.merge(counts)
            shown.append(Group(None, rest.steps(), others=True))
        return shown


def _too_large(what: str, subject: str, remedy: str) -> errors.RpcError:
    return errors.failed_precondition(
        f"The funnel has more than {what}; that is the most that one may have. {remedy}",
        reason="FUNNEL_TOO_LARGE",
        subject=subject,
    )
