"""What the operator chose, as this room takes it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Tls:
    """How connections are encrypted.

    Args:
        certificate: The server's, with what leads to its root, PEM.
        key: The private key, PEM.
        client_ca: Roots of clients' certificates, PEM; None: clients need none.
    """

    certificate: Path
    key: Path
    client_ca: Path | None


@dataclass(frozen=True, slots=True)
class EnvoySettings:
    """What the operator chose.

    Args:
        addresses: Where it listens, host:port.
        tls: How connections are encrypted; None: not at all.
        admin_address: host:port where Envoy's admin interface can be read; empty: nowhere.
        http3_address: host:port of those where HTTP/3 is served, too; empty: none.
        web_origins: Origins of pages that may call by gRPC-Web; none: nobody may.
        access_log: Whether each request is logged to standard error, as JSON.
        workers: Envoy's threads.
        heap_bytes: Memory that Envoy may use; near it requests are refused.
        header_bytes: Largest head of a request.
        header_seconds: How long a head may take.
        idle_seconds: How long a connection may be without a request.
        connections: Connections at once.
        streams: Requests at once on one HTTP/2 connection.
        keepalive_seconds: Idle seconds after which an HTTP/2 connection is pinged.
        connection_age_seconds: Seconds after which a connection is asked to reconnect.
        grace_seconds: How long a drain may take.
        proxies: Addresses and networks of proxies whose X-Forwarded-For counts.
    """

    addresses: tuple[str, ...]
    tls: Tls | None
    admin_address: str
    http3_address: str
    web_origins: tuple[str, ...]
    access_log: bool
    workers: int
    heap_bytes: int
    header_bytes: int
    header_seconds: float
    idle_seconds: float
    connections: int
    streams: int
    keepalive_seconds: int
    connection_age_seconds: int
    grace_seconds: float
    proxies: tuple[str, ...]
