"""The settings as the rooms take them."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from ipaddress import ip_network
from pathlib import Path

from service.doors import graphql, http
from service.doors.envoy.addresses import resolved
from service.doors.envoy.settings import EnvoySettings, Tls
from service.doors.grpc import Limits
from service.doors.http import collect
from service.events.errors import RpcError
from service.events.policy import Declared, Policy
from service.events.user_event import UserEventRules
from service.operations.housekeeping import DAY_US, Retention
from service.rpc.push_tokens import PushTokens
from service.settings import Settings, flag
from service.sources.buckets_dir import BucketsDir
from service.sources.objects import ObjectError, ObjectStore


def object_stores(buckets_dir: Path | None) -> Callable[[], ObjectStore]:
    """What finds object storage: the folder, or Google Cloud Storage once it is needed."""

    @cache
    def find() -> ObjectStore:
        if buckets_dir is not None:
            return BucketsDir(buckets_dir)
        try:
            from service.sources.google_storage import GoogleStorage  # noqa: PLC0415  an optional, heavy library
        except ImportError as error:
            raise ObjectError(
                "gs:// needs a folder in its place (serve with --buckets-dir DIR) or Google's library (pip install "
                "'footfall[gcp]')"
            ) from error
        return GoogleStorage()

    return find


def policy(settings: Settings) -> Policy:
    """What is served, and by which rules.

    Raises:
        ValueError: The tracker's tenant is not served, or the one that was chosen for /graphql.
    """
    found = Policy(
        rules=UserEventRules(strict=settings.strict, closed_event_types=settings.closed_event_types),
        catalogs=Declared(settings.catalogs),
        tenants=Declared(settings.tenants),
        max_event_age_us=settings.max_event_age_days * DAY_US,
    )
    graphql_tenant = settings.graphql_tenant if "graphql_tenant" in settings.model_fields_set else ""
    for name, tenant in (("tracker-tenant", settings.tracker_tenant), ("graphql-tenant", graphql_tenant)):
        if tenant:
            try:
                found.tenant(tenant)
            except RpcError as error:
                raise ValueError(f"--{name} can't be used: {error}") from None
    return found


def push_tokens(settings: Settings) -> PushTokens:
    """Who may push messages of Pub/Sub.

    Raises:
        ValueError: Half of what is needed is set.
    """
    return PushTokens(
        audiences=settings.push_audiences,
        accounts=settings.push_service_accounts,
        keys_url=settings.push_keys_url,
    )


def grpc_limits(settings: Settings) -> Limits:
    """What one gRPC connection may ask."""
    return Limits(
        message_bytes=settings.max_message_bytes,
        metadata_bytes=settings.max_metadata_bytes,
        streams=settings.max_concurrent_streams,
        keepalive_s=settings.keepalive_seconds,
        connection_age_s=settings.max_connection_age_seconds,
        body_s=settings.http_body_seconds,
    )


def http_settings(settings: Settings) -> http.HttpSettings:
    """Where HTTP is served, to whom, and how much of it.

    Raises:
        ValueError: The public could make up catalogs.
    """
    anyone_collects = settings.public_address and collect.PART in settings.public_parts
    if anyone_collects and not settings.catalogs and not settings.strict:
        raise ValueError(
            "--public-address lets anyone send events, to any catalog that he makes up. Name those that you serve with "
            "--catalogs projects/P/locations/L/catalogs/C (with * for what may be anything), or leave collect out of "
            "--public-parts."
        )
    return http.HttpSettings(
        address=settings.http_address,
        public_address=settings.public_address,
        hosts=settings.http_hosts,
        origins=settings.allowed_origins,
        public_parts=frozenset(settings.public_parts),
        max_body_bytes=settings.max_message_bytes,
        limits=http.Limits(
            header_bytes=settings.http_header_bytes,
            connections=settings.max_http_connections,
            header_seconds=settings.http_header_seconds,
            body_seconds=settings.http_body_seconds,
            idle_seconds=settings.http_idle_seconds,
        ),
    )


def graphql_settings(settings: Settings) -> graphql.GraphQLSettings:
    """Whose signals /graphql takes, and from whom."""
    return graphql.GraphQLSettings(
        tenant=settings.graphql_tenant, bearer_tokens=settings.graphql_tokens, graphiql=settings.graphiql
    )


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


def retention(settings: Settings) -> Retention:
    """What goes by itself, and when."""
    return Retention(
        rejected_events_days=settings.rejected_events_days,
        operations_days=settings.operations_days,
        events_days=settings.events_days,
    )
