"""What a page with jobs reports, as JSON, and the client event that it stands for."""

from __future__ import annotations

import json as plain_json
from collections.abc import Collection, Mapping
from itertools import islice
from typing import Any, Final, NoReturn, cast

from google.protobuf.timestamp_pb2 import Timestamp

from generated.google.cloud.talent.v4.event_pb2 import ClientEvent, JobEvent
from service.events import json, limits, names, paths
from service.events.client_event import EVENT_NOTES_LENGTH
from service.events.errors import MAX_VIOLATIONS, Violation, missing, violation

FIELDS: Final = ("type", "jobId", "metadata", "sessionId", "eventId", "createTime")
"""Of one event of a page."""

_TYPES: Final = {
    name: cast("JobEvent.JobEventType", number)  # at run time an enum's value is its number
    for name, number in JobEvent.JobEventType.items()
    if number
}
_TIMESTAMP: Final = Timestamp.DESCRIPTOR.full_name
_WRONG_TYPE: Final = "INCORRECT_JSON_FORMAT"


def parse(body: bytes) -> list[Any]:
    """Returns the events in the body of a request, `{"events": […]}`; none of them was looked at.

    Raises:
        JsonError: The body is something else, or more than that.
    """
    try:
        value = plain_json.loads(body.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise _whole(f"The body is not JSON: {paths.cut(str(error))}.") from None
    if not isinstance(value, dict):
        raise _whole('The body must be a JSON object, {"events": […]}.')
    found = _unknown_names(value, ("events",))
    events = value.get("events")
    if events is not None and not isinstance(events, list):
        found.append(violation("events", "must be a list.", _WRONG_TYPE))
    elif not events and not found:
        found.append(missing("events"))
    if found:
        raise json.JsonError(found)
    return list(value["events"])


def to_client_event(value: Any, tenant: str) -> ClientEvent:
    """Returns the event of a tenant that a page's event stands for; its id and time are there if the page gave them.

    sessionId becomes request_id, and metadata becomes event_notes, as JSON text. jobId is the full name of a job of the
    tenant, or its id.

    Args:
        value: One of those that `parse` returned.
        tenant: As `names.parse_tenant` returned it.

    Raises:
        JsonError: No event can be made of it, with everything that is wrong with it. Fields have the page's names.
    """
    if not isinstance(value, dict):
        raise _whole("An event must be a JSON object.")
    fields = _Fields(value)
    event = ClientEvent(
        request_id=fields.text("sessionId"),
        event_id=fields.text("eventId"),
        event_notes=fields.notes("metadata"),
    )
    event.job_event.type = fields.event_type("type")
    event.job_event.jobs.append(fields.job("jobId", tenant))
    if time := fields.time("createTime"):
        event.create_time.CopyFrom(time)
    if fields.found:
        raise json.JsonError(fields.found)
    return event


class _Fields:
    """Reads the fields of one event; what is wrong with one is added to `found`, and something harmless returned."""

    def __init__(self, value: Mapping[str, Any]) -> None:
        self._value = value
        self.found = _unknown_names(value, FIELDS)

    def text(self, field: str) -> str:
        """A text, empty when it is null or not there."""
        given = self._value.get(field)
        if given is None:
            return ""
        if not isinstance(given, str):
            return self._wrong(field, f"must be a string, but is {_shown(given)}.")
        try:
            given.encode()
        except UnicodeEncodeError:
            return self._wrong(field, "must be valid Unicode, without lone surrogates.")
        return given

    def needed(self, field: str) -> str:
        """A text that has to be there."""
        given = self.text(field)
        if not given and self._value.get(field) in (None, ""):
            self.found.append(missing(field))
        return given

    def event_type(self, field: str) -> JobEvent.JobEventType:
        """One of v4's types, by name."""
        name = self.needed(field)
        if name and name not in _TYPES:
            self._wrong(field, f"must be one of {', '.join(_TYPES)}, but is {paths.quoted(name)}.", "INVALID_VALUE")
        return _TYPES.get(name, JobEvent.JOB_EVENT_TYPE_UNSPECIFIED)

    def job(self, field: str, tenant: str) -> str:
        """The full name of a job."""
        given = self.needed(field)
        name = names.complete_job(given, tenant)
        if given and not names.is_job_of(name, tenant):
            rule = f"must be {tenant}/jobs/*, or the id of such a job, but is {paths.quoted(given)}."
            self._wrong(field, rule, "INVALID_RESOURCE_ID")
        return name

    def notes(self, field: str) -> str:
        """A JSON object as text."""
        given = self._value.get(field)
        if given is None:
            return ""
        if not isinstance(given, dict):
            return self._wrong(field, f"must be an object, but is {_shown(given)}.")
        text = plain_json.dumps(given, ensure_ascii=False, separators=(",", ":"))
        if len(text) > EVENT_NOTES_LENGTH:
            self.found.append(limits.too_long(field, EVENT_NOTES_LENGTH, len(text), "characters as JSON"))
            return ""
        try:
            text.encode()
        except UnicodeEncodeError:
            return self._wrong(field, "must be valid Unicode, without lone surrogates.")
        return text

    def time(self, field: str) -> Timestamp | None:
        """A time in RFC 3339."""
        given = self.text(field)
        if not given and self._value.get(field) != "":
            return None
        try:
            return Timestamp.FromString(json.decode(_TIMESTAMP, plain_json.dumps(given)))
        except json.JsonError:
            rule = f'must be an RFC 3339 time, such as "2024-01-31T13:00:00Z", but is {paths.quoted(given)}.'
            self._wrong(field, rule, "INVALID_TIMESTAMP")
            return None

    def _wrong(self, field: str, rule: str, reason: str = _WRONG_TYPE) -> str:
        self.found.append(violation(field, rule, reason))
        return ""


def _unknown_names(value: Mapping[str, Any], known: Collection[str]) -> list[Violation]:
    unknown = (name for name in value if name not in known)
    return [
        Violation(
            paths.cut(name),
            f"Unknown name {paths.quoted(name)}: known are {', '.join(known)}. Remove it.",
            "UNKNOWN_FIELD",
        )
        for name in islice(unknown, MAX_VIOLATIONS)
    ]


def _shown(value: Any) -> str:
    match value:
        case dict():
            return "an object"
        case list():
            return "a list"
        case _:
            return paths.quoted(value)


def _whole(description: str) -> json.JsonError:
    return json.JsonError([Violation("", description, _WRONG_TYPE)])


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"a number can't be {name}")
