"""The forms in which client events are sent, and the one in which they are kept: v4's, with what it can't say beside.

Each form brings some fields of its own. They stay with the event; what a form can't say stays empty.
"""

from __future__ import annotations

import contextlib
from typing import Final, NamedTuple, cast

from google.protobuf.message import Message

from generated.footfall.v1.event_log_pb2 import ClientEventForm, StoredClientEvent
from generated.footfall.v1.legacy_event_pb2 import LegacyClientEvent
from generated.google.cloud.talent.v3 import event_pb2 as v3
from generated.google.cloud.talent.v4.event_pb2 import ClientEvent, JobEvent
from generated.google.cloud.talent.v4beta1 import event_pb2 as v4beta1
from service.events import client_event, limits, names
from service.events.errors import Findings, Violation, missing, violation

EXTRA_INFO_KEYS: Final = 20
EXTRA_INFO_BYTES: Final = 2_048
"""Of keys and values together, as UTF-8 (the reference of v3)."""

_MILLIS_PER_SECOND: Final = 1_000
_NANOS_PER_MILLI: Final = 1_000_000
_OTHER_NAMES: Final[dict[str, JobEvent.JobEventType]] = {
    "APPLICATION_START_FROM_START": JobEvent.APPLICATION_START_FROM_SEARCH,
    "APPLICATION_REDIRECT_FROM_START": JobEvent.APPLICATION_REDIRECT_FROM_SEARCH,
    "VIEW_DIRECT": JobEvent.VIEW_REDIRECT,
}
"""The legacy form's names for types that v4 calls otherwise; the descriptions are the same."""


class NormalForm(NamedTuple):
    """A client event as it is kept.

    Attributes:
        event: In v4's form.
        beside: What else was said, in the fields that StoredClientEvent has for it, and the form that it was said in;
            None: that was v4's, which leaves nothing.
        violations: The rules that it breaks, in the names of the form that it was sent in; empty if it is accepted.
    """

    event: ClientEvent
    beside: StoredClientEvent | None
    violations: list[Violation]


def normal_form(sent: Message, tenant: str, *, tenantless: bool = False) -> NormalForm:
    """Returns the normal form of an event; `sent` stays as it is.

    Args:
        sent: A ClientEvent of Cloud Talent's v3, v3p1beta1, v4 or v4beta1, or a LegacyClientEvent.
        tenant: The tenant that it is written to, as `names.parse_tenant` returned it.
        tenantless: Whether the caller named a project only. Then, and in the forms that know no tenants, the jobs of
            the tenant `default` may go by their short names.

    Raises:
        TypeError: It is another message.
    """
    is_default = names.is_default_tenant(tenant)
    match sent:
        case ClientEvent():
            return _of_v4(sent, tenant)
        case v4beta1.ClientEvent():
            return _of_v4beta1(sent, tenant, short_names=tenantless and is_default)
        case v3.ClientEvent():
            return _of_v3(sent, tenant, short_names=is_default)
        case LegacyClientEvent():
            return _of_legacy(sent, tenant, short_names=is_default)
    if sent.DESCRIPTOR.full_name == "google.cloud.talent.v3p1beta1.ClientEvent":
        return _of_v3(v3.ClientEvent.FromString(sent.SerializeToString()), tenant, short_names=is_default)
    raise TypeError(f"{sent.DESCRIPTOR.full_name} is no client event")


def _of_v4(sent: ClientEvent, tenant: str) -> NormalForm:
    return NormalForm(sent, None, client_event.check(sent, tenant))


def _of_v4beta1(sent: v4beta1.ClientEvent, tenant: str, *, short_names: bool) -> NormalForm:
    """The same fields under the same numbers, but for the profile."""
    renumbered = v4beta1.ClientEvent()
    renumbered.CopyFrom(sent)
    if sent.HasField("job_event"):
        renumbered.job_event.ClearField("profile")
    event = ClientEvent.FromString(renumbered.SerializeToString())
    if sent.HasField("job_event"):
        event.job_event.profile = sent.job_event.profile
    if short_names:
        _complete_jobs(event, tenant)
    return _of_v4(event, tenant)


def _of_v3(sent: v3.ClientEvent, tenant: str, *, short_names: bool) -> NormalForm:
    beside = StoredClientEvent(
        form=ClientEventForm.CLIENT_EVENT_FORM_V3, parent_event_id=sent.parent_event_id, extra_info=sent.extra_info
    )
    event = ClientEvent(request_id=sent.request_id, event_id=sent.event_id)
    if sent.HasField("create_time"):
        event.create_time.CopyFrom(sent.create_time)
    if sent.HasField("job_event"):
        event.job_event.jobs.extend(sent.job_event.jobs)
        event.job_event.type = cast("JobEvent.JobEventType", sent.job_event.type)
        if sent.job_event.type == v3.JobEvent.NOT_INTERESTED:
            event.job_event.type = JobEvent.JOB_EVENT_TYPE_UNSPECIFIED
            beside.original_type = v3.JobEvent.JobEventType.Name(sent.job_event.type)
    if short_names:
        _complete_jobs(event, tenant)
    found = Findings()
    if not sent.request_id:
        found.append(missing("request_id"))
    found += client_event.check(event, tenant, type_required=not beside.original_type)
    _check_extra_info(found, sent)
    return NormalForm(event, beside, found)


def _check_extra_info(found: Findings, sent: v3.ClientEvent) -> None:
    if len(sent.extra_info) > EXTRA_INFO_KEYS:
        rule = f"must have at most {EXTRA_INFO_KEYS} keys, but has {len(sent.extra_info):,}."
        found.append(violation("extra_info", rule, "TOO_MANY"))
    size = sum(len(text.encode()) for entry in sent.extra_info.items() for text in entry)
    if size > EXTRA_INFO_BYTES:
        found.append(limits.too_long("extra_info", EXTRA_INFO_BYTES, size, "bytes of keys and values"))
    if len(sent.parent_event_id.encode()) > limits.MAX_EVENT_SIZE:
        size = len(sent.parent_event_id.encode())
        found.append(limits.too_long("parent_event_id", limits.MAX_EVENT_SIZE, size, "bytes"))


def _of_legacy(sent: LegacyClientEvent, tenant: str, *, short_names: bool) -> NormalForm:
    beside = StoredClientEvent(form=ClientEventForm.CLIENT_EVENT_FORM_LEGACY, details=sent.details)
    event = ClientEvent(request_id=sent.request_id, event_id=sent.event_id)
    seconds, millis = divmod(sent.event_timestamp_millis, _MILLIS_PER_SECOND)
    event.create_time.seconds, event.create_time.nanos = seconds, millis * _NANOS_PER_MILLI
    event.job_event.jobs.extend(sent.related_job_names)
    found = Findings()
    if sent.event_type in LegacyClientEvent.EventType.values():
        name = LegacyClientEvent.EventType.Name(sent.event_type)
        if name in _OTHER_NAMES:
            beside.original_type = name
            event.job_event.type = _OTHER_NAMES[name]
        elif sent.event_type:
            event.job_event.type = cast("JobEvent.JobEventType", JobEvent.JobEventType.Value(name))
    if short_names:
        _complete_jobs(event, tenant)
    with contextlib.suppress(Findings.Enough):
        _check_legacy(found, sent, event, tenant)
    return NormalForm(event, beside, found)


def _check_legacy(found: Findings, sent: LegacyClientEvent, event: ClientEvent, tenant: str) -> None:
    limits.check_size(found, sent)
    if not sent.event_id:
        found.add(missing("event_id"))
    if not sent.event_type:
        found.add(missing("event_type"))
    elif not event.job_event.type:
        rule = f"must be an EventType from 1 to {max(LegacyClientEvent.EventType.values())}, but is {sent.event_type}."
        found.add(violation("event_type", rule))
    if not sent.request_id:
        found.add(missing("request_id"))
    client_event.check_jobs(found, "related_job_names", event.job_event.jobs, tenant)
    if sent.HasField("event_timestamp_millis"):
        limits.check_timestamp(found, "event_timestamp_millis", event.create_time)
    else:
        found.add(missing("event_timestamp_millis"))


def _complete_jobs(event: ClientEvent, tenant: str) -> None:
    if event.HasField("job_event"):
        event.job_event.jobs[:] = [names.complete_job(job, tenant) for job in event.job_event.jobs]
