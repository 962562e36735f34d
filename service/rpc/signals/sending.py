"""Signals on their way in: one, or a batch with a verdict for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from generated.footfall.v1 import signal_service_pb2 as pb
from generated.footfall.v1.event_log_pb2 import EventSource
from generated.footfall.v1.event_log_service_pb2 import BatchItemResult
from generated.footfall.v1.signal_pb2 import StoredSignal
from service.events import errors, names, signal
from service.events.policy import Policy
from service.rpc.context import CallContext
from service.rpc.intake import Intake
from service.rpc.rejections import RejectedCalls
from service.rpc.signals import messages
from service.storage.base import Store, Transaction
from service.storage.readers import read
from service.storage.records import RejectionRow, SignalRow, StoredAs, Verdict
from service.storage.writer import Writer

_WRITE: Final = EventSource.EVENT_SOURCE_WRITE
_BATCH: Final = EventSource.EVENT_SOURCE_BATCH
_OUTCOMES: Final = {
    Verdict.STORED: BatchItemResult.OUTCOME_STORED,
    Verdict.REPEATED: BatchItemResult.OUTCOME_REPEATED,
}


class Sending:
    """The part of SignalService that writes.

    Args:
        policy: The tenants that are served.
        store: Where a signal that came again is read.
        writer: The way to the database.
        intake: Makes rows of signals.
        rejected_calls: Keeps rejected signals where the operator wants that.
    """

    def __init__(
        self, *, policy: Policy, store: Store, writer: Writer, intake: Intake, rejected_calls: RejectedCalls
    ) -> None:
        self._policy = policy
        self._store = store
        self._writer = writer
        self._intake = intake
        self._rejected_calls = rejected_calls

    async def SendSignal(  # noqa: N802  the RPC's name
        self, request: pb.SendSignalRequest, _context: CallContext
    ) -> StoredSignal:
        """Stores one signal and returns it as stored, now or when it first came.

        Raises:
            RpcError: INVALID_ARGUMENT with every violation; NOT_FOUND for a tenant that is not served; UNAVAILABLE when
                it can't be stored now (nothing was).
        """
        tenant = self._policy.tenant(request.parent)
        if not request.HasField("signal"):
            raise errors.invalid_argument([errors.missing("signal")])
        violations = signal.check(request.signal)
        if violations:
            error = errors.invalid_argument(errors.prefixed(violations, "signal", ""))
            await self._rejected_calls.keep(tenant, request.signal, error)
            raise error
        row = await self._intake.signal(tenant, request.signal, _WRITE)
        stored = await self._writer.write_signal(row)
        if stored.verdict is Verdict.REPEATED:
            first = await read(self._store.get_event, "signals", tenant, stored.id)
            if first is not None:
                return messages.stored_signal(first)
        return messages.just_stored(tenant, stored.id, row)

    async def SendSignals(  # noqa: N802  the RPC's name
        self, request: pb.SendSignalsRequest, _context: CallContext
    ) -> pb.SendSignalsResponse:
        """Stores the good ones of up to 100 signals, or all or none of them, in one durable commit.

        Raises:
            RpcError: INVALID_ARGUMENT for a malformed parent, too many signals, or a bad one where all are wanted or
                none; NOT_FOUND; UNAVAILABLE (nothing was stored).
        """
        tenant = self._policy.tenant(request.parent)
        _check_count(len(request.signals))
        results = [pb.SignalResult() for _ in request.signals]
        rows: list[tuple[pb.SignalResult, SignalRow]] = []
        kept: list[RejectionRow] = []
        found: list[errors.Violation] = []
        for index, (each, result) in enumerate(zip(request.signals, results, strict=True)):
            violations = signal.check(each)
            if violations:
                error = errors.invalid_argument(errors.prefixed(violations, "signal", ""))
                result.outcome = BatchItemResult.OUTCOME_REJECTED
                result.status.CopyFrom(error.to_status())
                kept += await self._rejected_calls.rows(tenant, _BATCH, each, error)
                found += errors.prefixed(violations, f"signals[{index}]", "signals")
            else:
                rows.append((result, await self._intake.signal(tenant, each, _BATCH)))
        if found and request.all_or_nothing:
            await self._write([], kept)
            raise errors.invalid_argument(found)
        stored = await self._write([row for _, row in rows], kept)
        for (result, _), (verdict, number) in zip(rows, stored, strict=True):
            result.outcome = _OUTCOMES[verdict]
            result.name = names.signal(tenant, number)
        return _response(results)

    async def _write(self, rows: Sequence[SignalRow], kept: Sequence[RejectionRow]) -> list[StoredAs]:
        if not rows and not kept:
            return []

        def insert(transaction: Transaction) -> list[StoredAs]:
            transaction.insert_rejections(kept)
            return transaction.insert_signals(rows)

        size = sum(len(row.payload) for row in rows) + sum(len(row.raw) for row in kept)
        return await self._writer.run(insert, size)


def _check_count(count: int) -> None:
    if not count:
        raise errors.invalid_argument([errors.missing("signals")])
    if count > signal.MAX_SIGNALS:
        rule = f"must have at most {signal.MAX_SIGNALS} signals, but has {count:,}. Send the others in further calls."
        raise errors.invalid_argument([errors.violation("signals", rule, "TOO_MANY")])


def _response(results: list[pb.SignalResult]) -> pb.SendSignalsResponse:
    outcomes = [result.outcome for result in results]
    return pb.SendSignalsResponse(
        results=results,
        stored_count=outcomes.count(BatchItemResult.OUTCOME_STORED),
        repeated_count=outcomes.count(BatchItemResult.OUTCOME_REPEATED),
        rejected_count=outcomes.count(BatchItemResult.OUTCOME_REJECTED),
    )
