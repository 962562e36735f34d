"""TLS and client certificates at the Envoy door: who has the right ones is served, nobody else."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import subprocess
import urllib.request
from urllib.parse import quote, urlsplit

import grpc
import pytest
from aioquic.asyncio import QuicConnectionProtocol
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.doors.certificates import Authority
from tests.support.server import Server

SERVING = health_pb2.HealthCheckResponse.SERVING


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("certificates"), "root")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("strangers"), "stranger")


@pytest.fixture(scope="module")
def identity(authority):
    return authority.sign("server")


@pytest.fixture(scope="module")
def server(tmp_path_factory, identity):
    flags = ("--tls-certificate", str(identity.certificate), "--tls-key", str(identity.key))
    with Server(tmp_path_factory.mktemp("tls"), *flags, door="envoy") as running:
        yield running


@pytest.fixture(scope="module")
def wary(tmp_path_factory, identity, authority):
    """A server that wants to see certificates."""
    flags = (
        "--tls-certificate", str(identity.certificate), "--tls-key", str(identity.key),
        "--tls-client-ca", str(authority.certificate),
    )  # fmt: skip
    with Server(tmp_path_factory.mktemp("mtls"), *flags, door="envoy") as running:
        yield running


def check(server, root, signed=None):
    """Calls Check with a root, and a certificate of one's own."""
    pair = (signed.key.read_bytes(), signed.certificate.read_bytes()) if signed else (None, None)
    credentials = grpc.ssl_channel_credentials(root.certificate.read_bytes(), *pair)
    with grpc.secure_channel(server.address, credentials) as channel:
        return health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=10).status


def refused(server, root, signed=None):
    with pytest.raises(grpc.RpcError) as caught:
        check(server, root, signed)
    return caught.value.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


def test_the_right_root_is_served(server, authority):
    assert check(server, authority) == SERVING


def test_another_root_is_not(server, stranger):
    assert refused(server, stranger)


def test_plain_text_is_not(server):
    with grpc.insecure_channel(server.address) as channel, pytest.raises(grpc.RpcError) as caught:
        health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=10)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


def test_a_client_needs_its_certificate_where_one_is_wanted(wary, authority, stranger):
    assert check(wary, authority, authority.sign("client")) == SERVING
    assert refused(wary, authority)
    assert refused(wary, authority, stranger.sign("stranger"))


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_health_over_each_version_of_http(server, authority, version):
    assert server.http.startswith("https://")
    done = subprocess.run(
        ["curl", "--silent", "--fail", version, "--cacert", str(authority.certificate),
         "--write-out", "%{http_version}", f"{server.http}/healthz"],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    body, version_used = done.stdout[: done.stdout.rindex("}") + 1], done.stdout[done.stdout.rindex("}") + 1 :]
    assert json.loads(body) == {"status": "ok"}
    assert version_used == version.removeprefix("--http")


class Http3(QuicConnectionProtocol):
    """One request over HTTP/3."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.http = H3Connection(self._quic)
        self.answer = asyncio.get_running_loop().create_future()
        self.status, self.body = b"", b""

    def ask(self, host, path):
        stream = self._quic.get_next_available_stream_id()
        head = [(b":method", b"GET"), (b":scheme", b"https"), (b":authority", host.encode()), (b":path", path.encode())]
        self.http.send_headers(stream, head, end_stream=True)
        self.transmit()

    def quic_event_received(self, event):
        for each in self.http.handle_event(event):
            if isinstance(each, HeadersReceived):
                self.status = dict(each.headers)[b":status"]
            elif isinstance(each, DataReceived):
                self.body += each.data
            if each.stream_ended and not self.answer.done():
                self.answer.set_result((int(self.status), self.body))


async def over_http3(url, root, local_host="127.0.0.1"):
    """Status and body of the answer to a GET, and how many requests at once the server takes."""
    parts = urlsplit(url)
    configuration = QuicConfiguration(alpn_protocols=H3_ALPN, server_name="localhost")
    configuration.load_verify_locations(str(root.certificate))
    transport, client = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Http3(QuicConnection(configuration=configuration)), local_addr=(local_host, 0)
    )
    try:
        client.connect((parts.hostname, parts.port))
        await asyncio.wait_for(client.wait_connected(), 60)
        client.ask(parts.netloc, url.partition(parts.netloc)[2])
        return *await asyncio.wait_for(client.answer, 60), client._quic._remote_max_streams_bidi
    finally:
        client.close()
        await client.wait_closed()
        transport.close()


def test_health_over_http3(tmp_path, identity, authority):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    flags = ("--tls-certificate", str(identity.certificate), "--tls-key", str(identity.key))
    with Server(tmp_path, *flags, "--http3", "--http-address", address, door="envoy") as server:
        assert asyncio.run(over_http3(f"{server.http}/healthz", authority))[:2] == (200, b'{"status":"ok"}')
        context = ssl.create_default_context(cafile=str(authority.certificate))
        with urllib.request.urlopen(f"{server.http}/healthz", timeout=60, context=context) as answer:
            assert answer.headers["alt-svc"].startswith('h3=":')
        assert server.terminate() == 0


def test_limits_and_visitors_addresses_over_http3(tmp_path, identity, authority):
    """A visitor's address is his own, whatever the server's is."""
    with socket.socket() as free:
        free.bind(("127.0.0.2", 0))
        address = f"127.0.0.2:{free.getsockname()[1]}"
    flags = ("--tls-certificate", str(identity.certificate), "--tls-key", str(identity.key))
    limits = ("--max-concurrent-streams", "7", "--http-idle-seconds", "5")
    catalog = "projects/p/locations/global/catalogs/c"
    event = quote(json.dumps({"eventType": "home-page-view", "visitorId": "v"}))
    with Server(
        tmp_path, *flags, *limits, "--http3", "--http-address", address, door="envoy", env={"FORWARDED_ALLOW_IPS": ""}
    ) as server:
        url = f"{server.http}/v2/{catalog}/userEvents:collect?userEvent={event}"
        status, _, streams = asyncio.run(over_http3(url, authority, "127.0.0.3"))
        assert (status, streams) == (200, 7)
        context = ssl.create_default_context(cafile=str(authority.certificate))
        context.check_hostname = False
        with urllib.request.urlopen(f"{server.http}/v1/{catalog}/userEvents", timeout=60, context=context) as answer:
            [stored] = json.load(answer)["userEvents"]
        assert stored["userEvent"]["userInfo"]["ipAddress"] == "127.0.0.3"
