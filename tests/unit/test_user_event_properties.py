"""What holds for user events of any content."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from service.events import errors, identity, json, user_event
from service.events.user_event import UserEventRules
from tests.unit.strategies import messages, plausible_user_events

ANY_RULES = st.builds(UserEventRules, strict=st.booleans(), closed_event_types=st.booleans())
ANY_EVENT = st.one_of(plausible_user_events(), messages(UserEvent))
NAME = UserEvent.DESCRIPTOR.full_name


def copy(event: UserEvent) -> UserEvent:
    other = UserEvent()
    other.CopyFrom(event)
    return other


@settings(max_examples=1_000)
@given(ANY_EVENT, ANY_RULES, st.booleans())
def test_check_returns_violations_that_fit_into_an_error(event, rules, time_required):
    before = event.SerializeToString(deterministic=True)
    violations = user_event.check(event, rules, time_required=time_required)
    assert event.SerializeToString(deterministic=True) == before
    if violations:
        status = errors.invalid_argument(errors.prefixed(violations, "user_event", "")).to_status()
        assert status.message


@given(ANY_EVENT)
def test_normalise_is_idempotent_and_does_not_change_the_verdict(event):
    rules = UserEventRules()
    verdict = user_event.check(event, rules)
    user_event.normalise(event)
    once = copy(event)
    user_event.normalise(event)
    assert event.SerializeToString(deterministic=True) == once.SerializeToString(deterministic=True)
    assert user_event.check(event, rules) == verdict


@given(ANY_EVENT)
def test_normalise_leaves_an_event_alone_that_strict_rules_accept(event):
    if not user_event.check(event, UserEventRules(strict=True)):
        normal = copy(event)
        user_event.normalise(normal)
        assert normal.SerializeToString(deterministic=True) == event.SerializeToString(deterministic=True)


@given(ANY_EVENT)
def test_strict_rules_accept_less(event):
    loose, closed, strict = (
        user_event.check(event, rules)
        for rules in (UserEventRules(), UserEventRules(closed_event_types=True), UserEventRules(strict=True))
    )
    assert set(loose) <= set(closed) | {v for v in loose if v.reason == "UNSUPPORTED_EVENT_TYPE"}
    assert {v.field for v in loose} <= {v.field for v in closed} <= {v.field for v in strict}


@settings(max_examples=1_000)
@given(plausible_user_events())
def test_accepted_event_can_be_read_back_as_json(event):
    if not user_event.check(event, UserEventRules()):
        user_event.normalise(event)
        text = json.encode(NAME, identity.canonical_bytes(event))
        _discard_unknown_fields(event)
        assert UserEvent.FromString(json.decode(NAME, text)).SerializeToString(
            deterministic=True
        ) == event.SerializeToString(deterministic=True)


def _discard_unknown_fields(event: UserEvent) -> None:
    event.DiscardUnknownFields()
