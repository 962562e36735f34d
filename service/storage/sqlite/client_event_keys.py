"""The keys by which client events are found: of their ids, which must not come twice, and of their request ids.

Both are as good as random. In an index over all of them each row dirties a page of its own, which is written to the
log and copied from there: several times the cost of the row. So keys go to small runs first, each of some thousand
arrivals, and there in order, once the last of these has come. As many runs as make a generation are then merged into
the table of all keys, range by range in the order of keys: a page takes many at once. Every so many rows there is such
a step, in their transaction, so that merging keeps pace with what arrives, and none waits for more than a step and the
writing of a run. A generation that is merged is deleted run by run.

The latest arrivals have no keys in the database yet; they are so few that a reader looks at each. All else is there, in
the transaction of the rows, and whoever reads looks in all three places. In memory are the latest keys, and in which
run each id's key is that waits for its merge; that can be read again at any time: at the start, after a rollback.
"""

from __future__ import annotations

import enum
import json
from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from itertools import repeat
from typing import Any, Final, NamedTuple

import apsw
from xxhash import xxh3_64_intdigest

from service.storage.sqlite.queries import SQL, fetch

# Not Final: tests make keys so short that they collide, and what is Final can't be changed once compiled.
_HASH_BITS = 47
_PLACE_BITS: Final = 15  # beside a key in SQLite's integers; a run has no more arrivals than that
_MOST_STEPS: Final = 128  # while a generation fills


class KeyKind(enum.IntEnum):
    """Of what a key is: its first bit, so that all keys of a kind are together."""

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


def keys_of(seed: int, kind: KeyKind, texts: Iterable[tuple[int, str]]) -> list[int]:
    """The keys of (number of a parent, text), in order: behind the kind are the last bits of their XXH3.

    The seed is the database's secret: whoever knew it could make as many texts with one key as he likes.
    """
    first_bit = kind << _HASH_BITS
    others = (1 << _HASH_BITS) - 1
    return [first_bit | xxh3_64_intdigest(text.encode(), seed ^ parent_id) & others for parent_id, text in texts]


def add_key_function(connection: apsw.Connection) -> None:
    """Makes keys known to SQL, as `client_event_key` of kind, number of a parent and text."""
    seeds: list[int] = []

    def client_event_key(*values: Any) -> int:
        if not seeds:  # the migration that makes the seed makes keys, too
            seeds.append(connection.execute(SQL["client_event_key_seed"]).get)
        kind, parent_id, text = values
        return keys_of(seeds[0], KeyKind(kind), [(parent_id, text)])[0]

    connection.create_scalar_function("client_event_key", client_event_key, 3, deterministic=True)


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
        self._seed: int | None = None
        self._end = len(KeyKind) << _HASH_BITS  # no key is as large
        self._span = -(-self._end // (sizes.steps // 2))  # of keys that a step merges
        self._forget()

    def of(self, kind: KeyKind, texts: Iterable[tuple[int, str]]) -> list[int]:
        """The keys of (number of a parent, text), in order."""
        seed = self._seed
        if seed is None:
            seed = self._seed = self._connection.execute(SQL["client_event_key_seed"]).get
        return keys_of(seed, kind, texts)

    def committed(self) -> None:
        """What is known holds."""
        self._may_vanish = False

    def rolled_back(self) -> None:
        """Forgets everything, if anything was learned meanwhile: to read it all again takes some 20 ms."""
        if self._may_vanish:
            self._forget()

    def _forget(self) -> None:
        self._may_vanish = False
        self._waiting: dict[int, dict[int, int]] | None = None  # by generation: in which run a key is, or will be
        self._twins: set[int] = set()  # keys that are in more runs than one
        self._numbers: list[int] = []  # of the latest arrivals, which no run has yet
        self._event_keys: list[int] = []  # theirs
        self._request_keys: list[int | None] = []
        self._oldest: int | None = None  # run
        self._next_key = 0
        self._rows = self._step_rows  # since the last step: lives shorter than that must not keep merging from going on

    def _load(self) -> dict[int, dict[int, int]]:
        if self._waiting is None:
            self._may_vanish = True  # until all of it was read
            self._waiting = {}
            for run, keys in fetch(self._connection, "client_event_run_keys", (1 << _HASH_BITS,)):
                self._note(run, json.loads(keys))
            self._find_oldest()
            until_id, next_key = fetch(self._connection, "client_event_merge")[0]
            if self._oldest is not None and until_id == self._until_id(self._oldest):
                self._next_key = next_key
            for number, parent_id, event_id, request_id in fetch(self._connection, "client_events_without_keys"):
                request_keys: list[int | None] = [None]
                if request_id is not None:
                    request_keys = [*self.of(KeyKind.REQUEST_ID, [(parent_id, request_id)])]
                self._keep([number], self.of(KeyKind.EVENT_ID, [(parent_id, event_id)]), request_keys)
        return self._waiting

    def _keep(self, numbers: Sequence[int], event_keys: Sequence[int], request_keys: Sequence[int | None]) -> None:
        """Remembers the keys of what just arrived; these numbers follow one another."""
        self._numbers += numbers
        self._event_keys += event_keys
        self._request_keys += request_keys
        size = self._sizes.rows
        first, last = numbers[0], numbers[-1]
        for run in range(first // size, last // size + 1):
            self._note(run, event_keys[max(0, run * size - first) : (run + 1) * size - first])

    def _find_oldest(self) -> None:
        self._oldest = self._connection.execute(SQL["oldest_client_event_run"]).get

    def _oldest_generation(self) -> int | None:
        return None if self._oldest is None else self._oldest // self._sizes.runs

    def _until_id(self, run: int) -> int:
        """The end of a run's generation."""
        return (run // self._sizes.runs + 1) * self._sizes.runs * self._sizes.rows

    def _note(self, run: int, keys: Sequence[int]) -> None:
        assert self._waiting is not None
        there = set().union(*(generation.keys() & keys for generation in self._waiting.values()))
        self._twins |= there
        self._waiting.setdefault(run // self._sizes.runs, {}).update(zip(keys, repeat(run)))

    def are_new(self, keys: Sequence[int]) -> bool:
        """Whether all these keys of ids, of which there is one, differ, and no stored event has one of them."""
        distinct = set(keys)
        return (
            len(distinct) == len(keys)
            and all(generation.keys().isdisjoint(distinct) for generation in self._load().values())
            and not self._connection.execute(SQL["has_client_event_keys"], (apsw.carray(array("q", sorted(keys))),)).get
        )

    def runs_of(self, key: int) -> Iterable[int]:
        """The runs in which this key of an id may be."""
        waiting = self._load()
        if key in self._twins and waiting and self._oldest is not None:
            return range(self._oldest, (max(waiting) + 1) * self._sizes.runs)
        return [generation[key] for generation in waiting.values() if key in generation]

    def latest_of(self, keys: Collection[int]) -> list[int]:
        """The numbers of events that have one of these keys of ids, and that no run has yet."""
        return [number for number, key in zip(self._numbers, self._event_keys, strict=True) if key in keys]

    def add(self, first: int, event_keys: Sequence[int], request_keys: Sequence[int | None]) -> None:
        """Adds the keys of events that were just stored, numbered from `first` on, and merges as many as are due.

        `are_new` was asked before they were stored.
        """
        assert self._waiting is not None
        self._may_vanish = True
        following = first + len(event_keys)
        self._keep(range(first, following), event_keys, request_keys)
        run = following // self._sizes.rows
        if self._numbers[0] < run * self._sizes.rows:
            self._complete(run)
        self._rows += len(event_keys)
        steps, self._rows = divmod(self._rows, self._step_rows)
        for _ in range(steps):
            self._step((following - 1) // self._sizes.rows // self._sizes.runs)

    def _complete(self, until: int) -> None:
        """Writes the runs before `until`, to which no more will come."""
        size, begin = self._sizes.rows, 0
        for run in range(self._numbers[0] // size, until):
            end = bisect_left(self._numbers, (run + 1) * size)
            places = [number % size for number in self._numbers[begin:end]]
            packed = [
                key << _PLACE_BITS | place
                for keys in (self._event_keys, self._request_keys)
                for key, place in zip(keys[begin:end], places, strict=True)
                if key is not None
            ]
            if packed:
                values = (apsw.carray(array("q", sorted(packed))), _PLACE_BITS, run, run * size)
                self._connection.execute(SQL["insert_client_event_keys"], values)
            begin = end
        del self._numbers[:begin], self._event_keys[:begin], self._request_keys[:begin]
        self._connection.execute(SQL["set_client_events_keyed"], (until * size,))
        if self._oldest is None:
            self._find_oldest()

    def _step(self, filling: int) -> None:
        """Merges, or deletes, a part of the oldest generation, unless that is the one that is being filled."""
        generation = self._oldest_generation()
        behind = 0 if generation is None else filling - generation
        if generation is None or behind <= 0:
            return
        if self._next_key < self._end:
            self._merge(generation, self._next_key + self._span * behind)
        else:
            for _ in range(behind):
                self._connection.execute(SQL["delete_client_event_run"], (self._oldest,))
                self._find_oldest()
                if self._oldest_generation() != generation:
                    self._next_key = 0
                    break

    def _merge(self, generation: int, upto: int) -> None:
        assert self._oldest is not None
        runs = json.dumps(list(range(self._oldest, (generation + 1) * self._sizes.runs)))
        self._connection.execute(SQL["merge_client_event_keys"], (runs, self._next_key, upto))
        self._connection.execute(SQL["set_client_event_merge"], (self._until_id(self._oldest), upto))
        self._next_key = upto
        if upto >= self._end:
            self._load().pop(generation, None)

    def remove(self, keys: Sequence[int], ids: Sequence[int]) -> None:
        """Removes keys with the numbers of their events."""
        self._load()
        pairs = list(zip(keys, ids, strict=True))
        self._connection.execute(SQL["delete_client_event_keys"], (json.dumps(pairs),))
        if self._oldest is not None:
            recent = [
                (number // self._sizes.rows, key, number)
                for key, number in pairs
                if number >= self._oldest * self._sizes.rows
            ]
            if recent:
                self._connection.execute(SQL["delete_client_event_run_keys"], (json.dumps(recent),))

    def forget(self, ids: Collection[int]) -> None:
        """Events with these numbers are removed."""
        self._load()
        gone = set(self._numbers).intersection(ids)
        if gone:
            self._may_vanish = True
            kept = [place for place, number in enumerate(self._numbers) if number not in gone]
            self._numbers = [self._numbers[place] for place in kept]
            self._event_keys = [self._event_keys[place] for place in kept]
            self._request_keys = [self._request_keys[place] for place in kept]
