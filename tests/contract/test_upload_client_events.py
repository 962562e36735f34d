"""footfall.v1 UploadClientEvents: files of client events, in any of their forms."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from google.api_core.exceptions import InvalidArgument

from tests.contract.refusals import refused
from tests.support.reflected import EVENT_LOG, ReflectedClient

TYPES = {  # of the legacy form, with the numbers that v4 has for them
    "APPLICATION_START": 4, "APPLICATION_FINISH": 5, "APPLICATION_QUICK_SUBMISSION": 6, "APPLICATION_REDIRECT": 7,
    "APPLICATION_COMPANY_SUBMIT": 10, "VIEW": 2, "BOOKMARK": 11, "IMPRESSION": 1, "NOTIFICATION": 12, "HIRED": 13,
    "SENT_CV": 14, "INTERVIEW_GRANTED": 15, "APPLICATION_START_FROM_START": 8, "APPLICATION_REDIRECT_FROM_START": 9,
    "VIEW_DIRECT": 3,
}  # fmt: skip


def legacy(event_type: str = "VIEW", **fields: Any) -> str:
    event = {
        "eventId": event_type,
        "eventType": event_type,
        "requestId": "r",
        "relatedJobNames": ["jobs/j"],
        "eventTimestampMillis": "1546300800123",
        "details": {"source": "mail"},
        **fields,
    }
    return json.dumps(event)


def v4(tenant: str, number: int = 0, **fields: Any) -> str:
    event = {
        "eventId": f"e{number}",
        "createTime": "2019-01-01T00:00:00Z",
        "jobEvent": {"type": "VIEW", "jobs": [f"{tenant}/jobs/j"]},
        **fields,
    }
    return json.dumps(event)


def upload(reflected: ReflectedClient, parent: str, lines: list[str], packed: bool = False, **fields: Any) -> Any:
    data = "\n".join(lines).encode()
    data = gzip.compress(data) if packed else data
    messages = [
        reflected.message("footfall.v1.UploadClientEventsRequest", data=data[start : start + 1_000])
        for start in range(0, len(data), 1_000)
    ]
    first = reflected.message("footfall.v1.UploadClientEventsRequest", parent=parent, file_name="f.jsonl", **fields)
    return reflected.call(EVENT_LOG, "UploadClientEvents", iter([first, *messages]))


def ended(reflected: ReflectedClient, operation: Any) -> tuple[int, int, Any]:
    """Counts of successes and failures, and the response."""
    done = reflected.wait(operation.name)
    assert done.WhichOneof("result") == "response", done.error
    metadata = reflected.message("google.cloud.retail.v2.ImportMetadata")
    assert done.metadata.Unpack(metadata)
    response = reflected.message("footfall.v1.UploadClientEventsResponse")
    assert done.response.Unpack(response)
    return metadata.success_count, metadata.failure_count, response


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_each_legacy_type(reflected: ReflectedClient, tenant: str, packed: bool) -> None:
    default = f"projects/{tenant.rpartition('/')[2]}/tenants/default"
    lines = [legacy(name) for name in TYPES] + [legacy("EVENT_TYPE_UNSPECIFIED")]

    operation = upload(reflected, default, lines, packed, data_schema="client_event_legacy")

    assert operation.name.startswith(f"{default}/operations/import-client-events-")
    good, bad, response = ended(reflected, operation)
    assert (good, bad, response.stored_count, response.repeated_count) == (15, 1, 15, 0)
    stored = reflected.client_events(default)
    assert {each.client_event.event_id: each.client_event.job_event.type for each in stored} == TYPES
    assert {(each.source, each.form, each.details["source"]) for each in stored} == {(5, 3, "mail")}
    assert {each.original_type for each in stored} == {"", *list(TYPES)[-3:]}
    (rejected,) = reflected.rejected(default)
    assert (rejected.uri, rejected.line_number, rejected.source) == ("f.jsonl", 16, 5)
    assert rejected.raw == lines[-1]

    good, bad, response = ended(reflected, upload(reflected, default, lines, data_schema="client_event_legacy"))
    assert (good, bad, response.stored_count, response.repeated_count) == (15, 1, 0, 15)
    assert len(reflected.client_events(default)) == 15


def test_v4_is_the_default_form(reflected: ReflectedClient, tenant: str) -> None:
    lines = [v4(tenant, number) for number in range(1_000)]

    good, bad, response = ended(reflected, upload(reflected, tenant, lines))

    assert (good, bad, response.stored_count) == (1_000, 0, 1_000)
    assert len(reflected.client_events(tenant)) == 1_000


def test_v3_lines(reflected: ReflectedClient, tenant: str) -> None:
    default = f"projects/{tenant.rpartition('/')[2]}/tenants/default"
    event = {"requestId": "r", "jobEvent": {"type": "NOT_INTERESTED", "jobs": ["j"]}, "extraInfo": {"k": "v"}}

    good, bad, _ = ended(reflected, upload(reflected, default, [v4(default, **event)], data_schema="client_event_v3"))

    assert (good, bad) == (1, 0)
    (stored,) = reflected.client_events(default)
    assert (stored.original_type, dict(stored.extra_info)) == ("NOT_INTERESTED", {"k": "v"})


def test_what_is_wrong_with_a_line_is_told(reflected: ReflectedClient, tenant: str, bucket: Path) -> None:
    lines = [
        v4(tenant),
        "",
        v4(tenant, requestId="other"),  # takes the id of the first
        "}",
        v4(tenant, 1, eventNotes="n" * 1_001),
        v4(tenant),
    ]

    good, bad, response = ended(
        reflected, upload(reflected, tenant, lines, gcs_errors_prefix=f"gs://{bucket.name}/errors")
    )

    assert (good, bad, response.stored_count, response.repeated_count) == (2, 3, 1, 1)
    rejected = reflected.rejected(tenant)
    assert [(each.line_number, each.status.code) for each in rejected] == [(5, 3), (4, 3), (3, 6)]
    assert rejected[-1].raw == lines[2]
    assert [sample.code for sample in response.error_samples] == [6, 3, 3]
    (file,) = (bucket / "errors").iterdir()
    reports = [json.loads(line) for line in file.read_text().splitlines()]
    assert [report["details"][0]["value"]["line_number"] for report in reports] == [3, 4, 5]


@pytest.mark.parametrize(
    ("parent", "schema", "field"),
    [
        ("projects/p", "", "parent"),
        ("projects/p/locations/l/catalogs/c", "", "parent"),
        ("projects/p/tenants/t", "user_event", "data_schema"),
    ],
)
def test_a_wrong_first_message(reflected: ReflectedClient, parent: str, schema: str, field: str) -> None:
    with refused(InvalidArgument) as refusal:
        upload(reflected, parent, [], data_schema=schema)
    assert set(refusal.fields) == {field}


@pytest.mark.parametrize("server", [pytest.param(["--max-event-age-days", "30"], id="age")], indirect=True)
def test_the_age_limit_of_imports_holds(reflected: ReflectedClient, tenant: str) -> None:
    good, bad, response = ended(reflected, upload(reflected, tenant, [v4(tenant)]))
    assert (good, bad) == (0, 1)
    assert "--max-event-age-days" in response.error_samples[0].message
