"""The seam between the house and a database: the records it takes, the verbs it offers, the errors it raises.

Times are integers, microseconds since the Unix epoch (UTC). Messages cross this seam as bytes only.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol, TypeVar

T = TypeVar("T")

MAX_PAGE_BYTES = 2 * 2**20  # of payloads in one page, unless its first is larger


class StoreError(Exception):
    """A database did not do what was asked."""


class StorageUnavailableError(StoreError):
    """The database can't take or give anything now (an I/O error); the same call may succeed later."""


class StorageFullError(StorageUnavailableError):
    """The disk or the quota that holds the database is full; writes succeed again once there is space."""


class DatabaseLockedError(StoreError):
    """Another process has this database open."""


class DatabaseTooNewError(StoreError):
    """The database was written by a newer release of Footfall."""


class UserEventRow(NamedTuple):
    """One user event as stored. `(parent_id, event_time_us, fingerprint)` is its identity."""

    parent_id: int
    event_time_us: int
    fingerprint: bytes
    event_type: str
    visitor_id: str
    user_id: str | None
    receive_time_us: int
    source: int
    joined_revision: int | None  # catalog revision at which all its products were known; 0 when it names none
    payload: bytes  # serialised google.cloud.retail.v2.UserEvent


class ClientEventRow(NamedTuple):
    """One client event as stored. `(parent_id, event_id)` is its identity, `fingerprint` its content."""

    parent_id: int
    event_id: str
    fingerprint: bytes
    create_time_us: int
    request_id: str | None
    event_type: int
    receive_time_us: int
    source: int
    payload: bytes  # serialised google.cloud.talent.v4.ClientEvent


class RejectionRow(NamedTuple):
    """One line, hit or call that was refused."""

    parent_id: int
    receive_time_us: int
    source: int
    operation: str | None
    uri: str | None
    line_number: int | None
    status: bytes  # serialised google.rpc.Status
    raw: str
    raw_truncated: bool


class OperationState(enum.IntEnum):
    """Where long-running work stands. From SUCCEEDED on it is done."""

    PENDING = 0
    RUNNING = 1
    SUCCEEDED = 2
    FAILED = 3
    CANCELLED = 4

    @property
    def done(self) -> bool:
        """Whether the work has ended, in whatever way."""
        return self >= OperationState.SUCCEEDED


class OperationRow(NamedTuple):
    """One long-running operation."""

    name: str
    kind: str
    parent_id: int
    state: OperationState
    request: bytes  # what was asked, with whatever the server filled in
    plan: str  # JSON: what was fixed when it was accepted (objects and their versions)
    progress: str  # JSON: counts and the cursor from which it goes on
    result: bytes | None  # serialised response message
    error: bytes | None  # serialised google.rpc.Status
    create_time_us: int
    update_time_us: int
    cancel_requested: bool = False


class StoredEvent(NamedTuple):
    """An event read back: `id` is its arrival number, which never comes twice."""

    id: int
    parent: str
    event_time_us: int
    fingerprint: bytes
    receive_time_us: int
    source: int
    joined: bool
    payload: bytes


class StoredRejection(NamedTuple):
    """A rejection read back."""

    id: int
    row: RejectionRow


class Page(NamedTuple):
    """One page of a list: its items, whether more follow, and how many there are in all at this moment."""

    items: list[StoredEvent]
    more: bool
    total: int


class RejectionPage(NamedTuple):
    """One page of rejections, newest first."""

    items: list[StoredRejection]
    more: bool
    total: int


class Verdict(enum.Enum):
    """What became of a client event."""

    STORED = enum.auto()
    REPEATED = enum.auto()  # the same event with the same content was there
    CONFLICT = enum.auto()  # its id was there with other content


class Transaction(Protocol):
    """What may be written, inside one transaction."""

    def intern_parent(self, name: str) -> int:
        """The number of a resource name, made on first use."""

    def insert_user_events(self, rows: Sequence[UserEventRow]) -> int:
        """Adds the events that are not there yet; returns how many those were."""

    def insert_client_events(self, rows: Sequence[ClientEventRow]) -> list[Verdict]:
        """Adds the events whose ids are not there yet; a verdict per row, in order."""

    def insert_rejections(self, rows: Sequence[RejectionRow]) -> None:
        """Adds rejections and drops the oldest of a parent beyond the limit."""

    def insert_operation(self, row: OperationRow) -> None:
        """Adds an operation; its name must be new."""

    def update_operation(self, row: OperationRow) -> None:
        """Writes state, progress, result, error and update time of the operation `row.name`."""

    def request_cancel(self, name: str) -> None:
        """Notes that an operation which has not ended is to be cancelled."""

    def delete_operation(self, name: str) -> bool:
        """Removes an operation; False when there was none."""

    def expire(self, *, rejections_before_us: int, operations_before_us: int) -> int:
        """Drops rejections, and operations that ended, from before the given times; returns how many rows went."""


class Store(Protocol):
    """One database. Writes happen on one thread, inside `transaction()`; reads may happen on any thread."""

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Begins a transaction that commits durably at the end of the block and rolls back on an error."""

    def close(self) -> None:
        """Closes every connection and gives up the lock."""

    def parents(self) -> dict[str, int]:
        """Every interned resource name."""

    def list_user_events(self, parent: str, after: tuple[int, bytes] | None, limit: int) -> Page:
        """Events of a catalog by (event time, fingerprint), those after the key `after`."""

    def get_user_event(self, parent: str, event_id: int) -> StoredEvent | None:
        """One event by its arrival number."""

    def list_client_events(self, parent: str, after: tuple[int, int] | None, limit: int) -> Page:
        """Events of a tenant by (create time, arrival number), those after the key `after`."""

    def get_client_event(self, parent: str, event_id: int) -> StoredEvent | None:
        """One event by its arrival number."""

    def list_rejections(self, parent: str, before: int | None, limit: int) -> RejectionPage:
        """Rejections of a parent, newest first, those numbered below `before`."""

    def get_operation(self, name: str) -> OperationRow | None:
        """One operation by its name, without its request."""

    def list_operations(
        self, prefix: str, *, kinds: Iterable[str] | None, done: bool | None, before: int | None, limit: int
    ) -> list[tuple[int, OperationRow]]:
        """Operations whose names begin with `prefix` + "/", newest first, each with its number."""

    def unfinished_operations(self) -> list[OperationRow]:
        """Operations that have not ended, oldest first."""


Call = Callable[[Transaction], T]
