"""The kinds of long-running work: what each shows as metadata and gives as response."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from google.protobuf.message import Message

from generated.footfall.v1 import event_log_service_pb2
from generated.google.cloud.retail.v2 import import_config_pb2, purge_config_pb2, user_event_service_pb2
from generated.google.cloud.retail.v2beta import export_config_pb2
from service.events.record import set_microseconds
from service.operations.progress import Progress
from service.storage.records import OperationRow

IMPORT_USER_EVENTS = "import-user-events"
PURGE_USER_EVENTS = "purge-user-events"
REJOIN_USER_EVENTS = "rejoin-user-events"
EXPORT_USER_EVENTS = "export-user-events"
IMPORT_CLIENT_EVENTS = "import-client-events"
IMPORT_PRODUCTS = "import-products"
PURGE_PRODUCTS = "purge-products"
EXPORT_PRODUCTS = "export-products"


ONE_AT_A_TIME = frozenset({REJOIN_USER_EVENTS})
"""Kinds of which one operation on a parent waits for another: of two rejoins the later must have the last word."""


class Kind(NamedTuple):
    """One kind of work."""

    metadata: Callable[[Progress], Message]  # its times are filled in by `metadata_of`
    metadata_type: type[Message]
    response_type: type[Message]


def _import(progress: Progress) -> Message:
    return import_config_pb2.ImportMetadata(
        success_count=progress.counts["success"],
        failure_count=progress.counts["failure"],
        deleted_products_count=progress.counts["deleted"],
    )


def _purge(progress: Progress) -> Message:
    return purge_config_pb2.PurgeMetadata(
        matched_events_count=progress.counts["matched"],
        purged_events_count=progress.counts["purged"],
        user_events_sample=progress.cursor.get("sample", ()),
    )


def _rejoin(progress: Progress) -> Message:
    return user_event_service_pb2.RejoinUserEventsMetadata(
        examined_events_count=progress.counts["examined"], rejoined_events_count=progress.counts["rejoined"]
    )


def _export(progress: Progress) -> Message:
    return export_config_pb2.ExportMetadata(exported_events_count=progress.counts["exported"])


def _purge_products(progress: Progress) -> Message:
    return purge_config_pb2.PurgeProductsMetadata(success_count=progress.counts["success"])


KINDS: dict[str, Kind] = {
    IMPORT_USER_EVENTS: Kind(_import, import_config_pb2.ImportMetadata, import_config_pb2.ImportUserEventsResponse),
    PURGE_USER_EVENTS: Kind(_purge, purge_config_pb2.PurgeMetadata, purge_config_pb2.PurgeUserEventsResponse),
    REJOIN_USER_EVENTS: Kind(
        _rejoin,
        user_event_service_pb2.RejoinUserEventsMetadata,
        user_event_service_pb2.RejoinUserEventsResponse,
    ),
    EXPORT_USER_EVENTS: Kind(_export, export_config_pb2.ExportMetadata, export_config_pb2.ExportUserEventsResponse),
    IMPORT_CLIENT_EVENTS: Kind(
        _import, import_config_pb2.ImportMetadata, event_log_service_pb2.UploadClientEventsResponse
    ),
    IMPORT_PRODUCTS: Kind(_import, import_config_pb2.ImportMetadata, import_config_pb2.ImportProductsResponse),
    PURGE_PRODUCTS: Kind(
        _purge_products, purge_config_pb2.PurgeProductsMetadata, purge_config_pb2.PurgeProductsResponse
    ),
    EXPORT_PRODUCTS: Kind(_export, export_config_pb2.ExportMetadata, export_config_pb2.ExportProductsResponse),
}


def kinds_with_metadata(word: str) -> set[str]:
    """The kinds of work whose metadata type's full name contains `word`, in whatever case."""
    return {name for name, kind in KINDS.items() if word.lower() in kind.metadata_type.DESCRIPTOR.full_name.lower()}


def metadata_of(row: OperationRow) -> Message:
    """The metadata message of an operation."""
    metadata = KINDS[row.kind].metadata(Progress.from_json(row.progress))
    set_microseconds(metadata.create_time, row.create_time_us)  # type: ignore[attr-defined]
    set_microseconds(metadata.update_time, row.update_time_us)  # type: ignore[attr-defined]
    return metadata
