"""Random filters of user events and client events, each with what it means said in plain Python, and random events."""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, NamedTuple

from hypothesis import strategies as st

from service.events.filters import CLIENT_EVENT_LIST, EXPORT, LIST, PURGE

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_US = (datetime(1, 1, 1, tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
LAST_US = (datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
TYPES, IDS = ["a", "b-1", "search"], ["a", "A b", 'x"\\', "\n\x00", "NOT", "Zoë", "\U0001f600"]
JOB_TYPES = ["VIEW", "HIRED", "JOB_EVENT_TYPE_UNSPECIFIED"]
COMPARISONS = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le, "=": operator.eq}


class Event(NamedTuple):
    """A user event, or a client event whose request is its visitor and whose id is its user."""

    us: int
    event_type: str
    visitor: str
    user: str | None
    joined: bool


class Term(NamedTuple):
    text: str
    holds: Callable[[Event], bool]
    says_joined: bool = False


moments = st.one_of(
    st.integers(-3_000, 3_000),
    st.integers(-3_000, 3_000).map(lambda ns: 1_335_205_543_511_000_000 + ns),
    st.integers(0, 3_000).map(lambda ns: FIRST_US * 1_000 + ns),
    st.integers(0, 3_000).map(lambda ns: LAST_US * 1_000 + 999 - ns),
)
events = st.builds(
    Event,
    moments.map(lambda ns: ns // 1_000),
    st.sampled_from(TYPES + JOB_TYPES),
    st.sampled_from(IDS),
    st.sampled_from([*IDS, None]),
    st.booleans(),
)


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@st.composite
def times(draw: Any) -> tuple[int, str]:
    ns = draw(moments)
    minutes = draw(st.integers(-1_439, 1_439)) if abs(ns) < 2 * 10**18 else 0
    utc = EPOCH + timedelta(microseconds=ns // 1_000)
    local = utc.astimezone(timezone(timedelta(minutes=minutes)))
    digits = f"{ns % 1_000_000_000:09d}"
    fraction = draw(st.sampled_from([digits, digits.rstrip("0")]))
    zone = local.strftime("%z")
    zone = draw(st.sampled_from(["Z", "z", "+00:00", "-00:00"])) if minutes == 0 else f"{zone[:3]}:{zone[3:5]}"
    text = f"{local.replace(tzinfo=None).isoformat()[:19]}{'.' if fraction else ''}{fraction}{zone}"
    return ns, draw(st.sampled_from([text, f'"{text}"']))


spaces = st.sampled_from(["", " ", "\n\t", "\u00a0"])


@st.composite
def time_terms(draw: Any, names: list[str]) -> Term:
    name, space = draw(st.sampled_from(names)), draw(spaces)
    first, text = draw(times())
    if draw(st.integers(0, 3)) == 0:
        last, other = draw(times())
        return Term(
            f"{name}{space}:{space}[{text}{space},{space}{other}]", lambda event: first <= event.us * 1_000 <= last
        )
    comparison = draw(st.sampled_from(list(COMPARISONS)))
    compare = COMPARISONS[comparison]
    return Term(f"{name}{space}{comparison}{space}{text}", lambda event: compare(event.us * 1_000, first))


@st.composite
def value_terms(draw: Any, names: list[str], values: list[str], attribute: str, *, combines: bool = False) -> Term:
    name, space = draw(st.sampled_from(names)), draw(spaces)
    form = draw(st.sampled_from(["plain", "values", "terms"] + ["no value", "no term"] * (attribute == "event_type")))
    form = form if combines else "plain"
    some = draw(st.lists(st.sampled_from(values), min_size=1, max_size=1 if form in ("plain", "no value") else 3))
    shown = [
        value if value.isidentifier() and value != "NOT" and draw(st.booleans()) else quoted(value) for value in some
    ]
    terms = [f"{name}{space}={space}{value}" for value in shown]
    listed = f"{name} = ({space}{' OR '.join(shown)})"
    text = {
        "plain": terms[0],
        "values": listed,
        "terms": f"({space}{' OR '.join(terms)})" if len(terms) > 1 else terms[0],
        "no value": f"{name} = (NOT {shown[0]})",
        "no term": f"(NOT {listed}{space})",
    }[form]
    wanted = not form.startswith("no ")
    return Term(text, lambda event: (getattr(event, attribute) in some) is wanted)


def joined_terms(*, combines: bool) -> st.SearchStrategy[Term]:
    terms = [
        Term("joined=true", lambda event: event.joined, says_joined=True),
        Term('joined = "false"', lambda event: not event.joined, says_joined=True),
    ]
    if combines:
        terms += [
            Term("eventsMissingCatalogItems", lambda event: not event.joined, says_joined=True),
            Term("(joined=true OR eventsMissingCatalogItems)", lambda _: True, says_joined=True),
        ]
    return st.sampled_from(terms)


@st.composite
def conjunctions(draw: Any, terms: st.SearchStrategy[Term], depth: int = 1) -> Term:
    parts: list[Term] = draw(st.lists(terms, min_size=1, max_size=4))
    if depth:
        parts = [draw(conjunctions(st.just(part), depth - 1)) if draw(st.booleans()) else part for part in parts]
        parts = [Term(f"({part.text})", part.holds, part.says_joined) for part in parts]
    text = parts[0].text
    for part in parts[1:]:
        text += draw(st.sampled_from([" ", " AND ", "\nAND\t", "  "])) + part.text
    return Term(text, lambda event: all(part.holds(event) for part in parts), any(part.says_joined for part in parts))


def user_terms(*, joined: bool, combines: bool) -> st.SearchStrategy[Term]:
    return st.one_of(
        time_terms(["eventTime", "event_time"]),
        value_terms(["eventType", "event_type"], TYPES, "event_type", combines=combines),
        value_terms(["visitorId", "visitor_id", "visitorID"], IDS, "visitor", combines=combines),
        value_terms(["userId", "user_id", "userID"], IDS, "user", combines=combines),
        *([joined_terms(combines=combines)] if joined else []),
    )


CLIENT_TERMS = st.one_of(
    time_terms(["createTime", "create_time", "eventTime", "event_time"]),
    value_terms(["eventType", "event_type"], JOB_TYPES, "event_type"),
    value_terms(["requestId", "request_id"], IDS, "visitor"),
    value_terms(["eventId", "event_id"], IDS, "user"),
)
FILTERS = st.one_of(
    st.tuples(st.just(PURGE), conjunctions(user_terms(joined=False, combines=False))),
    st.tuples(st.just(LIST), conjunctions(user_terms(joined=True, combines=False))),
    st.tuples(st.just(EXPORT), conjunctions(user_terms(joined=True, combines=True))),
    st.tuples(st.just(CLIENT_EVENT_LIST), conjunctions(CLIENT_TERMS)),
)
