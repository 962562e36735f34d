"""What is odd about the events of a search, by example and against a computation of its own for any events."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generated.footfall.v1.insights_service_pb2 import UsageWarning
from generated.google.cloud.talent.v4.event_pb2 import ClientEvent, JobEvent
from service.events import stories
from service.events.stories import NEED_JOBS, RELEVANT, TRIGGERS, Story
from tests.support import naive_funnel

JOB = "projects/p/tenants/t/jobs/"
EVENTS = st.lists(
    st.tuples(st.sampled_from(JobEvent.JobEventType.keys()), st.frozensets(st.sampled_from("123"), min_size=1)),
    max_size=12,
)


def story(*events: tuple[str, str | frozenset[str]]) -> Story:
    told = Story()
    for name, jobs in events:
        event = ClientEvent(job_event=JobEvent(type=name, jobs=sorted(jobs)))
        told.add(event.job_event.type, event.SerializeToString() if event.job_event.type in NEED_JOBS else None)
    return told


def found(told: Story) -> dict[str, set[str]]:
    return {UsageWarning.Kind.Name(each.kind): set(each.jobs) for each in told.findings()}


@pytest.mark.parametrize(
    ("events", "kinds"),
    [
        ("IMPRESSION VIEW APPLICATION_START APPLICATION_FINISH HIRED", []),
        ("IMPRESSION APPLICATION_QUICK_SUBMISSION", []),
        ("APPLICATION_QUICK_SUBMISSION APPLICATION_START", ["KIND_QUICK_SUBMISSION_BESIDE_START_OR_FINISH"]),
        ("APPLICATION_FINISH APPLICATION_QUICK_SUBMISSION", ["KIND_QUICK_SUBMISSION_BESIDE_START_OR_FINISH"]),
        ("VIEW APPLICATION_START_FROM_SEARCH", ["KIND_START_FROM_SEARCH_BESIDE_VIEW"]),
        ("IMPRESSION APPLICATION_START_FROM_SEARCH APPLICATION_FINISH", []),
        ("VIEW APPLICATION_REDIRECT_FROM_SEARCH", ["KIND_REDIRECT_FROM_SEARCH_BESIDE_START_FINISH_OR_VIEW"]),
        (
            "APPLICATION_REDIRECT_FROM_SEARCH APPLICATION_START",
            ["KIND_REDIRECT_FROM_SEARCH_BESIDE_START_FINISH_OR_VIEW"],
        ),
        ("HIRED", ["KIND_OUTCOME_WITHOUT_SEARCH"]),
        ("APPLICATION_START INTERVIEW_GRANTED", ["KIND_OUTCOME_WITHOUT_SEARCH"]),
        ("HIRED IMPRESSION", []),
        ("APPLICATION_START_FROM_SEARCH HIRED", []),
        ("SENT_CV", []),
        ("", []),
    ],
)
def test_advice(events, kinds):
    assert list(found(story(*((name, "1") for name in events.split())))) == kinds


def test_events_about_other_jobs_replace_nothing():
    assert found(story(("VIEW", "1"), ("APPLICATION_START_FROM_SEARCH", "2"))) == {}


@given(EVENTS)
def test_any_story_is_that_of_the_naive_computation(events):
    told = found(story(*events))
    assert told == naive_funnel.warnings(events)
    assert not told or {JobEvent.JobEventType.Value(name) for name, _ in events} & TRIGGERS


@given(EVENTS)
def test_other_types_do_not_matter(events):
    relevant = [event for event in events if JobEvent.JobEventType.Value(event[0]) in RELEVANT]
    assert found(story(*relevant)) == found(story(*events))


def test_a_warning_says_what_is_replaced_and_where():
    [finding] = story(("VIEW", "1"), ("APPLICATION_REDIRECT_FROM_SEARCH", "1")).findings()
    assert stories.message(finding) == UsageWarning(
        kind=UsageWarning.KIND_REDIRECT_FROM_SEARCH_BESIDE_START_FINISH_OR_VIEW,
        message="APPLICATION_REDIRECT_FROM_SEARCH replaces APPLICATION_START, APPLICATION_FINISH and VIEW; "
        "it stands beside one of them for 1 job.",
        jobs=["1"],
    )
    many = frozenset(f"{JOB}{number:03}" for number in range(stories.SHOWN_JOBS + 1))
    [finding] = story(("HIRED", many)).findings()
    shown = stories.message(finding)
    assert shown.message.endswith("but an outcome for 101 jobs.")
    assert list(shown.jobs) == sorted(many)[: stories.SHOWN_JOBS]
