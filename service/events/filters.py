"""The filter language, from text to a normal form that SQL and Python can evaluate.

`docs/FILTERS.md` shows the language by example; `filters.lark` is its grammar.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from google.protobuf.timestamp_pb2 import Timestamp

from generated.google.cloud.talent.v4.event_pb2 import JobEvent
from service.events import paths
from service.events.filter_terms import END_US, FIRST_US, LENGTH, Condition, Field, InvalidFilterError, Reader
from service.events.signal import TYPE_CODES


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which user events. All attributes must hold; None and the empty set of `not_event_types` hold for every event.

    A filter that nothing can match is always `from_us=0, until_us=0` alone. So no other set is ever empty, and a query
    needs no case of its own for it.

    Attributes:
        from_us: First microsecond since the Unix epoch, inclusive.
        until_us: End, exclusive.
        event_types: One of these; then `not_event_types` is empty.
        not_event_types: None of these.
        visitor_ids: One of these.
        user_ids: One of these; an event without a user is none of them.
        joined: Whether all its products were known.
    """

    from_us: int | None = None
    until_us: int | None = None
    event_types: frozenset[str] | None = None
    not_event_types: frozenset[str] = frozenset()
    visitor_ids: frozenset[str] | None = None
    user_ids: frozenset[str] | None = None
    joined: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientEventFilter:
    """Which client events. As `Filter`; `event_types` are numbers of JobEventType, the time is create_time."""

    from_us: int | None = None
    until_us: int | None = None
    event_types: frozenset[int] | None = None
    request_ids: frozenset[str] | None = None
    event_ids: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalFilter:
    """Which hiring signals. As `Filter`; `event_types` are type codes, the time is the signal's own."""

    from_us: int | None = None
    until_us: int | None = None
    event_types: frozenset[str] | None = None
    tokens: frozenset[str] | None = None
    application_ids: frozenset[str] | None = None
    position_ids: frozenset[str] | None = None
    request_ids: frozenset[str] | None = None


F = TypeVar("F", Filter, ClientEventFilter, SignalFilter)


@dataclass(frozen=True, slots=True)
class Language(Generic[F]):
    """One of the languages: what a filter may say where it is used.

    Attributes:
        filter_type: What its filters become.
        fields: The time first.
        examples: Valid filters, for errors.
        may_be_empty: An empty filter is valid: it has no terms.
        is_export: OR and NOT may be used, and a filter that does not say otherwise means joined events only
            (purge_config.proto, export_config.proto).
    """

    filter_type: type[F]
    fields: tuple[Field, ...]
    examples: str
    may_be_empty: bool = True
    is_export: bool = False


def _field(attribute: str, *snake_names: str, values: Mapping[str, Any] | None = None) -> Field:
    """Returns a field with the spellings `visitorId`, `visitor_id` and, as in Google's prose, `visitorID`."""
    spellings = [form for name in snake_names for form in (paths.to_json(name), name)]
    prose = (name.removesuffix("Id") + "ID" for name in spellings if name.endswith("Id"))
    return Field(attribute, (*spellings, *prose), values)


_USER_EVENT_FIELDS: Final = (
    _field("", "event_time"),
    _field("event_types", "event_type")._replace(can_be_excluded=True),
    _field("visitor_ids", "visitor_id"),
    _field("user_ids", "user_id"),
)
_JOINED: Final = _field("joined", "joined", values={"true": True, "false": False})
_CLIENT_EVENT_FIELDS: Final = (
    _field("", "create_time", "event_time"),
    _field("event_types", "event_type", values=dict(JobEvent.JobEventType.items())),
    _field("request_ids", "request_id"),
    _field("event_ids", "event_id"),
)
_SIGNAL_FIELDS: Final = (
    _field("", "signal_time"),
    _field("event_types", "type_code", values={code: code for code in TYPE_CODES}),
    _field("tokens", "token"),
    _field("application_ids", "candidate_application_profile_id"),
    _field("position_ids", "position_profile_id"),
    _field("request_ids", "request_id"),
)
_UNJOINED_WORDS: Final = {"eventsMissingCatalogItems": False, "events_missing_catalog_items": False}
_EXAMPLES: Final = (
    'eventTime>"2012-04-23T18:25:43.511Z" eventTime<"2012-04-23T18:25:43.511Z" eventType=search '
    'visitorId="someVisitorId"'
)

PURGE: Final = Language(Filter, _USER_EVENT_FIELDS, _EXAMPLES, may_be_empty=False)
LIST: Final = Language(Filter, (*_USER_EVENT_FIELDS, _JOINED), f"{_EXAMPLES} joined=false")
EXPORT: Final = Language(
    Filter,
    (*_USER_EVENT_FIELDS, _JOINED._replace(words=_UNJOINED_WORDS)),
    f"{_EXAMPLES} eventType=(search OR add-to-cart) eventsMissingCatalogItems",
    is_export=True,
)
CLIENT_EVENT_LIST: Final = Language(
    ClientEventFilter,
    _CLIENT_EVENT_FIELDS,
    'createTime>"2012-04-23T18:25:43.511Z" eventType=VIEW requestId="someRequestId"',
)

SIGNAL_LIST: Final = Language(
    SignalFilter,
    _SIGNAL_FIELDS,
    'signalTime>"2012-04-23T18:25:43.511Z" typeCode=PositionStatusUpdate token="someToken"',
)


def parse(text: str, language: Language[F]) -> F:
    """Returns what a filter says, in normal form.

    Times are compared at full precision, up to nanoseconds, with the event's time rounded down to microseconds.

    Raises:
        RpcError: INVALID_ARGUMENT, reason INVALID_FILTER, with the position and what was expected there.
    """
    if language.may_be_empty and len(text) <= LENGTH and not text.strip():
        return _normal_form([], language)
    try:
        conditions = Reader(language.fields, combines=language.is_export).conditions(text)
    except InvalidFilterError as error:
        raise error.to_rpc_error(text, language.examples) from None
    return language.filter_type() if conditions is None else _normal_form(conditions, language)


def _normal_form(conditions: Sequence[Condition], language: Language[F]) -> F:
    from_us = max([FIRST_US, *(condition.from_us for condition in conditions)])
    until_us = min([END_US, *(condition.until_us for condition in conditions)])
    attributes: dict[str, Any] = _sets(conditions)
    if language.is_export:
        attributes.setdefault("joined", frozenset({True}))
    if from_us >= until_us or not all(attributes.values()):
        return language.filter_type(from_us=0, until_us=0)
    if joined := attributes.get("joined"):
        attributes["joined"] = None if len(joined) > 1 else True in joined
    if from_us > FIRST_US:
        attributes["from_us"] = from_us
    if until_us < END_US:
        attributes["until_us"] = until_us
    return language.filter_type(**attributes)


def _sets(conditions: Sequence[Condition]) -> dict[str, frozenset[Any]]:
    """Returns the values that all conditions allow, by attribute; an empty set if they contradict each other."""
    allowed: dict[str, frozenset[Any]] = {}
    for field, values, *_ in (item for item in conditions if not item.excluded and not item.field.is_time):
        allowed[field.attribute] = allowed.get(field.attribute, values) & values
    excluded = [value for item in conditions if item.excluded for value in item.values]
    if "event_types" in allowed:
        allowed["event_types"] -= frozenset(excluded)
    elif excluded:
        allowed["not_event_types"] = frozenset(excluded)
    return allowed


def matches(
    wanted: Filter, *, event_time_us: int, event_type: str, visitor_id: str, user_id: str | None, joined: bool
) -> bool:
    """Whether a user event is one of those that are wanted."""
    return (
        (wanted.from_us is None or event_time_us >= wanted.from_us)
        and (wanted.until_us is None or event_time_us < wanted.until_us)
        and (wanted.event_types is None or event_type in wanted.event_types)
        and event_type not in wanted.not_event_types
        and (wanted.visitor_ids is None or visitor_id in wanted.visitor_ids)
        and (wanted.user_ids is None or user_id in wanted.user_ids)
        and wanted.joined in (None, joined)
    )


def matches_client_event(
    wanted: ClientEventFilter, *, create_time_us: int, event_type: int, request_id: str | None, event_id: str
) -> bool:
    """Whether a client event is one of those that are wanted."""
    return (
        (wanted.from_us is None or create_time_us >= wanted.from_us)
        and (wanted.until_us is None or create_time_us < wanted.until_us)
        and (wanted.event_types is None or event_type in wanted.event_types)
        and (wanted.request_ids is None or request_id in wanted.request_ids)
        and (wanted.event_ids is None or event_id in wanted.event_ids)
    )


def to_text(wanted: F, language: Language[F]) -> str:
    """Returns the canonical text of a filter that was parsed in `language`.

    It parses to the same filter, unless it is longer than a filter may be; then the original was nearly that, too.
    """
    time = language.fields[0].name
    if wanted == language.filter_type(from_us=0, until_us=0):
        return f'{time} < "{_time_text(FIRST_US)}"'
    bounds = ((">=", wanted.from_us), ("<", wanted.until_us))
    terms = [f'{time} {operator} "{_time_text(us)}"' for operator, us in bounds if us is not None]
    for field in language.fields[1:]:
        values = getattr(wanted, field.attribute)
        if field.attribute == "joined":
            values = {values} if values is not None else {True, False} if language.is_export else None
        if values is not None:
            texts = _quoted(values) if field.values is None else [t for t, v in field.values.items() if v in values]
            terms.append(f"{field.name} = {texts[0] if len(texts) == 1 else '(' + ' OR '.join(texts) + ')'}")
    if isinstance(wanted, Filter):
        terms += [f"eventType = (NOT {text})" for text in _quoted(wanted.not_event_types)]
    return " ".join(terms) or "*"


def _quoted(values: Iterable[str]) -> list[str]:
    return [json.dumps(value, ensure_ascii=False) for value in sorted(values)]


def _time_text(us: int) -> str:
    time = Timestamp()
    time.FromMicroseconds(us)
    return time.ToJsonString()
