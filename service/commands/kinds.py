"""The kinds of long-running work, told apart by their metadata: how far each is, and what to say of it."""

from __future__ import annotations

from typing import Any, Final

from google.longrunning.operations_proto_pb2 import Operation

from generated.google.cloud.retail.v2.import_config_pb2 import ImportMetadata
from generated.google.cloud.retail.v2.purge_config_pb2 import PurgeMetadata, PurgeProductsMetadata
from generated.google.cloud.retail.v2.user_event_service_pb2 import RejoinUserEventsMetadata
from generated.google.cloud.retail.v2beta.export_config_pb2 import ExportMetadata
from service.commands.texts import count

_TYPES: Final[dict[str, Any]] = {
    kind.DESCRIPTOR.name: kind
    for kind in (ImportMetadata, PurgeMetadata, PurgeProductsMetadata, RejoinUserEventsMetadata, ExportMetadata)
}


def metadata_of(operation: Operation) -> Any:
    """Returns the metadata of an operation, started by whichever version of the API; None for an unknown kind."""
    # The versions' types have the same fields and differ in name only.
    kind = _TYPES.get(operation.metadata.type_url.rpartition(".")[2])
    return kind.FromString(operation.metadata.value) if kind else None


def done_so_far(operation: Operation) -> int:
    """Returns how many lines, events or products an operation has been through."""
    match metadata_of(operation):
        case ImportMetadata() | PurgeProductsMetadata() as metadata:
            return int(metadata.success_count + metadata.failure_count)
        case PurgeMetadata() as metadata:
            return int(metadata.matched_events_count)
        case RejoinUserEventsMetadata() as metadata:
            return int(metadata.examined_events_count)
        case ExportMetadata() as metadata:
            return int(metadata.exported_events_count)
    return 0


def sentence(operation: Operation) -> str | None:
    """Returns what an operation has done up to now; None for an import, of which there is more to say."""
    match metadata_of(operation):
        case PurgeMetadata() as metadata:
            matched = count(metadata.matched_events_count, "user event")
            return f"{matched} matched, {metadata.purged_events_count:,} deleted"
        case PurgeProductsMetadata() as metadata:
            return f"{count(metadata.success_count, 'product')} deleted"
        case RejoinUserEventsMetadata() as metadata:
            examined = count(metadata.examined_events_count, "user event")
            return f"{examined} examined, {metadata.rejoined_events_count:,} changed"
        case ExportMetadata() as metadata:
            what = "product" if "/operations/export-products-" in operation.name else "user event"
            return f"{count(metadata.exported_events_count, what)} exported"
    return None
