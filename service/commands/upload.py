"""Sending a file to the server, as it is."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

import grpc
import typer
from google.longrunning.operations_proto_pb2 import Operation

from generated.footfall.v1.event_log_service_pb2 import UploadClientEventsRequest, UploadUserEventsRequest
from service.commands.connection import Connection
from service.commands.progress import Stage, Stages, in_bytes

STDIN: Final = Path("-")

_MESSAGE_BYTES: Final = 2**20
GZIP_MAGIC: Final = b"\x1f\x8b"


FirstMessage = UploadUserEventsRequest | UploadClientEventsRequest


class Outgoing:
    """A file as the messages of an upload, counted while they go out.

    Args:
        file: What is sent.
        first: The first message, without data.
        stage: Shows how many bytes are out.
    """

    def __init__(self, file: BinaryIO, first: FirstMessage, stage: Stage) -> None:
        self.bytes = 0
        self.failure: OSError | None = None
        self._file = file
        self._first = first
        self._stage = stage
        self._newlines = 0
        self._compressed = False
        self._ends_in_line = False

    def __iter__(self) -> Iterator[FirstMessage]:
        """Yields the messages; there is one even for an empty file.

        Raises:
            OSError: The file can't be read; `failure` keeps it, for gRPC swallows it.
        """
        message = self._first
        try:
            while data := self._file.read(_MESSAGE_BYTES):
                self._count(data)
                message.data = data
                yield message
                self._stage.to(self.bytes)
                message = type(self._first)()
        except OSError as error:
            self.failure = error
            raise
        if not self.bytes:
            yield message

    def _count(self, data: bytes) -> None:
        self._compressed = self._compressed or (not self.bytes and data.startswith(GZIP_MAGIC))
        self.bytes += len(data)
        self._newlines += data.count(b"\n")
        self._ends_in_line = not data.endswith(b"\n")

    def end(self) -> None:
        """Shows that all of it is out."""
        self._stage.end(self.bytes)

    @property
    def lines(self) -> int | None:
        """How many lines went out, blank ones included; None when they are compressed."""
        return None if self._compressed else self._newlines + self._ends_in_line


def label(path: Path) -> str:
    """Returns what a file is called towards people and the server."""
    return "stdin" if path == STDIN else os.fsencode(path.name).decode("utf-8", "replace")


def upload(connection: Connection, path: Path, first: FirstMessage, stages: Stages) -> tuple[Operation, int | None]:
    """Uploads a file.

    Args:
        connection: Where to.
        path: The file; `-` is standard input.
        first: What is said before the data, of user events or client events; the name of the file is filled in.
        stages: Shows the progress.

    Returns:
        The import that it started, and the number of lines, None when they are compressed.

    Raises:
        OSError: The file can't be read.
        grpc.RpcError: The call failed.
    """
    first.file_name = label(path)
    with opened(path) as file:
        outgoing = Outgoing(file, first, stages.begin(f"{label(path)} upload", in_bytes, _size(file)))
        log = connection.event_log
        is_user = isinstance(first, UploadUserEventsRequest)
        operation = _send(log.UploadUserEvents if is_user else log.UploadClientEvents, outgoing)
        outgoing.end()
    return operation, outgoing.lines


def existing(files: list[Path]) -> list[Path]:
    """Returns `files` as they are.

    Raises:
        typer.BadParameter: One is missing, or is a directory.
    """
    for file in files:
        if file != STDIN and not file.exists():
            raise typer.BadParameter(f"{file}: there is no such file")
        if file.is_dir():
            raise typer.BadParameter(f"{file}: that is a directory")
    return files


def opened(path: Path) -> BinaryIO:
    """Opens a file; `-` is standard input.

    Raises:
        OSError: It can't be read.
    """
    # Ctrl-C leaves gRPC's thread waiting inside the reader, and closing a buffered one waits for that thread.
    return path.open("rb") if path != STDIN else open(sys.stdin.fileno(), "rb", buffering=0, closefd=False)


def _size(file: BinaryIO) -> int | None:
    status = os.fstat(file.fileno())
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _send(method: Any, outgoing: Outgoing) -> Operation:
    """Calls `method` with the messages.

    Raises:
        OSError: The file can't be read.
        grpc.RpcError: The call failed.
    """
    try:
        operation: Operation = method(iter(outgoing))
    except grpc.RpcError:
        if outgoing.failure is not None:
            raise outgoing.failure from None
        raise
    return operation
