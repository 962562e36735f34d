"""google.longrunning.Operations."""

from __future__ import annotations

import re
from typing import NamedTuple

from google.longrunning import operations_proto_pb2
from google.protobuf import empty_pb2

from service.events import errors, names
from service.events.errors import Violation
from service.operations.kinds import kinds_with_metadata
from service.operations.messages import to_operation
from service.operations.runner import Runner
from service.rpc import paging
from service.rpc.context import CallContext
from service.storage.base import Store
from service.storage.readers import read
from service.storage.records import OperationRow, OperationState
from service.storage.writer import Writer

_TERM = re.compile(
    r'\s*(?:AND\s+)?(?:done\s*=\s*"?(?P<done>true|false)"?|"?(?P<word>(?!(?:AND|OR|NOT)\b)[A-Za-z][A-Za-z0-9_.]*)"?)(?=\s|$)'
)
_MAX_WAIT_SECONDS = 60.0


class _Filter(NamedTuple):
    done: bool | None
    kinds: frozenset[str] | None  # empty: nothing matches


def parse_filter(text: str) -> _Filter:
    """`done=true`, `done=false`, and words of the metadata type's name (`ImportMetadata`); several are all to hold.

    Raises:
        RpcError: INVALID_ARGUMENT for anything else.
    """
    done: bool | None = None
    kinds: frozenset[str] | None = None
    at = 0
    while text[at:].strip():
        term = _TERM.match(text, at)
        if not term:
            raise errors.invalid_argument(
                [
                    Violation(
                        "filter",
                        f"Invalid filter at position {at + 1}: expected done=true, done=false or a word of the "
                        f"metadata type, for "
                        "example: done=false ImportMetadata",
                        "INVALID_FILTER",
                    )
                ]
            )
        if term["done"]:
            wanted = term["done"] == "true"
            kinds = frozenset() if done is not None and done != wanted else kinds
            done = wanted
        else:
            found = frozenset(kinds_with_metadata(term["word"]))
            kinds = found if kinds is None else kinds & found
        at = term.end()
    return _Filter(done, kinds)


def _not_found(name: str) -> errors.RpcError:
    return errors.not_found(
        f"Operation '{name[:200]}' does not exist; finished operations go after some days (see --operations-days).",
        resource_type="google.longrunning.Operation",
        resource_name=name[:200],
        reason="OPERATION_NOT_FOUND",
    )


class OperationsService:
    """Shows and steers long-running operations.

    Args:
        store: Where they are read from.
        writer: The way to the database.
        runner: Runs them.
    """

    def __init__(self, *, store: Store, writer: Writer, runner: Runner) -> None:
        self._store = store
        self._writer = writer
        self._runner = runner

    async def _row(self, name: str) -> OperationRow:
        row = await read(self._store.get_operation, name)
        if row is None:
            raise _not_found(name)
        return row

    async def GetOperation(  # noqa: N802  the RPC's name
        self, request: operations_proto_pb2.GetOperationRequest, _context: CallContext
    ) -> operations_proto_pb2.Operation:
        """The operation as it is now.

        Raises:
            RpcError: NOT_FOUND.
        """
        return to_operation(await self._row(request.name))

    async def ListOperations(  # noqa: N802  the RPC's name
        self, request: operations_proto_pb2.ListOperationsRequest, _context: CallContext
    ) -> operations_proto_pb2.ListOperationsResponse:
        """Operations below a project, location or catalog, newest first.

        Raises:
            RpcError: INVALID_ARGUMENT for a malformed name, filter, page size or page token.
        """
        prefix = names.parse_operations_parent(request.name)
        wanted = parse_filter(request.filter)
        size = paging.page_size(request.page_size)
        query = ("operations", prefix, request.filter)
        key = paging.decode_token(query, request.page_token)
        found = await read(
            lambda: self._store.list_operations(
                prefix, kinds=wanted.kinds, done=wanted.done, before=key[0] if key else None, limit=size + 1
            )
        )
        response = operations_proto_pb2.ListOperationsResponse()
        used = 0
        for number, (_, row) in enumerate(found):
            operation = to_operation(row)
            used += operation.ByteSize()
            if number == size or (number and used > paging.MAX_PAGE_BYTES):
                response.next_page_token = paging.encode_token(query, [found[number - 1][0]])
                break
            response.operations.append(operation)
        return response

    async def WaitOperation(  # noqa: N802  the RPC's name
        self, request: operations_proto_pb2.WaitOperationRequest, context: CallContext
    ) -> operations_proto_pb2.Operation:
        """The operation once it has ended, or as it is after the timeout, the caller's deadline or a minute.

        Raises:
            RpcError: NOT_FOUND.
        """
        await self._row(request.name)
        limits = [_MAX_WAIT_SECONDS]
        if request.HasField("timeout"):
            limits.append(max(0.0, request.timeout.seconds + request.timeout.nanos / 1e9))
        remaining = context.time_remaining()
        if remaining is not None:
            limits.append(max(0.0, remaining - 0.5))  # time to answer before the deadline
        await self._runner.wait(request.name, min(limits))
        return to_operation(await self._row(request.name))

    async def CancelOperation(  # noqa: N802  the RPC's name
        self, request: operations_proto_pb2.CancelOperationRequest, _context: CallContext
    ) -> empty_pb2.Empty:
        """Asks the operation to stop before its next step; it then ends with the error CANCELLED.

        An operation that has ended stays as it is.

        Raises:
            RpcError: NOT_FOUND.
        """
        await self._row(request.name)
        await self._runner.cancel(request.name)
        return empty_pb2.Empty()

    async def DeleteOperation(  # noqa: N802  the RPC's name
        self, request: operations_proto_pb2.DeleteOperationRequest, _context: CallContext
    ) -> empty_pb2.Empty:
        """Forgets an operation that has ended.

        Raises:
            RpcError: NOT_FOUND; FAILED_PRECONDITION while it is at work.
        """
        row = await self._row(request.name)
        if not row.state.done:
            raise errors.failed_precondition(
                f"Operation '{row.name}' is {OperationState(row.state).name}; cancel it, or wait for its end, and "
                f"delete it then.",
                reason="OPERATION_NOT_DONE",
                subject=row.name,
            )
        await self._writer.run(lambda transaction: transaction.delete_operation(row.name))
        return empty_pb2.Empty()
