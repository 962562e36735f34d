"""The seam between the house and a database: the records it takes, the verbs it offers, the errors it raises.

Times are integers, microseconds since the Unix epoch (UTC). Messages cross this seam as bytes only.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Iterable, Sequence
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
    branch_id: int  # the branch whose products it joins
    product_ids: tuple[str, ...]  # the products it names, each once
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
    form: int = 1  # in which it was sent, from 1 (v4's) on
    other_fingerprints: bytes | None = None  # of what the forms from 2 on can say of it; None: `fingerprint` each
    beside: bytes | None = None  # what v4's form can't say: serialised footfall.v1.StoredClientEvent


class IdentifierKind(enum.IntEnum):
    """By what a signal names an application or a position."""

    TOKEN = 1
    APPLICATION = 2  # candidate application profile
    POSITION = 3  # position profile


class SignalIdentifier(NamedTuple):
    """An application or position that a signal names."""

    kind: IdentifierKind
    value: str
    is_subject: bool  # whether the signal tells where that one stands


class SignalRow(NamedTuple):
    """One hiring signal as stored. `(parent_id, fingerprint)` is its identity."""

    parent_id: int
    fingerprint: bytes
    type_code: str
    signal_time_us: int
    request_id: str | None
    receive_time_us: int
    source: int
    payload: bytes  # serialised footfall.v1.Signal
    identifiers: tuple[SignalIdentifier, ...]  # each once


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


Key = tuple[int, bytes | int]
"""Where an event stands in the order of time: its time, and what tells it from others of that time."""


class Selection(NamedTuple):
    """Which events of a parent are meant; whatever is set must hold. An empty set means none."""

    from_us: int | None = None  # inclusive
    until_us: int | None = None  # exclusive
    event_types: frozenset[str] | frozenset[int] | None = None  # numbers for client events, type codes for signals
    not_event_types: frozenset[str] = frozenset()
    visitor_ids: frozenset[str] | None = None
    user_ids: frozenset[str] | None = None
    request_ids: frozenset[str] | None = None
    event_ids: frozenset[str] | None = None
    tokens: frozenset[str] | None = None  # this and the next two: signals that name one of these
    application_ids: frozenset[str] | None = None
    position_ids: frozenset[str] | None = None
    joined: bool | None = None
    max_id: int | None = None  # arrival number


EVERYTHING = Selection()


class EventId(NamedTuple):
    """What is enough to name an event, to go on behind it, or to join it anew."""

    id: int
    key: Key
    joined_revision: int | None
    payload: bytes


class Counted(NamedTuple):
    """One group of a count: its type, day (days since the Unix epoch, UTC) and join state, where grouped by them."""

    event_type: str | int | None
    day: int | None
    joined: bool | None
    events: int


class StoredEvent(NamedTuple):
    """An event read back: `id` is its arrival number, which never comes twice."""

    id: int
    parent: str
    event_time_us: int
    fingerprint: bytes
    receive_time_us: int
    source: int
    joined_revision: int | None  # at which all its products were known; 0 when it names none, None while unjoined
    payload: bytes
    form: int = 0  # of client events only, as `beside`
    beside: bytes | None = None


class ActorEvent(NamedTuple):
    """What matters of an event to those who follow its actor: a visitor, a user, a search; None: it has none."""

    event_time_us: int
    tie: bytes | int  # with the time, its key
    event_type: str | int
    actor: str | None
    payload: bytes | None  # only where asked for


class StoryEvent(NamedTuple):
    """What matters of a client event to the story of its search."""

    request_id: str
    id: int
    event_type: int
    payload: bytes | None  # only where asked for


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


class Inserted(NamedTuple):
    """What an insert of user events added; the rest was there already."""

    joined: int
    unjoined: int
    stored: frozenset[bytes]  # fingerprints of those that were added


class ProductRow(NamedTuple):
    """One version of one product. `(parent_id, product_id)` is the product, parent_id being the branch."""

    product_id: str
    type: int
    primary_product_id: str
    availability: int
    create_time_us: int
    change_time_us: int  # of this version; two versions that differ in nothing else are one
    expire_time_us: int | None
    payload: bytes  # serialised google.cloud.retail.v2.Product


class ProductVersion(NamedTuple):
    """A version of a product that holds, or held; its number tells it from every other."""

    id: int
    expire_time_us: int | None
    payload: bytes


class ProductPage(NamedTuple):
    """One page of products by id, whether more follow, and how many there are in all at this moment."""

    items: list[ProductRow]
    more: bool
    total: int


class Summary(NamedTuple):
    """What a database holds at this moment, all parents together."""

    user_events: int
    client_events: int
    rejected_events: int
    signals: int
    operations: dict[tuple[str, OperationState], int]  # by kind and state; only those that there are
    file_bytes: dict[str, int]  # what it takes on disk, by part
    free_bytes: int  # what else fits on that disk


class Verdict(enum.Enum):
    """What became of a client event or a signal."""

    STORED = enum.auto()
    REPEATED = enum.auto()  # the same event with the same content was there
    CONFLICT = enum.auto()  # its id was there with other content


class StoredAs(NamedTuple):
    """What became of a signal, and the number of the one that is stored: itself, or the same one from before."""

    verdict: Verdict  # STORED or REPEATED
    id: int


class Transaction(Protocol):
    """What may be written, inside one transaction."""

    def intern_parent(self, name: str) -> int:
        """The number of a resource name, made on first use."""

    def insert_user_events(self, rows: Sequence[UserEventRow]) -> int:
        """Adds the events that are not there yet and returns how many those were.

        Each joins when all its products are in its branch now.
        """

    def insert_user_events_of(self, parent_id: int, rows: Sequence[UserEventRow]) -> Inserted:
        """The same for events of one catalog, telling what was added."""

    def revision(self, branch_id: int) -> int:
        """The revision that a branch's products have now; 0 before the first product."""

    def put_products(self, branch_id: int, rows: Sequence[ProductRow]) -> None:
        """Makes these the current versions of their products, in a new revision unless nothing changes."""

    def confirm_products(self, branch_id: int, product_ids: Sequence[str]) -> None:
        """Notes that somebody wrote these products now, though they stay as they are."""

    def end_revision(self, branch_id: int) -> int:
        """Begins a new revision without a change and returns the former: what is written from now on is behind it."""

    def delete_products(self, branch_id: int, product_ids: Sequence[str], *, revision: int | None = None) -> int:
        """Ends the current versions of these products, in a new revision; returns how many there were.

        With `revision`, those that somebody wrote after it stay.
        """

    def products(self, branch_id: int, product_ids: Sequence[str]) -> dict[str, ProductRow]:
        """The current versions of those of these products that exist."""

    def variants(self, branch_id: int, primary_product_id: str) -> list[ProductRow]:
        """The current products whose primary product this is, itself left out."""

    def collections(self, branch_id: int) -> list[ProductRow]:
        """The current products of type COLLECTION."""

    def delete_user_events(self, ids: Sequence[int]) -> int:
        """Removes events by their numbers; returns how many there were."""

    def delete_client_events(self, ids: Sequence[int]) -> int:
        """Removes events by their numbers; returns how many there were."""

    def set_joined_revisions(self, revisions: Sequence[tuple[int | None, int]]) -> int:
        """Writes (joined_revision, event number) pairs; returns how many of those events there were."""

    def forget_products(self, branch_id: int, row_ids: Sequence[int]) -> None:
        """Removes past versions of products by their numbers."""

    def give_back_space(self, pages: int) -> int:
        """Gives up to `pages` free pages back to the file system; returns how many are still free."""

    def insert_client_events(self, rows: Sequence[ClientEventRow]) -> list[Verdict]:
        """Adds the events whose ids are not there yet; a verdict per row, in order."""

    def insert_signals(self, rows: Sequence[SignalRow]) -> list[StoredAs]:
        """Adds the signals that are not there yet; for each row what became of it, in order."""

    def delete_signals(self, ids: Sequence[int]) -> int:
        """Removes signals by their numbers; returns how many there were."""

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

    def expire(self, *, rejections_before_us: int, operations_before_us: int, limit: int) -> int:
        """Drops up to `limit` rejections, and operations that ended, from before the given times.

        Returns:
            How many rows went; 0 when none is left.
        """


class Store(Protocol):
    """One database. Writes happen on one thread, inside `transaction()`; reads may happen on any thread."""

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Begins a transaction that commits durably at the end of the block and rolls back on an error."""

    def prepare_to_shorten(self) -> None:
        """Does the most of what `shorten` has to do, beside the writer; any thread may call it."""

    def shorten(self) -> None:
        """Gives what was freed back to the file system now; no transaction may be open."""

    def close(self) -> None:
        """Closes every connection and gives up the lock."""

    def parents(self) -> dict[str, int]:
        """Every interned resource name."""

    def summary(self) -> Summary:
        """How much there is."""

    def list_events(
        self, kind: str, parent: str, selection: Selection, after: Key | None, limit: int, *, descending: bool = False
    ) -> Page:
        """Events of a kind (`user_events`, `client_events`, `signals`) by their keys, those behind `after`."""

    def get_event(self, kind: str, parent: str, event_id: int) -> StoredEvent | None:
        """One event by its arrival number."""

    def scan_events(self, kind: str, parent: str, selection: Selection, after: Key | None, limit: int) -> list[EventId]:
        """The same order as `list_events`, without counting: for work in steps."""

    def count_events(self, kind: str, parent: str, selection: Selection, group_by: frozenset[str]) -> list[Counted]:
        """How many events are meant, in groups by any of `event_type`, `day` and, for user events, `joined`."""

    def arrivals(
        self, kind: str, parent: str, after: int, limit: int, selection: Selection = EVERYTHING
    ) -> tuple[list[StoredEvent], int]:
        """Events numbered above `after`, in order of arrival.

        Also returns the number up to which every arrival has been seen, of whatever parent.
        """

    def last_arrival(self, kind: str) -> int:
        """The highest number ever given to an event of this kind."""

    def actor_events(
        self,
        kind: str,
        parent: str,
        selection: Selection,
        *,
        actor: str,
        after: Key | None,
        limit: int,
        with_payload: Collection[str] | Collection[int] = (),
    ) -> list[ActorEvent]:
        """The same order as `scan_events`; `actor` is visitor_id, user_id or request_id.

        Only events of the types `with_payload` bring their payload.
        """

    def story_events(
        self,
        parent: str,
        request_ids: Collection[str],
        after: tuple[str, int] | None,
        limit: int,
        with_payload: Collection[int],
    ) -> list[StoryEvent]:
        """Client events of these searches by request id, then by arrival, those behind `after`.

        Only events of the types `with_payload` bring their payload.
        """

    def get_signal_state(self, parent: str, kind: IdentifierKind, identifier: str) -> StoredEvent | None:
        """The newest signal, by its own time, that tells where an application or a position stands."""

    def list_signal_states(
        self, parent: str, kind: IdentifierKind, after: str, limit: int
    ) -> list[tuple[str, StoredEvent]]:
        """Identifiers of a kind in their order, those behind `after`, each with what `get_signal_state` returns."""

    def list_products(
        self,
        branch: str,
        *,
        after: str,
        limit: int,
        type_: int | None = None,
        primary: str | None = None,
        ids: Iterable[str] | None = None,
        count: bool = False,
    ) -> ProductPage:
        """The current products of a branch by id, those behind `after`; the total is 0 unless `count`."""

    def products_left_alone(self, branch: str, revision: int, after: str, limit: int) -> list[ProductRow]:
        """The current products of a branch that nobody wrote after `revision`, by id, those behind `after`."""

    def products_of_revision(self, branch: str, revision: int, after: str, limit: int) -> list[ProductRow]:
        """The products of a branch as they were at `revision`, by id, those behind `after`."""

    def get_product(self, branch: str, product_id: str) -> ProductRow | None:
        """The current version of a product."""

    def products_at(self, branch: str, wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], ProductVersion]:
        """For (product id, revision) the version that held then; pairs without one are absent."""

    def unneeded_products(self, branch: str, catalog: str, needed: Iterable[int]) -> list[int]:
        """Past versions that no event and no revision of `needed` refers to, by their numbers."""

    def rejections_after(self, parent: str, after: int, limit: int) -> list[StoredRejection]:
        """The rejections of a parent behind the one with the number `after`, oldest first, at most `limit`."""

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
