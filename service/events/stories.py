"""Stories: what the client events of one search tell together, held against Google's advice on how to use them.

The advice stands in the comments of JobEventType (event.proto). It is advice: no event is refused for it.
"""

from __future__ import annotations

from typing import Final, NamedTuple, cast

from generated.footfall.v1.insights_service_pb2 import UsageWarning
from generated.google.cloud.talent.v4.event_pb2 import ClientEvent, JobEvent

SHOWN_JOBS: Final = 100

_REPLACED: Final = {
    JobEvent.APPLICATION_QUICK_SUBMISSION: (JobEvent.APPLICATION_START, JobEvent.APPLICATION_FINISH),
    JobEvent.APPLICATION_START_FROM_SEARCH: (JobEvent.VIEW,),
    JobEvent.APPLICATION_REDIRECT_FROM_SEARCH: (
        JobEvent.APPLICATION_START,
        JobEvent.APPLICATION_FINISH,
        JobEvent.VIEW,
    ),
}
_BESIDE: Final = {
    JobEvent.APPLICATION_QUICK_SUBMISSION: UsageWarning.KIND_QUICK_SUBMISSION_BESIDE_START_OR_FINISH,
    JobEvent.APPLICATION_START_FROM_SEARCH: UsageWarning.KIND_START_FROM_SEARCH_BESIDE_VIEW,
    JobEvent.APPLICATION_REDIRECT_FROM_SEARCH: UsageWarning.KIND_REDIRECT_FROM_SEARCH_BESIDE_START_FINISH_OR_VIEW,
}
_OUTCOMES: Final = (JobEvent.HIRED, JobEvent.INTERVIEW_GRANTED)
_SEARCHED: Final = frozenset(
    {
        JobEvent.IMPRESSION,
        JobEvent.VIEW,
        JobEvent.APPLICATION_START_FROM_SEARCH,  # these two stand for a VIEW, too
        JobEvent.APPLICATION_REDIRECT_FROM_SEARCH,
    }
)

TRIGGERS: Final = frozenset(map(int, (*_REPLACED, *_OUTCOMES)))
"""Types of the events that advice is about: a story without any of them has no warning."""

NEED_JOBS: Final = TRIGGERS | {int(each) for replaced in _REPLACED.values() for each in replaced}
"""Types of the events whose jobs matter."""

RELEVANT: Final = NEED_JOBS | frozenset(map(int, _SEARCHED))
"""Types of the events that matter at all."""


class Finding(NamedTuple):
    """Advice that a story does not keep, and the jobs that it is about, in order."""

    kind: UsageWarning.Kind
    jobs: list[str]


class Story:
    """What matters of the events of one search."""

    def __init__(self) -> None:
        self._jobs: dict[int, set[str]] = {}

    def add(self, event_type: int, payload: bytes | None) -> None:
        """Takes an event, in any order; its payload matters for NEED_JOBS only."""
        if event_type in RELEVANT:
            jobs = self._jobs.setdefault(event_type, set())
            if event_type in NEED_JOBS:
                jobs.update(ClientEvent.FromString(payload or b"").job_event.jobs)

    @classmethod
    def of(cls, event_type: str | int) -> Story:
        """The story of one event that belongs to no search."""
        story = cls()
        story.add(int(event_type), None)
        return story

    def findings(self) -> list[Finding]:
        """What is odd, in the order of UsageWarning.Kind, each at most once."""
        found = []
        for replacing, replaced in _REPLACED.items():
            jobs = self._jobs.get(replacing, set()) & set().union(*(self._jobs.get(each, ()) for each in replaced))
            if jobs:
                found.append(Finding(_BESIDE[replacing], sorted(jobs)))
        outcomes = [self._jobs[each] for each in _OUTCOMES if each in self._jobs]
        if outcomes and self._jobs.keys().isdisjoint(_SEARCHED):
            found.append(Finding(UsageWarning.KIND_OUTCOME_WITHOUT_SEARCH, sorted(set().union(*outcomes))))
        return found


def message(finding: Finding) -> UsageWarning:
    """A finding as it is shown."""
    jobs = f"{len(finding.jobs):,} job{'' if len(finding.jobs) == 1 else 's'}"
    if finding.kind == UsageWarning.KIND_OUTCOME_WITHOUT_SEARCH:
        text = (
            "HIRED and INTERVIEW_GRANTED are for applications that began with a search; there is no IMPRESSION or VIEW "
            f"with this request_id, but an outcome for {jobs}."
        )
    else:
        replacing = next(each for each, kind in _BESIDE.items() if kind == finding.kind)
        replaced = [_name(each) for each in _REPLACED[replacing]]
        one = "one" if len(replaced) == 1 else "one of them"
        text = f"{_name(replacing)} replaces {_listed(replaced)}; it stands beside {one} for {jobs}."
    return UsageWarning(kind=finding.kind, message=text, jobs=finding.jobs[:SHOWN_JOBS])


def _name(event_type: int) -> str:
    return JobEvent.JobEventType.Name(cast("JobEvent.JobEventType", event_type))


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
