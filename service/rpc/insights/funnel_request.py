"""What a ComputeFunnelRequest asks for, checked."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple, cast

from generated.footfall.v1 import insights_service_pb2 as pb
from generated.google.cloud.talent.v4.event_pb2 import JobEvent
from service.events import errors, event_types, filters, funnel_splits, limits, paths
from service.events.errors import Violation, missing, violation
from service.events.funnels import EventType, Path, Splitter
from service.operations.scans import selection_of
from service.storage.records import Selection

MAX_STEPS: Final = 20
MAX_TYPES: Final = 50
LABEL_LENGTH: Final = 128  # characters
_MAX_WINDOW_S: Final = 315_576_000_000  # as google.protobuf.Duration has it
_IN_PAYLOAD: Final = ("attribute", "experiment_id")
_NANOS: Final = 1_000_000_000

_Request = pb.ComputeFunnelRequest
_ACTORS: Final = {
    "user_events": {
        _Request.ACTOR_UNSPECIFIED: "visitor_id",
        _Request.ACTOR_VISITOR: "visitor_id",
        _Request.ACTOR_USER: "user_id",
    },
    "client_events": {_Request.ACTOR_UNSPECIFIED: "request_id", _Request.ACTOR_REQUEST_ID: "request_id"},
}


class Wanted(NamedTuple):
    """A funnel to compute.

    Attributes:
        kind: Of events, `user_events` or `client_events`.
        parent: Whose events.
        selection: Which of them; its event types are those of the path, as far as the filter has them.
        actor: The column that says whose path it is.
        path: The path.
        labels: What its steps are called.
        splitter: What it is split by, if anything.
        by_day: Whether that is the day.
        with_payload: Types of events whose payloads the splitter reads.
    """

    kind: str
    parent: str
    selection: Selection
    actor: str
    path: Path
    labels: list[str]
    splitter: Splitter | None
    by_day: bool
    with_payload: Collection[str] | Collection[int]


def wanted(request: pb.ComputeFunnelRequest, parent: str) -> Wanted:
    """What `request` asks for of `parent`, a catalog or a tenant that is served.

    Raises:
        RpcError: INVALID_ARGUMENT with every violation, or for the filter.
    """
    kind = "client_events" if "/tenants/" in parent else "user_events"
    found = [*_of_steps(request.steps, kind), *_of_actor(request.actor, kind), *_of_window(request)]
    if request.HasField("split"):
        found += _of_split(request.split, kind)
    if found:
        raise errors.invalid_argument(found[: errors.MAX_VIOLATIONS])
    steps = tuple(_types(step, kind) for step in request.steps)
    by = request.split.WhichOneof("by")
    return Wanted(
        kind=kind,
        parent=parent,
        selection=_selection(request.filter, kind, steps),
        actor=_ACTORS[kind][request.actor],
        path=Path(steps, _window_us(request)),
        labels=[step.label or " or ".join(step.event_types) for step in request.steps],
        splitter=_splitter(request.split, kind),
        by_day=by == "day",
        with_payload=cast(
            "Collection[str] | Collection[int]", steps[0] if by in ("attribute", "experiment_id") else ()
        ),
    )


def _types(step: pb.FunnelStep, kind: str) -> frozenset[EventType]:
    return frozenset(_NUMBERS[name] if kind == "client_events" else name for name in step.event_types)


def _selection(text: str, kind: str, steps: tuple[frozenset[EventType], ...]) -> Selection:
    if kind == "client_events":
        selection = selection_of(filters.parse(text, filters.CLIENT_EVENT_LIST))
    else:
        selection = selection_of(filters.parse(text, filters.LIST))
    types = frozenset[EventType]().union(*steps) - selection.not_event_types
    if selection.event_types is not None:
        types &= selection.event_types
    return selection._replace(event_types=cast("frozenset[str] | frozenset[int]", types), not_event_types=frozenset())


def _window_us(request: pb.ComputeFunnelRequest) -> int | None:
    return request.window.seconds * 1_000_000 + request.window.nanos // 1_000 if request.HasField("window") else None


def _splitter(split: pb.FunnelSplit, kind: str) -> Splitter | None:
    match split.WhichOneof("by"):
        case "attribute":
            make = funnel_splits.by_note if kind == "client_events" else funnel_splits.by_attribute
            return make(split.attribute)
        case "experiment_id":
            return funnel_splits.by_experiment
        case "day":
            return funnel_splits.by_day
    return None


_NUMBERS: Final = {name: number for name, number in JobEvent.JobEventType.items() if number}


def _of_steps(steps: Collection[pb.FunnelStep], kind: str) -> list[Violation]:
    if not steps:
        return [missing("steps")]
    found = []
    if len(steps) > MAX_STEPS:
        return [limits.too_many("steps", MAX_STEPS, len(steps))]
    for index, step in enumerate(steps):
        field = f"steps[{index}].event_types"
        if not step.event_types:
            found.append(missing(field))
        elif len(step.event_types) > MAX_TYPES:
            found.append(limits.too_many(field, MAX_TYPES, len(step.event_types)))
        else:
            found += [
                each
                for place, name in enumerate(step.event_types)
                for each in _of_type(f"{field}[{place}]", name, kind)
            ]
        if len(step.label) > LABEL_LENGTH:
            found.append(limits.too_long(f"steps[{index}].label", LABEL_LENGTH, len(step.label)))
    return found


def _of_type(field: str, name: str, kind: str) -> list[Violation]:
    if kind == "client_events":
        if name in _NUMBERS:
            return []
        rule = f"must be one of {', '.join(_NUMBERS)}, but is {paths.quoted(name)}."
    elif name in event_types.EVENT_TYPES or event_types.is_custom_name(name):
        return []
    else:
        form = "1 to 128 characters of a-z, 0-9, - and _, of which the first is a letter or a digit"
        rule = f"must be the type of a user event, {form}, but is {paths.quoted(name)}."
    return [violation(field, rule, "UNSUPPORTED_EVENT_TYPE")]


def _of_actor(actor: int, kind: str) -> list[Violation]:
    if actor in _ACTORS[kind]:
        return []
    names = [_Request.Actor.Name(each) for each in _ACTORS[kind] if each]
    of = "tenant" if kind == "client_events" else "catalog"
    shown = _Request.Actor.Name(actor) if actor in _Request.Actor.values() else actor
    return [violation("actor", f"must be {' or '.join(names)} for a {of}, but is {shown}.")]


def _of_window(request: pb.ComputeFunnelRequest) -> list[Violation]:
    window = request.window
    is_valid = 0 <= window.seconds <= _MAX_WINDOW_S and 0 <= window.nanos < _NANOS
    if not request.HasField("window") or (is_valid and (window.seconds or window.nanos)):
        return []
    rule = "must be a duration of more than 0 seconds; leave it out for a funnel without an end."
    return [violation("window", rule)]


def _of_split(split: pb.FunnelSplit, kind: str) -> list[Violation]:
    by = split.WhichOneof("by")
    if by is None:
        return [violation("split", "must say by what: attribute, experiment_id or day.", "MISSING_FIELD")]
    if by == "experiment_id" and kind == "client_events":
        return [violation("split.experiment_id", "is for catalogs: client events have no experiments.")]
    if not getattr(split, by):
        rule = (
            "must be the name of an attribute." if by == "attribute" else "must be true; leave `split` out otherwise."
        )
        return [violation(f"split.{by}", rule)]
    return []
