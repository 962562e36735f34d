"""Operations as google.longrunning shows them."""

from __future__ import annotations

from google.longrunning import operations_proto_pb2
from google.protobuf.message import Message
from google.rpc import status_pb2

from generated.google.cloud.retail.v2 import import_config_pb2
from service.events.record import set_microseconds
from service.operations.progress import Progress
from service.storage.base import OperationRow

IMPORT_USER_EVENTS = "import-user-events"

# kind of work: (metadata message, response message)
TYPES: dict[str, tuple[type[import_config_pb2.ImportMetadata], type[Message]]] = {
    IMPORT_USER_EVENTS: (import_config_pb2.ImportMetadata, import_config_pb2.ImportUserEventsResponse),
}


def kinds_with_metadata(word: str) -> set[str]:
    """The kinds of work whose metadata type's full name contains `word`, in whatever case."""
    return {kind for kind, (metadata, _) in TYPES.items() if word.lower() in metadata.DESCRIPTOR.full_name.lower()}


def to_operation(row: OperationRow) -> operations_proto_pb2.Operation:
    """The message for one stored operation, its metadata showing how far it is."""
    metadata_type, response_type = TYPES[row.kind]
    operation = operations_proto_pb2.Operation(name=row.name, done=row.state.done)
    progress = Progress.from_json(row.progress)
    metadata = metadata_type(success_count=progress.success, failure_count=progress.failure)
    set_microseconds(metadata.create_time, row.create_time_us)
    set_microseconds(metadata.update_time, row.update_time_us)
    operation.metadata.Pack(metadata)
    if row.error is not None:
        operation.error.CopyFrom(status_pb2.Status.FromString(row.error))
    elif row.result is not None:
        operation.response.Pack(response_type.FromString(row.result))
    return operation
