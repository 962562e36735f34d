"""Power loss: what was answered is on the disk, not only in the kernel's hands.

The server runs under strace. Its system calls show that each answer followed a sync of the write that it speaks of. And
the disk that a power cut would have left at any moment is rebuilt from them, and a server on it held against what had
been answered until then: with everything lost that was not synced, and with a random part of that torn into sectors.
"""

from __future__ import annotations

import os
import random
import re
import shutil
from typing import Any, NamedTuple

import apsw
import pytest

from tests.faults import strace
from tests.faults.client import Client
from tests.faults.disk import Disk
from tests.faults.imports import BUCKET, Left, ObjectImport, UploadImport
from tests.faults.load import Ledger, Writers, wait_for
from tests.support.server import Server

pytestmark = [
    pytest.mark.grpcio,  # the trace is read call by call; what is on the disk when is the same at every door
    pytest.mark.skipif(not strace.available(), reason="strace is not installed"),
    pytest.mark.timeout(300),
]

_CUTS = 4
_SOAK_CUTS = 40
_WRITES = 400  # before the imports begin, and again after them
_KEY = re.compile(rb"w\d-\d-\d{6}")
_OPERATION = re.compile(rb"import-user-events-\d+")
_LONGEST_KEY = 40


class Imported(NamedTuple):
    """An import of the traced run, and what it left there."""

    work: Any
    catalog: str
    operation: str
    left: Left


class Run(NamedTuple):
    """One traced run.

    Attributes:
        folder: The server's, as the run left it.
        calls: What the server asked of the kernel.
        ledger: What the writers sent and were promised.
        imports: The imports beside them.
        arrived: When each event came in.
        answered: When each event, or operation id, first went out.
    """

    folder: Any
    calls: list[strace.Call]
    ledger: Ledger
    imports: list[Imported]
    arrived: dict[str, int]
    answered: dict[str, int]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run with writes all the while, an upload and an import of objects."""
    folder = tmp_path_factory.mktemp("traced")
    server = strace.TracedServer(folder / "server", folder / "trace")
    works = [UploadImport(server.buckets, 7), ObjectImport(server.buckets, 8)]
    ledger = Ledger("projects/p/locations/global/catalogs/written", "projects/p/tenants/written")
    server.start()
    with Client(server.address) as client:
        with Writers(server.address, ledger, "w1"):
            wait_for(lambda: len(ledger.promised) >= _WRITES, "events are written")
            catalogs = [f"projects/p/locations/global/catalogs/{type(work).__name__}" for work in works]
            operations = [work.begin(client, catalog) for work, catalog in zip(works, catalogs, strict=True)]
            for operation in operations:
                client.wait(operation)
            wait_for(lambda: len(ledger.promised) >= 2 * _WRITES, "more events are written")
        imports = [
            Imported(work, catalog, operation, work.left(client, catalog, operation))
            for work, catalog, operation in zip(works, catalogs, operations, strict=True)
        ]
        server.kill()
    calls = list(strace.calls(server.trace, server.folder))
    server.trace.unlink()
    arrived, answered = _network(calls)
    assert ledger.promised <= answered.keys() & arrived.keys(), "an event is missing in the trace"
    return Run(server.folder, calls, ledger, imports, arrived, answered)


def _network(calls):
    """When the keys of events and operations first came in, and first went out."""
    arrived, answered = {}, {}
    ends = {}  # of what each socket has carried: a key may come in two pieces
    for call in calls:
        if call.name in {"sendmsg", "recvmsg"}:
            way = call.name, *call.paths()
            data = ends.get(way, b"") + b"".join(call.texts())[: call.result]
            ends[way] = data[-_LONGEST_KEY:]
            moment, found = (call.begin, answered) if call.name == "sendmsg" else (call.end, arrived)
            for key in (*_KEY.findall(data), *_OPERATION.findall(data)):
                found.setdefault(key.decode(), moment)
    return arrived, answered


def _id(operation):
    return operation.rpartition("/")[2]


def test_every_answer_follows_a_sync_of_its_write(run):
    """Request in, event into the WAL, sync of the WAL from begin to end, answer out: in this order for every event."""
    wal = f"{run.folder}/footfall.db-wal"
    written, synced = {}, []
    for call in run.calls:
        if call.name == "pwrite64" and call.paths() == [wal]:
            for key in _KEY.findall(call.texts()[0]):
                written.setdefault(key.decode(), []).append(call.end)
        elif call.name in {"fsync", "fdatasync"} and call.paths() == [wal]:
            synced.append(call)
    assert len(run.ledger.promised) >= 2 * _WRITES
    for key in run.ledger.promised:
        writes = [write for write in written.get(key, []) if write > run.arrived[key]]
        assert any(write < sync.begin and sync.end < run.answered[key] for write in writes for sync in synced), (
            f"{key} was answered before its write was synced"
        )


def test_the_run_has_a_checkpoint_in_it(run):
    """Else the rebuilt disks would not show what happens between a WAL and its database."""
    syncs = [
        call for call in run.calls if call.name in {"fsync", "fdatasync"} and call.paths()[0].endswith("/footfall.db")
    ]
    assert any(call.begin > min(run.answered.values()) for call in syncs)


def _moments(run, draw, count):
    """Half of them right behind an answer, half anywhere from the first answer on."""
    answers = sorted(run.answered.values())
    anywhere = [draw.randrange(answers[0], run.calls[-1].end) for _ in range(count // 2)]
    return sorted([*(draw.choice(answers) + 1 for _ in range(count - len(anywhere))), *anywhere])


def _images(run, moments, folder, draw):
    """The disk after a cut at each moment: (moment, folder), one at a time."""
    disk = Disk(run.folder, run.folder / "buckets", run.folder / "buckets" / BUCKET)
    calls = iter(run.calls)
    call = next(calls)
    for moment in moments:
        while call.end < moment:
            disk.follow(call)
            call = next(calls)
        image = folder / f"cut{moment}"
        image.mkdir(exist_ok=True)
        disk.cut(image, draw)
        for path in (run.folder / "buckets" / BUCKET).glob("*.*"):
            shutil.copy2(path, image / "buckets" / BUCKET)  # the objects were there before, and are the same still
        yield moment, image
        shutil.rmtree(image)


@pytest.mark.parametrize(
    "cuts", [_CUTS, pytest.param(_SOAK_CUTS, marks=[pytest.mark.soak, pytest.mark.timeout(1_800)])]
)
@pytest.mark.parametrize("torn", [False, True], ids=["all-unsynced-lost", "unsynced-torn"])
def test_what_was_answered_survives_a_power_cut(run, tmp_path, torn, cuts):
    seed = int(os.environ.get("FOOTFALL_SEED", random.SystemRandom().randrange(10**9)))
    print(f"\nFOOTFALL_SEED={seed}")
    draw = random.Random(seed)
    for moment, image in _images(run, _moments(run, draw, cuts), tmp_path, draw if torn else None):
        promised = {key for key, when in run.answered.items() if when < moment}
        print(f"  cut at {moment}: {len(promised)} answers before", flush=True)
        with Server(image) as server, Client(server.address) as client:
            run.ledger.check(client, promised=promised & run.ledger.sent.keys())
            for work, catalog, operation, left in run.imports:
                if _id(operation) in promised:
                    _same(work, client, catalog, operation, left, server)
        assert not list((image / "footfall.db.spool").iterdir()), "the spool keeps what no operation needs"
        assert apsw.Connection(str(image / "footfall.db")).pragma("integrity_check") == "ok"


def _same(work, client, catalog, operation, left, server):
    after = work.at(server.buckets).left(client, catalog, operation)
    for field, value, wanted in zip(left._fields, after, left, strict=True):
        assert value == wanted, f"{field} of {type(work).__name__} differs from the run before"
