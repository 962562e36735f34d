"""The settings as the rooms take them; `configured_envoy` has those of Envoy."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from service.doors import graphql, http
from service.doors.grpc import Limits
from service.doors.http import collect
from service.events.errors import RpcError
from service.events.policy import Declared, Policy
from service.events.user_event import UserEventRules
from service.operations.housekeeping import DAY_US, Retention
from service.rpc.push_tokens import PushTokens
from service.settings import Settings
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


def retention(settings: Settings) -> Retention:
    """What goes by itself, and when."""
    return Retention(
        rejected_events_days=settings.rejected_events_days,
        operations_days=settings.operations_days,
        events_days=settings.events_days,
    )
