"""Client events of v4 of which it is plain that they are accepted, from JSON to what is stored: see `plain_events`.

Whatever is taken here is what `json.decode`, `client_event.check` and `record.client_event_record` make of it. What it
does not take, right or wrong, is theirs to judge: other names of fields, events with notes or a profile.
"""

from __future__ import annotations

from typing import Annotated, Final, NamedTuple

import msgspec
from msgspec import Meta

from generated.footfall.v1.event_log_pb2 import ClientEventForm
from generated.google.cloud.talent.v4.event_pb2 import ClientEvent, JobEvent
from service.events import limits, names, plain_fields, plain_times
from service.events.client_event import MAX_JOBS
from service.events.identity import fingerprint
from service.events.record import ClientEventRecord

_FORM: Final = ClientEventForm.CLIENT_EVENT_FORM_V4


class PlainClientEvent(NamedTuple):
    """An event that is plainly accepted.

    Attributes:
        record: What is stored of it.
        json: What `json.encode` makes of that.
    """

    record: ClientEventRecord
    json: bytes


def read(text: bytes, tenant: str) -> PlainClientEvent | None:
    """An event, or None where the text is not plain.

    Args:
        text: Its JSON.
        tenant: That it is written to.
    """
    try:
        event = _decode(text)
        seconds, nanos = plain_times.read_nanos(event.create_time)
        if seconds <= 0 or not all(names.is_job_of(job, tenant) for job in event.job_event.jobs):
            return None
        begin = (_request_id.encode(event.request_id) if event.request_id else b"") + _event_id.encode(event.event_id)
        event_type, type_encoded = _types[event.job_event.type]
        end = plain_fields.delimited(_job_event_heads, type_encoded + _jobs.encode(event.job_event.jobs))
    except (ValueError, KeyError, RecursionError):
        return None
    payload = begin + _create_time.encode(seconds, nanos) + end
    if len(payload) > limits.MAX_EVENT_SIZE:
        return None
    record = ClientEventRecord(
        event.event_id,
        fingerprint(payload),
        seconds * plain_times.MICROS + nanos // 1_000,
        event.request_id or None,
        event_type,
        payload,
        _FORM,
        None,
        None,
    )
    return PlainClientEvent(record, _to_json(event))


_JOB_EVENT: Final = plain_fields.struct_of(
    "JobEvent", ("type", str), ("jobs", Annotated[list[str], Meta(min_length=1, max_length=MAX_JOBS)])
)
_CLIENT_EVENT: Final = plain_fields.struct_of(
    "ClientEvent",
    ("request_id", str, ""),
    ("event_id", Annotated[str, Meta(min_length=1)]),
    ("create_time", str),
    ("job_event", _JOB_EVENT),
)
_decode: Final = msgspec.json.Decoder(_CLIENT_EVENT).decode
_to_json: Final = msgspec.json.Encoder().encode
_request_id: Final = plain_fields.Text(ClientEvent.REQUEST_ID_FIELD_NUMBER)
_event_id: Final = plain_fields.Text(ClientEvent.EVENT_ID_FIELD_NUMBER)
_create_time: Final = plain_times.Time(ClientEvent.CREATE_TIME_FIELD_NUMBER)
_job_event_heads: Final = plain_fields.heads(ClientEvent.JOB_EVENT_FIELD_NUMBER)
_jobs: Final = plain_fields.Texts(JobEvent.JOBS_FIELD_NUMBER)
_types: Final = {
    name: (number, plain_fields.Integer(JobEvent.TYPE_FIELD_NUMBER).encode(number))
    for name, number in JobEvent.JobEventType.items()
    if number
}
