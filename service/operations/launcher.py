"""Making an operation durable and starting it, whatever its kind."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from google.protobuf.message import Message

from service.events import names
from service.operations.progress import Progress
from service.operations.runner import Fix, Runner
from service.storage.records import OperationRow, OperationState
from service.storage.writer import Writer


def new_operation_id(kind: str) -> str:
    """`{kind}-{digits}`: a random unsigned 64-bit number, as Google's operations have it."""
    return f"{kind}-{secrets.randbits(64)}"


class Launcher:
    """Starts operations.

    Args:
        writer: The way to the database.
        runner: Runs them.
        now_us: The clock, microseconds since the Unix epoch.
    """

    def __init__(self, *, writer: Writer, runner: Runner, now_us: Callable[[], int]) -> None:
        self._writer = writer
        self._runner = runner
        self._now_us = now_us

    async def start(
        self,
        kind: str,
        parent: str,
        request: Message,
        plan: Mapping[str, Any],
        *,
        operation_id: str | None = None,
        fix: Fix | None = None,
    ) -> OperationRow:
        """Starts an operation on `parent`, a catalog or a branch.

        Args:
            kind: One of `kinds.KINDS`.
            parent: The resource, as its name is shown in the operation's.
            request: What was asked; the version of the API that it came by is kept.
            plan: What was fixed when it was accepted, as JSON has it.
            operation_id: Its id, where it had to be known before.
            fix: What else the plan needs, read in the transaction that makes the operation durable.

        Raises:
            StoreError: It could not be made durable; it does not run.
        """
        now_us = self._now_us()
        row = OperationRow(
            name=names.operation(parent, operation_id or new_operation_id(kind)),
            kind=kind,
            parent_id=await self._writer.parent_id(parent),
            state=OperationState.PENDING,
            request=request.SerializeToString(),
            plan=json.dumps({"type": request.DESCRIPTOR.full_name, **plan}),
            progress=Progress().to_json(),
            result=None,
            error=None,
            create_time_us=now_us,
            update_time_us=now_us,
        )
        return await self._runner.submit(row, fix)
