"""What imports ask of BigQuery: checked, looked up and kept in a plan when they are accepted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from generated.google.cloud.retail.v2.import_config_pb2 import ImportProductsRequest, ImportUserEventsRequest
from service.events import errors
from service.operations.object_requests import check_errors_config, verify_errors_prefix
from service.sources.bigquery import BigQueryTable, NotPartitionedError, TableInfo
from service.sources.objects import ObjectError, ObjectNotFoundError, ObjectStorageUnavailableError, ObjectStore
from service.sources.schemas.table_source import FIELD, check_source, partition_day


async def plan_table(
    request: ImportUserEventsRequest | ImportProductsRequest,
    object_store: Callable[[], ObjectStore],
    schemas: Sequence[str],
) -> dict[str, Any]:
    """What an import from a `big_query_source` keeps of the table as it is now.

    Args:
        request: What was asked.
        object_store: Gives the place of gs:// objects, where an errors file may be asked for.
        schemas: The names that `data_schema` may have.

    Raises:
        RpcError: INVALID_ARGUMENT for a wrong piece, NOT_FOUND for a missing table or dataset, FAILED_PRECONDITION when
            it can't be read, UNAVAILABLE when BigQuery does not answer.
    """
    source = request.input_config.big_query_source
    project_id = source.project_id or request.parent.split("/")[1]
    prefix = request.errors_config.gcs_prefix
    violations = [*check_source(source, project_id, schemas), *check_errors_config(request)]
    if violations:
        raise errors.invalid_argument(violations)
    day = partition_day(source)
    place = {
        "project_id": project_id,
        "dataset_id": source.dataset_id,
        "table_id": source.table_id,
        "partition_date": day.isoformat() if day else None,
    }
    info = await asyncio.to_thread(_describe, place)
    if prefix:
        await verify_errors_prefix(prefix, object_store)
    return {
        "objects": [],
        "table": place,
        "table_info": list(info),
        "errors_prefix": prefix,
        "data_schema": source.data_schema,
    }


def open_table(plan: Mapping[str, Any]) -> tuple[BigQueryTable, TableInfo]:
    """The table of a plan, and what was known of it when the import was accepted. Blocks.

    Raises:
        ObjectError: There is no library, or there are no credentials.
    """
    return _table(plan["table"]), TableInfo(*plan["table_info"])


def _table(place: Mapping[str, Any]) -> BigQueryTable:
    day = place["partition_date"]
    return BigQueryTable(
        place["project_id"], place["dataset_id"], place["table_id"], date.fromisoformat(day) if day else None
    )


def _describe(place: Mapping[str, Any]) -> TableInfo:
    """What BigQuery says of a table, its errors as a caller is told of them."""
    try:
        table = _table(place)
        try:
            return table.describe()
        finally:
            table.close()
    except ObjectNotFoundError as error:
        raise errors.not_found(
            f"{error}.",
            resource_type="bigquery.googleapis.com/Table",
            resource_name=error.uri,
            reason="TABLE_NOT_FOUND",
        ) from error
    except NotPartitionedError as error:
        raise errors.invalid_argument(
            [errors.Violation(f"{FIELD}.partition_date", str(error), "INVALID_VALUE")]
        ) from error
    except ObjectStorageUnavailableError as error:
        raise errors.unavailable(str(error), reason="BIGQUERY_UNAVAILABLE", retry_after_s=5.0) from error
    except ObjectError as error:
        raise errors.failed_precondition(str(error), reason="BIGQUERY_UNUSABLE", subject="bq://") from error
