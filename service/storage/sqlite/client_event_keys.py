"""The keys by which client events are found: of their ids, which must not come twice, and of their request ids.

Both are as good as random. In an index over all of them each row dirties a page of its own, which is written to the
log and copied from there: several times the cost of the row. So keys go to small runs first, each of some thousand
arrivals. As many runs as make a generation are then merged into the table of all keys, range by range in the order of
keys: a page takes many at once. Every so many rows there is such a step, in their transaction, so that merging keeps
pace with what arrives and none waits for more than a step. A generation that is merged is deleted run by run.

All is in the database, in the transaction of the rows; whoever reads looks in both places. In memory is only in which
run each id's key is that waits for its merge, and that can be read again at any time: at the start, after a rollback.
"""

from __future__ import annotations

import enum
import json
import struct
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from itertools import repeat
from typing import Any, Final, NamedTuple

import apsw

from service.storage.sqlite.queries import SQL, fetch

# None of these is Final: tests make keys so short that they collide, and what is Final can't be changed once compiled.
_KEY_BYTES = 6
_PADDING = bytes(8 - _KEY_BYTES)
_END = 1 << 8 * _KEY_BYTES  # no key is as large
_MOST_STEPS: Final = 128  # while a generation fills


class KeyKind(enum.IntEnum):
    """Of what a key is."""

    EVENT_ID = 0
    REQUEST_ID = 1


class RunSizes(NamedTuple):
    """How many arrivals share a run, and how many runs are merged at once.

    A row dirties the fewer pages the shorter its run, and the more rows are merged at once. A reader looks into as many
    runs as two generations have. A database keeps them for life: its runs are numbered by them.
    """

    rows: int = 2_048
    runs: int = 32

    @property
    def steps(self) -> int:
        """In which a generation is merged and deleted, while the next one fills."""
        return min(_MOST_STEPS, self.rows * self.runs)


def keys_of(texts: Iterable[tuple[int, bytes]]) -> tuple[int, ...]:
    """The keys of (number of a parent, text in UTF-8), in order."""
    digests = [blake2b(b"%d %s" % each, digest_size=_KEY_BYTES).digest() for each in texts]
    digests.append(b"")
    return struct.unpack(f"<{len(digests) - 1}q", _PADDING.join(digests))


def key_of(parent_id: int, text: str) -> int:
    """The key of one text."""
    return keys_of([(parent_id, text.encode())])[0]


def add_key_function(connection: apsw.Connection) -> None:
    """Makes `key_of` known to SQL, as `client_event_key`."""

    def client_event_key(*values: Any) -> int:
        parent_id, text = values
        return key_of(parent_id, text)

    connection.create_scalar_function("client_event_key", client_event_key, 2, deterministic=True)


class ClientEventKeys:
    """Knows, for the connection that writes, which ids there may be, and merges their keys.

    Args:
        connection: The writing connection.
        sizes: Of runs.
    """

    def __init__(self, connection: apsw.Connection, sizes: RunSizes) -> None:
        self._connection = connection
        self._sizes = sizes
        self._step_rows = sizes.rows * sizes.runs // sizes.steps
        self._span = -(-_END // (sizes.steps // 2))  # of keys that a step merges
        self._forget()

    def committed(self) -> None:
        """What is known holds."""
        self._may_vanish = False

    def rolled_back(self) -> None:
        """Forgets everything, if anything was learned meanwhile: to read it all again takes some 20 ms."""
        if self._may_vanish:
            self._forget()

    def _forget(self) -> None:
        self._may_vanish = False
        self._waiting: dict[int, dict[int, int]] | None = None  # by generation: in which run a key is
        self._twins: set[int] = set()  # keys that are in more runs than one
        self._oldest: int | None = None  # run
        self._next_key = 0
        self._rows = self._step_rows  # since the last step: lives shorter than that must not keep merging from going on

    def _load(self) -> dict[int, dict[int, int]]:
        if self._waiting is None:
            self._may_vanish = True  # until all of it was read
            self._waiting = {}
            for run, keys in fetch(self._connection, "client_event_run_keys"):
                self._note(run, json.loads(keys))
            self._find_oldest()
            until_id, next_key = fetch(self._connection, "client_event_merge")[0]
            if self._oldest is not None and until_id == self._until_id(self._oldest):
                self._next_key = next_key
        return self._waiting

    def _find_oldest(self) -> None:
        self._oldest = self._connection.execute(SQL["oldest_client_event_run"]).get

    def _until_id(self, run: int) -> int:
        """The end of a run's generation."""
        return (run // self._sizes.runs + 1) * self._sizes.runs * self._sizes.rows

    def _note(self, run: int, keys: Sequence[int]) -> None:
        assert self._waiting is not None
        there = set().union(*(generation.keys() & keys for generation in self._waiting.values()))
        self._twins |= there
        self._waiting.setdefault(run // self._sizes.runs, {}).update(zip(keys, repeat(run)))

    def are_new(self, keys: Sequence[int]) -> bool:
        """Whether all these keys of ids differ, and no stored event has one of them."""
        distinct = set(keys)
        return (
            len(distinct) == len(keys)
            and all(generation.keys().isdisjoint(distinct) for generation in self._load().values())
            and not self._connection.execute(SQL["has_client_event_keys"], (json.dumps(keys),)).get
        )

    def runs_of(self, key: int) -> Iterable[int]:
        """The runs in which this key of an id may be."""
        waiting = self._load()
        if key in self._twins and waiting and self._oldest is not None:
            return range(self._oldest, (max(waiting) + 1) * self._sizes.runs)
        return [generation[key] for generation in waiting.values() if key in generation]

    def add(self, first: int, event_keys: Sequence[int], request_keys: Sequence[int | None]) -> None:
        """Adds the keys of events that were just stored, numbered from `first` on, and merges as many as are due."""
        self._load()
        self._may_vanish = True
        size = self._sizes.rows
        values = (json.dumps(event_keys), json.dumps(request_keys), first, size)
        self._connection.execute(SQL["insert_client_event_keys"], values)
        last = first + len(event_keys) - 1
        for run in range(first // size, last // size + 1):
            self._note(run, event_keys[max(0, run * size - first) : (run + 1) * size - first])
        if self._oldest is None:
            self._oldest = first // size
        self._rows += len(event_keys)
        steps, self._rows = divmod(self._rows, self._step_rows)
        for _ in range(steps):
            self._step(last // size // self._sizes.runs)

    def _step(self, filling: int) -> None:
        """Merges, or deletes, a part of the oldest generation, unless that is the one that is being filled."""
        assert self._oldest is not None
        generation = self._oldest // self._sizes.runs
        behind = filling - generation
        if behind <= 0:
            return
        if self._next_key < _END:
            self._merge(generation, self._next_key + self._span * behind)
        else:
            for _ in range(behind):
                self._connection.execute(SQL["delete_client_event_run"], (self._oldest,))
                self._find_oldest()
                if self._oldest is None or self._oldest // self._sizes.runs != generation:
                    self._next_key = 0
                    break

    def _merge(self, generation: int, upto: int) -> None:
        assert self._oldest is not None
        runs = json.dumps(list(range(self._oldest, (generation + 1) * self._sizes.runs)))
        self._connection.execute(SQL["merge_client_event_keys"], (runs, self._next_key, upto))
        self._connection.execute(SQL["set_client_event_merge"], (self._until_id(self._oldest), upto))
        self._next_key = upto
        if upto >= _END:
            self._load().pop(generation, None)

    def remove(self, kind: KeyKind, keys: Sequence[int], ids: Sequence[int]) -> None:
        """Removes keys with the numbers of their events."""
        self._load()
        pairs = list(zip(keys, ids, strict=True))
        self._connection.execute(SQL["delete_client_event_keys"], (kind, json.dumps(pairs)))
        if self._oldest is not None:
            recent = [
                (number // self._sizes.rows, key, number)
                for key, number in pairs
                if number >= self._oldest * self._sizes.rows
            ]
            if recent:
                self._connection.execute(SQL["delete_client_event_run_keys"], (kind, json.dumps(recent)))
