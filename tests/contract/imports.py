"""Starting imports with the official clients, and waiting for their end without sleeping."""

from __future__ import annotations

from typing import Any

from tests.contract.clients import Official
from tests.sources.emulator import DATASET, PROJECT
from tests.support.reflected import ReflectedClient

Request = dict[str, Any]


def inline(catalog: str, *events: Any) -> Request:
    """The request for an inline import."""
    return {"parent": catalog, "input_config": {"user_event_inline_source": {"user_events": list(events)}}}


def objects(catalog: str, *uris: str, errors: str | None = None, data_schema: str = "") -> Request:
    """The request for an import of gs:// objects."""
    request: Request = {
        "parent": catalog,
        "input_config": {"gcs_source": {"input_uris": list(uris), "data_schema": data_schema}},
    }
    if errors is not None:
        request["errors_config"] = {"gcs_prefix": errors}
    return request


def table(catalog: str, table_id: str, *, errors: str | None = None, **source: Any) -> Request:
    """The request for an import of a table of the emulator's dataset."""
    named = {"project_id": PROJECT, "dataset_id": DATASET, "table_id": table_id, **source}
    request: Request = {"parent": catalog, "input_config": {"big_query_source": named}}
    if errors is not None:
        request["errors_config"] = {"gcs_prefix": errors}
    return request


def ended(retail: Official, reflected: ReflectedClient, request: Request) -> Any:
    """The official client's operation of an import, after its end."""
    operation = retail.client.import_user_events(request)
    reflected.wait(operation.operation.name)
    return operation


def counts(operation: Any) -> tuple[int, int]:
    """Successes and failures, as the metadata of an operation say after its end."""
    assert operation.done()
    metadata = operation.metadata
    return metadata.success_count, metadata.failure_count
