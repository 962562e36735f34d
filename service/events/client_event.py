"""The rules of a talent client event in v4's form (event.proto). It is its own normal form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from generated.google.cloud.talent.v4.event_pb2 import ClientEvent, JobEvent
from service.events import errors, limits, names, paths
from service.events.errors import Findings, Violation, missing, violation

EVENT_NOTES_LENGTH: Final = 1_000  # characters
MAX_JOBS: Final = 500

_KNOWN_TYPES: Final = frozenset(JobEvent.JobEventType.values())


def check(
    event: ClientEvent, tenant: str, *, type_required: bool = True, time_required: bool = True
) -> list[Violation]:
    """Holds an event against all rules at once.

    Args:
        event: As the client sent it, or as another version's event says it in v4's form.
        tenant: The tenant that it is written to, as `names.parse_tenant` returned it.
        type_required: False lets JOB_EVENT_TYPE_UNSPECIFIED pass, for types without a value in v4: v3's NOT_INTERESTED.
        time_required: False lets an event without create_time pass; the server fills in the time of receipt.

    Returns:
        The violations in the order of field numbers, at most `errors.MAX_VIOLATIONS`; empty if the event is accepted.
    """
    found = Findings()
    try:
        limits.check_size(found, event)
        if not event.event_id:
            found.add(missing("event_id"))
        if event.HasField("create_time"):
            limits.check_timestamp(found, "create_time", event.create_time)
        elif time_required:
            found.add(missing("create_time"))
        if event.HasField("job_event"):
            _check_job_event(found, event.job_event, tenant, type_required=type_required)
        else:
            found.add(missing("job_event"))
        if len(event.event_notes) > EVENT_NOTES_LENGTH:
            found.add(limits.too_long("event_notes", EVENT_NOTES_LENGTH, len(event.event_notes)))
    except Findings.Enough:
        pass
    return found


def _check_job_event(found: Findings, event: JobEvent, tenant: str, *, type_required: bool) -> None:
    job_event_type, jobs = event.type, event.jobs
    if not job_event_type:
        if type_required:
            found.add(missing("job_event.type"))
    elif job_event_type not in _KNOWN_TYPES:
        rule = f"must be a JobEventType from 1 to {max(_KNOWN_TYPES)}, but is {job_event_type}."
        found.add(violation("job_event.type", rule))
    check_jobs(found, "job_event.jobs", jobs, tenant)


def check_jobs(found: Findings, field: str, jobs: Sequence[str], tenant: str) -> None:
    """1 to 500 full names of jobs of the tenant."""
    if not jobs:
        found.add(missing(field))
    elif len(jobs) > MAX_JOBS:
        found.add(limits.too_many(field, MAX_JOBS, len(jobs)))
    for index, job in enumerate(jobs[:MAX_JOBS]):
        if not names.is_job_of(job, tenant):
            rule = f"must be of the form {tenant}/jobs/*, but is {paths.quoted(job)}."
            found.add(violation(f"{field}[{index}]", rule, "INVALID_RESOURCE_ID"))


def event_id_taken(tenant: str, event_id: str) -> errors.RpcError:
    """What is wrong with an event whose id stands for another content."""
    shown = event_id[:64]
    return errors.already_exists(
        f"event_id '{shown}' is taken in this tenant by an event with other content; give each event an id of its "
        f"own, and "
        "send the same content when you send one again.",
        resource_type="jobs.googleapis.com/ClientEvent",
        resource_name=f"{tenant}/clientEvents/{shown}",
        reason="EVENT_ID_TAKEN",
    )
