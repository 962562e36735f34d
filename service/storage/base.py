"""The seam between the house and a database: the verbs it offers; `records` it takes, and `errors` it raises."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from service.storage.records import (
    EVERYTHING,
    ActorEvent,
    ClientEventRow,
    Counted,
    EventId,
    IdentifierKind,
    Inserted,
    Joins,
    Key,
    OperationRow,
    Page,
    ProductPage,
    ProductRow,
    ProductVersion,
    Receipt,
    RejectionPage,
    RejectionRow,
    Scanned,
    Selection,
    SignalRow,
    StoredAs,
    StoredEvent,
    StoredRejection,
    StoryEvent,
    Summary,
    UserEventColumns,
    UserEventRow,
    Verdict,
)

T = TypeVar("T")

MAX_PAGE_BYTES = 2 * 2**20  # of payloads in one page, unless its first is larger


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

    def insert_user_event_columns(self, receipt: Receipt, columns: UserEventColumns) -> tuple[int, int]:
        """The same for events that come together; returns how many were added that join, and that don't."""

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

    def set_joined_revision(self, revision: int | None, numbers: str) -> int:
        """Writes at which revision events joined, by their numbers as `Joins` has them; returns how many there were."""

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

    def scan_events(
        self, kind: str, parent: str, selection: Selection, after: Key | None, limit: int, *, whole: bool = True
    ) -> list[EventId]:
        """The same order as `list_events`, without counting: for work in steps.

        Unless they are wanted whole, they come without payload and revision: an index may have the rest.
        """

    def scan_payloads(self, parent: str, selection: Selection, after: Key | None, limit: int) -> Scanned | None:
        """The same of user events, and only what they hold; None: there are no more."""

    def scan_joins(self, parent: str, selection: Selection, after: Key | None, limit: int) -> Joins | None:
        """The same, and how they joined."""

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

        Only events of the types `with_payload` bring their payload. Where payloads are large there are fewer than
        `limit`, but none only where there are no more.
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

        Only events of the types `with_payload` bring their payload. Where payloads are large there are fewer than
        `limit`, but none only where there are no more.
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
