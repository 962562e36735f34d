"""An operation ends, whatever the database or a newer release did to it."""

from __future__ import annotations

from contextlib import closing

import apsw
from google.longrunning import operations_proto_pb2

from tests.faults.client import CATALOG, Client
from tests.faults.load import user_event
from tests.support.server import Server

_INTERNAL = 13
_EVENTS = [user_event(f"v{number}", number) for number in range(5)]


def _change(server, sql):
    with closing(apsw.Connection(str(server.database))) as database:
        database.execute(sql)


def test_one_whose_result_can_not_be_stored_fails_and_says_so(tmp_path):
    server = Server(tmp_path)
    with server:
        pass  # makes the tables
    _change(
        server,
        "CREATE TRIGGER refuse BEFORE UPDATE ON operations WHEN NEW.result IS NOT NULL "
        "BEGIN SELECT RAISE(ABORT, 'no'); END",
    )
    with server, Client(server.address) as client:
        ended = client.wait(client.import_inline(CATALOG, _EVENTS).name)
        assert ended.error.code == _INTERNAL
        assert "could not be stored" in ended.error.message
        assert client.progress(ended).success_count == client.total_user_events(CATALOG) == len(_EVENTS)
    assert server.log.read_text().count("operation_end_refused") == 1
    with server, Client(server.address) as client:
        assert client.operation(ended.name) == ended, "it runs again after a restart"


def test_one_of_a_kind_that_is_not_known_fails_and_hides_no_other(tmp_path):
    server = Server(tmp_path)
    with server, Client(server.address) as client:
        known = client.wait(client.import_inline(CATALOG, _EVENTS).name).name
    strange = f"{CATALOG}/operations/of-tomorrow-1"
    _change(
        server,
        "INSERT INTO operations "
        "(name, kind, parent_id, state, request, plan, progress, create_time_us, update_time_us) "
        f"SELECT '{strange}', 'of-tomorrow', parent_id, 1, x'', plan, '[{{}}, {{}}]', 1, 1 FROM operations",
    )
    with server, Client(server.address) as client:
        assert client.wait(strange).error.code == _INTERNAL
        request = operations_proto_pb2.ListOperationsRequest(name=CATALOG)
        assert {each.name for each in client.operations.ListOperations(request).operations} == {known, strange}
