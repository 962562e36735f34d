"""Talking to a running server: the stubs, and what a person is told when a call fails."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # gRPC's core prints what `explain` says better; read by the import

import grpc
import typer
from google.longrunning.operations_pb2_grpc import OperationsStub
from grpc_status import rpc_status

from generated.footfall.v1.event_log_service_pb2_grpc import EventLogServiceStub
from service.commands.texts import printable, violations
from service.commands.tls import chosen

CALL_TIMEOUT_S: Final = 60

_CHANNEL_OPTIONS: Final = (
    ("grpc.enable_http_proxy", 0),  # a proxy for the web seldom lets gRPC through, and never to this machine
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_reconnect_backoff_ms", 2_000),  # a server that starts again is soon found
    ("grpc.keepalive_time_ms", 30_000),  # an upload has no deadline: notice when the server is gone
)


class Connection(NamedTuple):
    """The services of one server; others are reached over the channel."""

    channel: grpc.Channel
    event_log: EventLogServiceStub
    operations: Any  # an OperationsStub, which has no types


@contextmanager
def connected(server: str) -> Iterator[Connection]:
    """Connects to `server`, host:port, in plain text unless the verb's options say otherwise.

    Raises:
        typer.Exit: A call failed: 2, when it was for a wrong value; 1 otherwise. What went wrong is on standard error.
    """
    try:
        with _channel(server) as channel:
            operations = OperationsStub(channel)  # type: ignore[no-untyped-call]
            yield Connection(channel, EventLogServiceStub(channel), operations)
    except grpc.RpcError as error:
        lines = explain(error, server)
        call: Any = error
        code = 2 if call.code() is grpc.StatusCode.INVALID_ARGUMENT else 1
    except UnicodeEncodeError as error:  # what protobuf says of an argument that is not text
        lines, code = [f"{error.object!r} is not UTF-8 text"], 2
    else:
        return
    print("footfall:", "\n".join(map(printable, lines)), file=sys.stderr)
    raise typer.Exit(code)


def _channel(server: str) -> grpc.Channel:
    tls = chosen.get()
    if tls is None:
        return grpc.insecure_channel(server, options=_CHANNEL_OPTIONS)
    credentials = grpc.ssl_channel_credentials(tls.root, tls.key, tls.certificate)
    return grpc.secure_channel(server, credentials, options=_CHANNEL_OPTIONS)


def explain(error: grpc.RpcError, server: str) -> list[str]:
    """Returns what a failed call to `server` means: one line, and one for each broken rule that it does not tell."""
    call: Any = error  # every error of a finished call is a grpc.Call, too
    status = rpc_status.from_call(call)
    if status is None and call.code() is grpc.StatusCode.UNAVAILABLE and chosen.get() is not None:
        return [f"no Footfall server answers by TLS at {server}, or one side's certificate is not of the other's roots"]
    if status is None and call.code() is grpc.StatusCode.UNAVAILABLE:
        start = "start one with `footfall serve` (in a checkout: `python -m service serve`)"
        return [f"no Footfall server answers at {server}; {start}, or name another with --server or FOOTFALL_SERVER"]
    if status is None and call.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
        return [f"the server at {server} did not answer within {CALL_TIMEOUT_S} seconds"]
    rules = list(violations(status)) if status else []
    return [
        f"{call.code().name}: {call.details()}",
        *(f"  {item.field or 'request'}: {item.description}" for item in rules if item.description != call.details()),
    ]
