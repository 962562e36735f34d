"""Following a long-running operation to its end."""

from __future__ import annotations

from google.longrunning.operations_proto_pb2 import Operation, WaitOperationRequest
from google.protobuf.duration_pb2 import Duration

from service.commands.connection import CALL_TIMEOUT_S, Connection
from service.commands.outcome import outcome
from service.commands.progress import Stages, in_lines


def follow(connection: Connection, operation: Operation, label: str, lines: int | None, stages: Stages) -> Operation:
    """Waits for the end of an operation and shows its progress.

    Args:
        connection: The server that runs it.
        operation: As it was when it was last seen.
        label: What it is called.
        lines: How many lines it has to read, if that is known.
        stages: Shows the progress.

    Returns:
        The operation as it ended.

    Raises:
        grpc.RpcError: A call failed.
    """
    stage = stages.begin(label, in_lines, lines)
    wait = Duration()
    wait.FromMilliseconds(int(stages.poll_s * 1_000))
    while not operation.done:
        stage.to(outcome(operation).read)
        request = WaitOperationRequest(name=operation.name, timeout=wait)
        operation = connection.operations.WaitOperation(request, timeout=CALL_TIMEOUT_S)
    stage.end(outcome(operation).read)
    return operation
