"""The records that cross the seam to a database.

Times are integers, microseconds since the Unix epoch (UTC). Messages cross it as bytes only.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple


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


class UserEventColumns(NamedTuple):
    """User events that come together, by column: each has a value for each of them, as in `UserEventRow`."""

    event_times_us: Sequence[int] = ()
    fingerprints: Sequence[bytes] = ()
    event_types: Sequence[str] = ()
    visitor_ids: Sequence[str] = ()
    user_ids: Sequence[str | None] = ()
    product_ids: Sequence[tuple[str, ...]] = ()
    payloads: Sequence[bytes] = ()


class Receipt(NamedTuple):
    """What user events that come together have in common, as in `UserEventRow`."""

    parent_id: int
    receive_time_us: int
    source: int
    branch_id: int


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
    other_fingerprints: bytes | None = None  # of what the forms from 2 on can say of it; None: see `record`
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
    """What is enough to name an event, or to go on behind it; and what it holds, where it was wanted whole."""

    id: int
    key: Key
    joined_revision: int | None
    payload: bytes


class Payloads(NamedTuple):
    """Serialised messages, one behind the other: two objects, however many they are.

    Attributes:
        sizes: Of each, in bytes: decimal numbers with a comma between two.
        data: All of them.
    """

    sizes: str
    data: bytes

    @classmethod
    def of(cls, payloads: Sequence[bytes]) -> Payloads:
        """These messages."""
        return cls(",".join(str(len(payload)) for payload in payloads), b"".join(payloads))

    def each(self) -> Iterator[bytes]:
        """The messages."""
        return (self.data[begin:end] for begin, end in pairwise(accumulate(self.lengths(), initial=0)))

    def lengths(self) -> list[int]:
        """The size of each, in bytes."""
        return list(map(int, self.sizes.split(","))) if self.sizes else []


class Scanned(NamedTuple):
    """The payloads of some events, in order, how many they are, and the key of the last."""

    payloads: Payloads
    total: int
    last: Key


class Joins(NamedTuple):
    """What joining some events anew takes, in order: their payloads, how many they are, and the key of the last.

    Attributes:
        numbers: Of each: decimal numbers with a comma between two.
        revisions: At which each joined, the same way; nothing for one that did not.
    """

    payloads: Payloads
    total: int
    last: Key
    numbers: str
    revisions: str


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
