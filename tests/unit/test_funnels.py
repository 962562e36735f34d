"""Funnels, by example and against a computation of their own for any events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.events import durations, funnels
from service.events.errors import RpcError
from service.events.funnels import Funnel, Path, Result, Step
from tests.support import naive_funnel
from tests.support.naive_funnel import Seen

TYPES = "abcd"
STEPS = st.lists(st.frozensets(st.sampled_from(TYPES), min_size=1), min_size=1, max_size=5).map(tuple)
EVENTS = st.lists(
    st.builds(
        Seen,
        us=st.integers(0, 12),
        tie=st.just(0),
        event_type=st.sampled_from(TYPES),
        actor=st.sampled_from(["x", "y", "z", None]),
        values=st.lists(st.sampled_from(["1", "2", "3"]), unique=True, max_size=2).map(tuple),
    ),
    max_size=60,
)


def followed(events: Sequence[Seen], path: Path, pieces: int = 1_000, *, split: bool = False) -> Result:
    """What a funnel makes of events, given to it some at a time; their values travel as the payload."""

    def splitter(_us: int, payload: bytes | None) -> list[str]:
        return (payload or b"").decode().split()

    types = frozenset().union(*path.steps)
    ordered = sorted(events, key=lambda event: (event.us, event.tie))
    rows: list[Any] = [(*event[:4], " ".join(event.values).encode()) for event in ordered if event.event_type in types]
    funnel = Funnel(path, splitter if split else None)
    for start in range(0, len(rows), pieces):
        funnel.add(rows[start : start + pieces])
    return funnel.result()


def figures(steps: list[Step]) -> naive_funnel.Figures:
    return [(step.actors, step.median_us) for step in steps]


def path_of(*steps: str, window_us: int | None = None) -> Path:
    return Path(tuple(frozenset(step) for step in steps), window_us)


def counts(text: str, path: Path) -> list[int]:
    """How many come to each step, of one actor whose events are letters a microsecond apart; `(ab)` are of one time."""
    events, us, together = [], 0, False
    for tie, letter in enumerate(text):
        if letter in "()":
            together = letter == "("
        else:
            events.append(Seen(us, tie, letter, "x"))
        us += not together
    return [step.actors for step in followed(events, path).steps]


@pytest.mark.parametrize(
    ("events", "steps", "expected"),
    [
        ("abc", ("a", "b", "c"), [1, 1, 1]),
        ("bac", ("a", "b", "c"), [1, 0, 0]),
        ("bacb", ("a", "b"), [1, 1]),
        ("cbabc", ("a", "b", "c"), [1, 1, 1]),
        ("ac", ("a", "b", "c"), [1, 0, 0]),
        ("a", ("a", "a"), [1, 0]),
        ("aa", ("a", "a"), [1, 1]),
        ("ab", ("ab", "ab"), [1, 1]),
        ("(ba)", ("a", "b"), [1, 1]),
        ("(cba)", ("a", "b", "c"), [1, 1, 1]),
        ("(a)", ("a", "a"), [1, 0]),
        ("b", ("a", "b"), [0, 0]),
        ("", ("a",), [0]),
    ],
)
def test_the_first_event_that_follows_is_the_step(events, steps, expected):
    assert counts(events, path_of(*steps)) == expected


@pytest.mark.parametrize(("window_us", "expected"), [(2, [1, 0]), (3, [1, 1]), (None, [1, 1])])
def test_the_window_begins_with_the_first_step_and_includes_its_end(window_us, expected):
    assert counts("accb", path_of("a", "b", window_us=window_us)) == expected


def test_a_path_that_ran_out_of_time_is_not_begun_again():
    assert counts("accccab", path_of("a", "b", window_us=2)) == [1, 0]


def test_medians():
    events = [
        Seen(us, 0, letter, actor) for actor, b in (("x", 2), ("y", 5), ("z", 9)) for letter, us in (("a", 0), ("b", b))
    ]
    assert figures(followed(events, path_of("a", "b")).steps) == [(3, None), (3, 5)]
    assert figures(followed(events[:4], path_of("a", "b")).steps) == [(2, None), (2, 3)]  # 3.5, rounded down


@given(EVENTS, STEPS, st.none() | st.integers(1, 12), st.integers(1, 7))
def test_any_funnel_is_that_of_the_naive_computation(events, steps, window_us, pieces):
    events = [event._replace(tie=tie) for tie, event in enumerate(events)]
    result = followed(events, Path(steps, window_us), pieces, split=True)
    total, groups = naive_funnel.funnel(events, steps, window_us)
    assert figures(result.steps) == total
    assert {group.value: figures(group.steps) for group in result.groups} == groups
    looked_at = [event for event in events if any(event.event_type in types for types in steps)]
    assert (result.events, result.without_actor) == (len(looked_at), sum(event.actor is None for event in looked_at))


@given(EVENTS, STEPS)
def test_each_step_has_at_most_as_many_as_the_one_before(events, steps):
    actors = [step.actors for step in followed(events, Path(steps)).steps]
    assert actors == sorted(actors, reverse=True)


def test_groups_beyond_the_shown_are_taken_together():
    actors = [(f"x{number}", f"{number:03}") for number in range(funnels.SHOWN_GROUPS + 3)]
    events = [Seen(us, 0, letter, actor, (value,)) for us, letter in ((0, "a"), (7, "b")) for actor, value in actors]
    events.append(Seen(0, 0, "a", "another", ("102",)))
    result = followed(events, path_of("a", "b"), split=True)
    assert len(result.groups) == funnels.SHOWN_GROUPS + 1
    assert (result.groups[0].value, figures(result.groups[0].steps)) == ("102", [(2, None), (1, 7)])
    others = result.groups[-1]
    assert (others.value, others.others, figures(others.steps)) == (None, True, [(3, None), (3, 7)])


@pytest.mark.parametrize(("limit", "subject"), [("MAX_ACTORS", "steps"), ("MAX_VALUES", "split")])
def test_what_would_take_too_much_memory_is_refused(monkeypatch, limit, subject):
    monkeypatch.setattr(funnels, limit, 3)
    events = [Seen(0, 0, "a", f"x{number}", (str(number),)) for number in range(4)]
    assert followed(events[:3], path_of("a"), split=True).steps == [Step(3)]
    with pytest.raises(RpcError) as refusal:
        followed(events, path_of("a"), split=True)
    assert refusal.value.reason == "FUNNEL_TOO_LARGE"
    assert refusal.value.details[1].violations[0].subject == subject


@pytest.mark.parametrize(("limit", "what"), [("MAX_AT_ONCE", "7 events"), ("MAX_BYTES_AT_ONCE", "2 MiB of events")])
@pytest.mark.parametrize("pieces", [1, 3, 1_000])
def test_only_so_many_events_of_one_time_are_held(monkeypatch, limit, what, pieces):
    monkeypatch.setattr(funnels, limit, 7 if limit == "MAX_AT_ONCE" else 2 * 2**20)
    value = "v" * (2 * 2**20 // 7)
    fitting = [Seen(us, number, "a", f"x{number}", (value,)) for us in (5, 8, 9) for number in range(7)]
    assert followed(fitting, path_of("a"), pieces, split=True).events == 21
    with pytest.raises(RpcError) as refusal:
        followed([*fitting, Seen(9, 7, "a", "y", (value,))], path_of("a"), pieces, split=True)
    assert refusal.value.reason == "FUNNEL_TOO_LARGE"
    assert f"more than {what} of the same time, 1970-01-01T00:00:00.000009Z;" in refusal.value.message
    assert refusal.value.details[1].violations[0].subject == "filter"


@given(st.lists(st.integers(0, 2**45), max_size=300), st.integers(1, 20))
def test_the_median_of_durations(values, run):
    collected = durations.Durations()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(durations, "_RUN", run)
        for value in values:
            collected.add(value)
        assert sorted(collected) == sorted(values)
        assert len(collected) == len(values)
        assert collected.median() == (naive_funnel._median(values) if values else None)
