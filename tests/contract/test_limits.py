"""What one caller may ask: size of messages and metadata, calls at once; and who may call at all by default.

What goes beyond a limit is refused at once and takes nothing from the others.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import grpc
import pytest
from google.api_core.exceptions import (
    DeadlineExceeded,
    GoogleAPICallError,
    NotFound,
    ResourceExhausted,
    ServiceUnavailable,
)
from google.rpc.error_details_pb2 import RetryInfo

from tests.contract.clients import Official, over_grpc
from tests.contract.imports import counts, ended, inline
from tests.contract.refusals import refused
from tests.contract.samples import user_event
from tests.contract.uploads import OpenUpload
from tests.support.reflected import OPERATIONS, RETAIL, ReflectedClient
from tests.support.server import ROOT, START_TIMEOUT_S

MESSAGE = 2**16
METADATA = 16 * 2**10
CALLS = 3


@over_grpc
@pytest.mark.parametrize("server", [pytest.param(["--max-message-bytes", str(MESSAGE)], id="64 KiB")], indirect=True)
def test_a_message_over_the_limit(retail: Official, reflected: ReflectedClient, catalog: str) -> None:
    event = user_event(attributes={"a": {"text": ["x" * 256] * 200}})  # some 52 kB
    retail.client.write_user_event({"parent": catalog, "user_event": event})

    with pytest.raises(ResourceExhausted, match="message larger than max"):
        retail.client.import_user_events(inline(catalog, event, event), retry=None)

    assert counts(ended(retail, reflected, inline(catalog, event))) == (1, 0)
    assert len(reflected.user_events(catalog)) == 1


@over_grpc
def test_metadata_over_the_limit(retail: Official, catalog: str) -> None:
    request = {"parent": catalog, "user_event": user_event()}
    retail.client.write_user_event(request, metadata=[("x-small", "x" * (METADATA // 2))])

    with pytest.raises(GoogleAPICallError) as caught:
        retail.client.write_user_event(request, metadata=[("x-large", "x" * METADATA)])

    assert caught.value.grpc_status_code is grpc.StatusCode.RESOURCE_EXHAUSTED
    retail.client.write_user_event(request)


@pytest.mark.parametrize("server", [pytest.param(["--max-concurrent-calls", str(CALLS)], id="3 calls")], indirect=True)
def test_calls_beyond_the_limit_are_refused_at_once(server, reflected: ReflectedClient, catalog: str) -> None:
    # One connection carries its calls in order: whatever comes behind the open ones finds them there.
    with server.channel() as channel:
        grpc.channel_ready_future(channel).result(timeout=60)
        calls = ReflectedClient(channel)
        event = {"event_type": "login", "visitor_id": "v"}
        calls.call(RETAIL, "WriteUserEvent", parent=catalog, user_event=event)
        uploads = [OpenUpload(channel, reflected, catalog) for _ in range(CALLS)]

        for _ in range(2):
            with refused(ServiceUnavailable) as refusal:
                calls.call(RETAIL, "WriteUserEvent", parent=catalog, user_event=event)
            assert refusal.reason == "TOO_MANY_CALLS"
            assert 0 < refusal.detail(RetryInfo).retry_delay.ToTimedelta().total_seconds() <= 5

        uploads.pop().end()
        calls.call(RETAIL, "WriteUserEvent", parent=catalog, user_event=event)
        for upload in uploads:
            upload.end()


@pytest.mark.parametrize("server", [pytest.param(["--max-concurrent-calls", "1"], id="one call")], indirect=True)
def test_the_official_clients_see_unavailable(
    server, retail: Official, reflected: ReflectedClient, catalog: str
) -> None:
    request = {"parent": catalog, "user_event": user_event()}
    retail.client.write_user_event(request)  # the schema is known and every channel is connected from here on
    reflected.user_events(catalog)
    upload = OpenUpload(reflected.channel, reflected, catalog)
    # Only the upload's own connection keeps the order: once a call behind it was refused, the upload is there.
    with refused(ServiceUnavailable):
        reflected.user_events(catalog)

    with refused(ServiceUnavailable) as refusal:
        retail.client.write_user_event(request)

    assert refusal.reason == "TOO_MANY_CALLS"
    assert refusal.detail(RetryInfo).retry_delay.ToTimedelta()
    upload.end()
    retail.client.write_user_event(request)


@pytest.mark.parametrize(
    "server", [pytest.param(["--max-concurrent-long-calls", "1"], id="one long call")], indirect=True
)
def test_long_calls_leave_room_for_the_others(
    server, retail: Official, reflected: ReflectedClient, catalog: str
) -> None:
    with server.channel() as channel:
        grpc.channel_ready_future(channel).result(timeout=60)
        upload = OpenUpload(channel, reflected, catalog)
        wait = {"name": f"{catalog}/operations/import-user-events-1"}
        with refused(ServiceUnavailable) as refusal:
            ReflectedClient(channel).call(OPERATIONS, "WaitOperation", **wait)

        assert refusal.reason == "TOO_MANY_CALLS"
        retail.client.write_user_event({"parent": catalog, "user_event": user_event()})
        upload.end()
        with refused(NotFound):
            ReflectedClient(channel).call(OPERATIONS, "WaitOperation", **wait)


@pytest.mark.parametrize("server", [pytest.param(["--upload-idle-seconds", "0.2"], id="0.2 s")], indirect=True)
def test_an_idle_upload_is_given_up(server, reflected: ReflectedClient, catalog: str) -> None:
    upload = OpenUpload(reflected.channel, reflected, catalog)

    with refused(DeadlineExceeded) as refusal:
        upload.result()

    assert "--upload-idle-seconds" in refusal.message
    assert not list(server.folder.glob("*.spool/*"))


def test_only_this_machine_is_served_by_default(tmp_path: Path) -> None:
    """The address is told whether the port was free ("serves at") or not ("can't listen on")."""
    command = [
        sys.executable,
        "-m",
        "service",
        "serve",
        "--http-address",
        "",
        "--database",
        f"sqlite:///{tmp_path}/footfall.db",
    ]
    env = {name: value for name, value in os.environ.items() if not name.startswith("FOOTFALL_")}
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    with process:
        assert process.stdout is not None
        told = next(line for line in process.stdout if "Footfall serves" in line or "can't listen" in line)
        process.terminate()
        process.stdout.read()
        process.wait(START_TIMEOUT_S)

    assert "127.0.0.1:50051" in told
