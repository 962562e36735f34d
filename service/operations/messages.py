"""Operations as google.longrunning shows them."""

from __future__ import annotations

import json

from google.longrunning import operations_proto_pb2
from google.rpc import status_pb2

from service.events import versions
from service.operations.kinds import KINDS, metadata_of
from service.storage.records import OperationRow


def to_operation(row: OperationRow) -> operations_proto_pb2.Operation:
    """The message for one stored operation, its types named as in the version of the API that it was asked for by."""
    version = versions.version_of(json.loads(row.plan)["type"]) or versions.BASE_VERSION
    operation = operations_proto_pb2.Operation(name=row.name, done=row.state.done)
    if row.kind in KINDS:  # else a later release made it
        versions.pack(operation.metadata, metadata_of(row), version)
    if row.error is not None:
        operation.error.CopyFrom(status_pb2.Status.FromString(row.error))
    elif row.result is not None:
        versions.pack(operation.response, KINDS[row.kind].response_type.FromString(row.result), version)
    return operation
