"""Events that are checked and wait for the disk: what is inserted of them, and the verdict of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from generated.footfall.v1 import event_log_service_pb2 as pb
from generated.footfall.v1.event_log_pb2 import EventSource
from service.events import errors
from service.events.client_event import event_id_taken
from service.events.record import set_microseconds
from service.rpc.rejections import RejectedCalls
from service.storage.base import Transaction
from service.storage.records import ClientEventRow, RejectionRow, UserEventRow, Verdict

_OUTCOMES = {
    Verdict.STORED: pb.BatchItemResult.OUTCOME_STORED,
    Verdict.REPEATED: pb.BatchItemResult.OUTCOME_REPEATED,
}


class Prepared(Protocol):
    """Events between their check and their commit."""

    results: list[pb.BatchItemResult]
    """A verdict for each, in order; those of rows are complete once `settle` was called."""

    @property
    def size(self) -> int:
        """Bytes that they hold while they wait for the disk."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing of them goes into the database."""

    def insert(self, transaction: Transaction) -> Any:
        """Inserts the rows, and what is kept of rejections; runs in the writer's thread."""

    def settle(self, inserted: Any) -> None:
        """Completes the verdicts with what `insert` returned, once that is committed."""


class PreparedUserEvents:
    """User events of one catalog.

    Args:
        results: One for each event; those of rejected ones are complete.
        rows: The others, with their places.
        kept: What is kept of the rejected ones.
    """

    def __init__(
        self,
        results: list[pb.BatchItemResult],
        rows: Sequence[tuple[int, UserEventRow]],
        kept: Sequence[RejectionRow],
    ) -> None:
        self.results = results
        self._rows = rows
        self._kept = kept

    @property
    def size(self) -> int:
        """See `Prepared`."""
        return _size(self._rows, self._kept)

    @property
    def is_empty(self) -> bool:
        """See `Prepared`."""
        return not (self._rows or self._kept)

    def insert(self, transaction: Transaction) -> frozenset[bytes]:
        """See `Prepared`."""
        transaction.insert_rejections(self._kept)
        if not self._rows:
            return frozenset()
        return transaction.insert_user_events_of(self._rows[0][1].parent_id, [row for _, row in self._rows]).stored

    def settle(self, inserted: frozenset[bytes]) -> None:
        """See `Prepared`."""
        stored = set(inserted)
        for index, row in self._rows:
            is_first = row.fingerprint in stored
            stored.discard(row.fingerprint)
            self.results[index].outcome = (
                pb.BatchItemResult.OUTCOME_STORED if is_first else pb.BatchItemResult.OUTCOME_REPEATED
            )


class PreparedClientEvents:
    """Client events of one tenant.

    Args:
        tenant: Of all of them.
        items: For each event its row, or why it is refused.
        kept: What is kept of those that are refused.
        rejected_calls: Counts those that turn out on storing to have the id of another event.
        source: How they came in.
    """

    def __init__(
        self,
        tenant: str,
        items: Sequence[ClientEventRow | errors.RpcError],
        kept: Sequence[RejectionRow],
        rejected_calls: RejectedCalls,
        source: EventSource,
    ) -> None:
        self._tenant = tenant
        self._kept = kept
        self._rejected_calls = rejected_calls
        self._source = source
        self._rows: list[tuple[int, ClientEventRow]] = []
        self.results = [pb.BatchItemResult() for _ in items]
        for index, item in enumerate(items):
            if isinstance(item, errors.RpcError):
                reject(self.results[index], item)
            else:
                set_microseconds(self.results[index].event_time, item.create_time_us)
                self._rows.append((index, item))

    @property
    def size(self) -> int:
        """See `Prepared`."""
        return _size(self._rows, self._kept)

    @property
    def is_empty(self) -> bool:
        """See `Prepared`."""
        return not (self._rows or self._kept)

    def insert(self, transaction: Transaction) -> list[Verdict]:
        """See `Prepared`."""
        transaction.insert_rejections(self._kept)
        return transaction.insert_client_events([row for _, row in self._rows])

    def settle(self, inserted: Sequence[Verdict]) -> None:
        """See `Prepared`."""
        for (index, row), verdict in zip(self._rows, inserted, strict=True):
            if verdict is Verdict.CONFLICT:
                taken = event_id_taken(self._tenant, row.event_id)
                self._rejected_calls.count(self._source, taken)
                reject(self.results[index], taken)
            else:
                self.results[index].outcome = _OUTCOMES[verdict]


def reject(result: pb.BatchItemResult, error: errors.RpcError) -> None:
    """Makes it the verdict of an event that is not stored."""
    result.outcome = pb.BatchItemResult.OUTCOME_REJECTED
    result.ClearField("event_time")
    result.status.CopyFrom(error.to_status())


def totals(results: Sequence[pb.BatchItemResult]) -> dict[str, int]:
    """How many have which outcome, by the fields that count them."""
    outcomes = [result.outcome for result in results]
    return {
        "stored_count": outcomes.count(pb.BatchItemResult.OUTCOME_STORED),
        "repeated_count": outcomes.count(pb.BatchItemResult.OUTCOME_REPEATED),
        "rejected_count": outcomes.count(pb.BatchItemResult.OUTCOME_REJECTED),
    }


def _size(rows: Sequence[tuple[int, UserEventRow | ClientEventRow]], kept: Sequence[RejectionRow]) -> int:
    return sum(len(row.payload) for _, row in rows) + sum(len(row.raw) for row in kept)
