"""The settings as Envoy takes them; apart from `configured`, since the process that becomes Envoy needs no room."""

from __future__ import annotations

import os
from ipaddress import ip_network

from service.doors.envoy.addresses import resolved
from service.doors.envoy.settings import EnvoySettings, Tls
from service.settings import Settings, flag


def envoy_settings(settings: Settings) -> EnvoySettings:
    """Where Envoy listens, and what it lets through.

    Raises:
        ValueError: Settings that don't go together.
        OSError: The host of an address is unknown.
    """
    return EnvoySettings(
        addresses=_addresses(settings),
        tls=_tls(settings),
        admin_address=settings.envoy_admin_address,
        http3_address=_http3_address(settings),
        web_origins=tuple(settings.grpc_web_origins),
        access_log=settings.access_log == "json",
        workers=settings.envoy_workers,
        heap_bytes=settings.envoy_heap_bytes,
        header_bytes=max(settings.http_header_bytes, settings.max_metadata_bytes),
        header_seconds=settings.http_header_seconds,
        idle_seconds=settings.http_idle_seconds,
        connections=settings.max_http_connections,
        streams=settings.max_concurrent_streams,
        keepalive_seconds=settings.keepalive_seconds,
        connection_age_seconds=settings.max_connection_age_seconds,
        grace_seconds=settings.grace_seconds,
        proxies=_proxies(os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1")),
    )


def _addresses(settings: Settings) -> tuple[str, ...]:
    """Where Envoy listens, as the operator wrote it; gRPC and HTTP may share an address, nothing else may."""
    found = [settings.grpc_address]
    http_address = settings.http_address
    if http_address and (http_address.endswith(":0") or resolved(http_address) != resolved(settings.grpc_address)):
        found.append(http_address)
    others = (("public-address", settings.public_address), ("envoy-admin-address", settings.envoy_admin_address))
    for name, address in others:
        if address and not address.endswith(":0") and resolved(address) in map(resolved, found):
            raise ValueError(f"--{name} must be an address of its own")
    return (*found, settings.public_address) if settings.public_address else tuple(found)


def _proxies(text: str) -> tuple[str, ...]:
    """What uvicorn's variable says, for Envoy."""
    if text.strip() == "*":
        return ("0.0.0.0/0", "::/0")
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    for each in found:
        try:
            ip_network(each)
        except ValueError as error:
            raise ValueError(f"FORWARDED_ALLOW_IPS can't be used: {error}") from None
    return found


def _http3_address(settings: Settings) -> str:
    if not settings.http3:
        return ""
    if settings.tls_certificate is None or settings.tls_client_ca is not None:
        raise ValueError("--http3 needs --tls-certificate and --tls-key, and does not go with --tls-client-ca")
    if not settings.http_address or settings.http_address.endswith(":0"):
        raise ValueError("--http3 needs a port of its own in --http-address, not 0")
    return settings.http_address


def _tls(settings: Settings) -> Tls | None:
    if settings.tls_certificate is None and settings.tls_key is None and settings.tls_client_ca is None:
        return None
    if settings.tls_certificate is None or settings.tls_key is None:
        raise ValueError("--tls-certificate and --tls-key belong together, and --tls-client-ca needs both")
    return Tls(settings.tls_certificate, settings.tls_key, settings.tls_client_ca)


def needs_envoy(settings: Settings) -> str:
    """The flags of what only Envoy does, as far as they are set."""
    wanted = {
        "tls_certificate": settings.tls_certificate is not None,
        "tls_key": settings.tls_key is not None,
        "http3": settings.http3,
        "tls_client_ca": settings.tls_client_ca is not None,
        "grpc_web_origins": bool(settings.grpc_web_origins),
        "access_log": settings.access_log != "off",
        "envoy_admin_address": bool(settings.envoy_admin_address),
    }
    return ", ".join(flag(name) for name, is_set in wanted.items() if is_set)
