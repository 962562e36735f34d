"""Following a long-running operation to its end."""

from __future__ import annotations

import sys

import typer
from google.longrunning.operations_proto_pb2 import Operation, WaitOperationRequest
from google.protobuf.duration_pb2 import Duration

from service.commands import progress
from service.commands.connection import CALL_TIMEOUT_S, Connection
from service.commands.kinds import done_so_far
from service.commands.outcome import state
from service.commands.progress import Amount, Stages, in_events, in_lines
from service.commands.texts import printable


def follow(
    connection: Connection,
    operation: Operation,
    label: str,
    lines: int | None,
    stages: Stages,
    *,
    amount: Amount = in_lines,
) -> Operation:
    """Waits for the end of an operation and shows its progress.

    Args:
        connection: The server that runs it.
        operation: As it was when it was last seen.
        label: What it is called.
        lines: How many lines it has to read, if that is known.
        stages: Shows the progress.
        amount: What it goes through.

    Returns:
        The operation as it ended.

    Raises:
        grpc.RpcError: A call failed.
    """
    stage = stages.begin(label, amount, lines)
    while not operation.done:
        stage.to(done_so_far(operation))
        operation = wait(connection, operation, stages.poll_s)
    stage.end(done_so_far(operation))
    return operation


def wait(connection: Connection, operation: Operation, seconds: float) -> Operation:
    """Returns an operation as it is when it has ended, or after some seconds.

    Raises:
        grpc.RpcError: The call failed.
    """
    timeout = Duration()
    timeout.FromMilliseconds(int(seconds * 1_000))
    request = WaitOperationRequest(name=operation.name, timeout=timeout)
    after: Operation = connection.operations.WaitOperation(request, timeout=CALL_TIMEOUT_S)
    return after


def finish(connection: Connection, operation: Operation, label: str) -> Operation:
    """Follows an operation on user events to its end, with progress of its own.

    Returns:
        The operation as it ended.

    Raises:
        grpc.RpcError: A call failed.
        typer.Exit: 1, when the operation failed or was cancelled; why is on standard error.
    """
    with progress.stages() as shown:
        shown.say(f"{label} is done by {operation.name}")
        operation = follow(connection, operation, label, None, shown, amount=in_events)
    if operation.HasField("error"):
        print(f"footfall: {label} {state(operation)}: {printable(operation.error.message)}", file=sys.stderr)
        raise typer.Exit(1)
    return operation
