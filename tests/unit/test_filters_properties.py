"""What holds for filters of any content: what they mean, how they are written out, and that they fail in one way."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest
from google.rpc import code_pb2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generated.google.cloud.talent.v4.event_pb2 import JobEvent
from service.events import filters
from service.events.errors import RpcError
from service.events.filters import CLIENT_EVENT_LIST, EXPORT, LIST, PURGE, ClientEventFilter, Filter
from tests.support.mangled_filters import malformed, mangled
from tests.unit.filter_terms import FILTERS, FIRST_US, JOB_TYPES, LAST_US, Event, events

THOROUGH = settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def selects(parsed: Filter | ClientEventFilter, event: Event) -> bool:
    us, event_type, visitor, user, joined = event
    if isinstance(parsed, Filter):
        return filters.matches(
            parsed, event_time_us=us, event_type=event_type, visitor_id=visitor, user_id=user, joined=joined
        )
    number = JobEvent.JobEventType.Value(event_type) if event_type in JOB_TYPES else -1
    return filters.matches_client_event(
        parsed, create_time_us=us, event_type=number, request_id=visitor, event_id=user or ""
    )


@THOROUGH
@given(FILTERS, st.lists(events, min_size=1, max_size=20))
def test_filter_means_what_its_terms_mean(languages_and_terms, samples):
    language, term = languages_and_terms
    parsed = filters.parse(term.text, language)
    for event in samples:
        default = event.joined or term.says_joined or language is not EXPORT
        assert selects(parsed, event) is (term.holds(event) and default)


@THOROUGH
@given(FILTERS)
def test_canonical_text_parses_to_the_same_filter(languages_and_terms):
    language, term = languages_and_terms
    parsed = filters.parse(term.text, language)
    text = filters.to_text(parsed, language)
    assert filters.parse(text, language) == parsed
    assert filters.to_text(filters.parse(text, language), language) == text
    assert len({parsed, filters.parse(text, language)}) == 1


some_ids = st.none() | st.frozensets(st.text(min_size=1, max_size=20), min_size=1, max_size=3)
instants = st.integers(FIRST_US + 1, LAST_US)
some_times = st.one_of(
    st.lists(instants, min_size=2, max_size=2, unique=True).map(sorted),
    st.tuples(st.none() | instants, st.none()),
    st.tuples(st.none(), instants),
)


@THOROUGH
@given(some_times, some_ids, some_ids, some_ids, some_ids, st.sampled_from([None, True, False]))
def test_every_normal_form_has_a_text(times, types, no_types, visitors, users, joined):
    wanted = Filter(
        from_us=times[0],
        until_us=times[1],
        event_types=types,
        not_event_types=no_types if no_types and types is None else frozenset(),
        visitor_ids=visitors,
        user_ids=users,
        joined=joined,
    )
    assert filters.parse(filters.to_text(wanted, EXPORT), EXPORT) == wanted


def check_any(text: str, language: filters.Language[Any]) -> bool:
    """Whether the filter is valid; that it is refused in the one way if it is not."""
    error = parsed = None
    try:
        parsed = filters.parse(text, language)
    except RpcError as caught:
        error = caught
    if error is None:
        assert filters.parse(filters.to_text(parsed, language), language) == parsed
        return True
    assert error.code == code_pb2.INVALID_ARGUMENT
    assert [(violation.field, violation.description) for violation in error.violations] == [("filter", error.message)]
    position = re.search(r"At position (\d+): (?:found|expected) ", error.message)
    assert position
    assert 1 <= int(position[1]) <= min(len(text) + 1, 5_001)
    assert error.message.isprintable()
    assert all(name in text for name in re.findall(r"LPAR|RSQB|NAME\b|OPERATOR|\$END|__|Token\(", error.message))
    return False


LANGUAGES = [PURGE, LIST, EXPORT, CLIENT_EVENT_LIST]


def test_ten_thousand_malformed_filters():
    source = random.Random(5_1)
    for _ in range(10_000):
        text, position = malformed(source)
        with pytest.raises(RpcError) as caught:
            filters.parse(text, source.choice(LANGUAGES))
        assert caught.value.code == code_pb2.INVALID_ARGUMENT
        assert f" At position {position}: found " in caught.value.message


def test_ten_thousand_mangled_filters():
    source = random.Random(5_2)
    valid = sum(check_any(mangled(source), source.choice(LANGUAGES)) for _ in range(10_000))
    assert 200 < valid < 5_000


@THOROUGH
@given(st.text(st.characters(), max_size=60), st.sampled_from(LANGUAGES))
def test_any_text(text, language):
    check_any(text, language)
