"""What imports and exports ask of object storage: checked, looked up and kept in a plan when they are accepted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from generated.google.cloud.retail.v2.import_config_pb2 import ImportProductsRequest, ImportUserEventsRequest
from generated.google.cloud.retail.v2beta.export_config_pb2 import OutputConfig
from service.events import errors
from service.events.errors import Violation
from service.sources import objects
from service.sources.objects import (
    ObjectError,
    ObjectInfo,
    ObjectNotFoundError,
    ObjectStorageUnavailableError,
    ObjectStore,
)

T = TypeVar("T")

_ERRORS_PREFIX = "errors_config.gcs_prefix"


async def plan_objects(
    request: ImportUserEventsRequest | ImportProductsRequest,
    object_store: Callable[[], ObjectStore],
    schemas: Sequence[str],
) -> dict[str, Any]:
    """What an import from a `gcs_source` keeps of the objects that there are now.

    Args:
        request: What was asked.
        object_store: Gives the place of gs:// objects; raises ObjectError when there is none.
        schemas: The names that `data_schema` may have.

    Raises:
        RpcError: INVALID_ARGUMENT for a wrong piece or too many objects; otherwise as `resolve`.
    """
    source = request.input_config.gcs_source
    prefix = request.errors_config.gcs_prefix
    violations = [*_check_gcs_source(source.input_uris, source.data_schema, schemas), *check_errors_config(request)]
    if violations:
        raise errors.invalid_argument(violations)
    found = await asyncio.to_thread(resolve, lambda: _find_objects(object_store(), source.input_uris, prefix))
    if len(found) > objects.MAX_URIS:
        rule = f"match {len(found)} objects; one import takes at most {objects.MAX_URIS}."
        raise errors.invalid_argument([Violation("input_config.gcs_source.input_uris", rule, "TOO_MANY")])
    return {
        "objects": [list(info) for info in found],
        "errors_prefix": prefix,
        "data_schema": source.data_schema,
    }


async def plan_destination(config: OutputConfig, object_store: Callable[[], ObjectStore]) -> dict[str, Any]:
    """What an export keeps of where it is to write to.

    Raises:
        RpcError: INVALID_ARGUMENT for a wrong piece; UNIMPLEMENTED for BigQuery; otherwise as `resolve`.
    """
    if config.WhichOneof("destination") == "bigquery_destination":
        raise errors.unimplemented(
            "Footfall does not write to BigQuery: export to gs:// and load the files from there (`bq load`)."
        )
    field = "output_config.gcs_destination.output_uri_prefix"
    prefix = config.gcs_destination.output_uri_prefix
    violations = list(check_prefix(prefix, field)) if prefix else [errors.missing(field)]
    formats = OutputConfig.GcsDestination.ExportFormat
    if config.gcs_destination.format not in formats.values():
        format_field = "output_config.gcs_destination.format"
        rule = f"must be one of {', '.join(formats.keys()[1:])}, but is {config.gcs_destination.format}."
        violations.append(errors.violation(format_field, rule))
    if violations:
        raise errors.invalid_argument(violations)
    await asyncio.to_thread(resolve, lambda: object_store().verify_writable(prefix))
    return {"prefix": prefix, "format": config.gcs_destination.format}


async def verify_errors_prefix(prefix: str, object_store: Callable[[], ObjectStore]) -> None:
    """Checks that files may be written below a prefix.

    Raises:
        RpcError: As `resolve`.
    """
    await asyncio.to_thread(resolve, lambda: object_store().verify_writable(prefix))


def resolve(look_up: Callable[[], T]) -> T:
    """What `look_up` finds in object storage, its errors as a caller is told of them.

    Raises:
        RpcError: NOT_FOUND for a missing bucket or object, FAILED_PRECONDITION when there is no object storage.
    """
    try:
        return look_up()
    except ObjectNotFoundError as error:
        raise errors.not_found(
            f"{error}.",
            resource_type="storage.googleapis.com/Object",
            resource_name=error.uri,
            reason="OBJECT_NOT_FOUND",
        ) from error
    except ObjectStorageUnavailableError as error:
        raise errors.unavailable(str(error), reason="OBJECT_STORAGE_UNAVAILABLE", retry_after_s=5.0) from error
    except ObjectError as error:
        raise errors.failed_precondition(str(error), reason="OBJECT_STORAGE_UNUSABLE", subject="gs://") from error


def _find_objects(store: ObjectStore, uris: Sequence[str], errors_prefix: str) -> list[ObjectInfo]:
    """The objects that `uris` name, each once; checks that an errors file can be written if asked for. Blocks."""
    found = {info: None for uri in uris for info in store.find(uri)}
    if errors_prefix:
        store.verify_writable(errors_prefix)
    return list(found)


def _check_gcs_source(uris: Sequence[str], data_schema: str, schemas: Sequence[str]) -> Sequence[Violation]:
    """What is wrong with a GcsSource: at most 100 URIs of at most 2,000 characters (the proto's comment)."""
    field = "input_config.gcs_source.input_uris"
    if not uris:
        return [errors.missing(field)]
    violations = [
        problem
        for index, uri in enumerate(uris[: objects.MAX_URIS + 1])
        for problem in _check_object_uri(uri, f"{field}[{index}]")
    ]
    if len(uris) > objects.MAX_URIS:
        violations.append(
            Violation(field, f"{field} names {len(uris)} URIs; at most {objects.MAX_URIS} are allowed.", "TOO_MANY")
        )
    violations += check_data_schema(data_schema, "input_config.gcs_source.data_schema", schemas)
    return violations


def check_data_schema(data_schema: str, field: str, schemas: Sequence[str]) -> Sequence[Violation]:
    """What is wrong with the data_schema of a file."""
    if not data_schema or data_schema in schemas:
        return []
    return [errors.violation(field, f"must be one of {', '.join(schemas)}, but is {data_schema[:64]!r}.")]


def check_errors_config(request: ImportUserEventsRequest | ImportProductsRequest) -> Sequence[Violation]:
    """What is wrong with where an import is to put its errors."""
    return check_prefix(request.errors_config.gcs_prefix, _ERRORS_PREFIX) if request.HasField("errors_config") else []


def check_prefix(prefix: str, field: str) -> Sequence[Violation]:
    """What is wrong with a place for files."""
    return _check_uri(prefix, field)


def errors_file(prefix: str, operation_id: str) -> str:
    """The URI of an operation's errors file."""
    return f"{prefix.rstrip('/')}/{operation_id}-errors.jsonl"


def _check_object_uri(uri: str, field: str) -> list[Violation]:
    violations = _check_uri(uri, field)
    if not violations and not objects.split(uri)[1].strip("/"):
        return [Violation(field, f"`{field}` {uri[:64]!r} names a bucket but no object in it.", "INVALID_VALUE")]
    return violations


def _check_uri(uri: str, field: str) -> list[Violation]:
    try:
        objects.split(uri)
    except ValueError as error:
        return [Violation(field, f"`{field}` {uri[:64]!r} {error}.", "INVALID_VALUE")]
    return []
