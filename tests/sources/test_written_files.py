"""What was put at its destination stays, whatever is written next where it was made."""

from __future__ import annotations

from pathlib import Path

import pytest

from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from service.sources.buckets_dir import BucketsDir
from service.sources.event_files import USER_EVENTS
from service.sources.rendering import render
from service.sources.written_files import written_file
from service.storage.records import Payloads

JSON_LINES, PARQUET = "1", "3"


def write(path: Path, form: str, visitor: str) -> bytes:
    file = written_file(path, form, USER_EVENTS)
    event = UserEvent(event_type="search", visitor_id=visitor).SerializeToString()
    file.write(render(USER_EVENTS.name, form, Payloads.of([event])))
    file.close()
    return path.read_bytes()


@pytest.mark.parametrize("form", [JSON_LINES, PARQUET])
@pytest.mark.parametrize("links", [True, False])
def test_objects_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, links: bool) -> None:
    if not links:
        monkeypatch.setattr("os.link", lambda *_: (_ for _ in ()).throw(OSError(18, "Invalid cross-device link")))
    (tmp_path / "b").mkdir()
    store, spool = BucketsDir(tmp_path), tmp_path / "spool.export"
    first = write(spool, form, "a")
    store.write("gs://b/out/1", spool, is_final=True)
    (tmp_path / "b/out/.2.partial").write_bytes(b"what a crash left")

    second = write(spool, form, "b")
    store.write("gs://b/out/2", spool, is_final=True)

    assert [(tmp_path / "b/out" / name).read_bytes() for name in "12"] == [first, second]
    assert first != second
    assert sorted(path.name for path in (tmp_path / "b/out").iterdir()) == ["1", "2"]


def test_a_file_that_is_put_twice_leaves_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    store, spool = BucketsDir(tmp_path), tmp_path / "spool.export"
    written = write(spool, JSON_LINES, "a")
    for _ in range(2):
        store.write("gs://b/1", spool, is_final=True)
    assert {path.name: path.read_bytes() for path in (tmp_path / "b").iterdir()} == {"1": written}
