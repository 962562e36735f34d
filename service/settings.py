"""Every setting: name, default, unit, one line of help. Feeds the command line, the environment and the reference."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

ENV_PREFIX = "FOOTFALL_"

_SQLITE = "sqlite:///"
_PORT = r"(?:\d{1,4}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])"
_ADDRESS = rf"(?:[^:\s]+|\[[0-9a-fA-F:.]+\]):{_PORT}"
_LOOPBACK = rf"(?:127(?:\.\d{{1,3}}){{3}}|localhost|\[::1\]):(?!0+$){_PORT}"
_FORMS = {
    "envoy_admin_address": re.compile(rf"(?:{_LOOPBACK})?"),
    "grpc_address": re.compile(_ADDRESS),
    "http_address": re.compile(rf"(?:{_ADDRESS})?"),
    "public_address": re.compile(rf"(?:{_ADDRESS})?"),
    "public_parts": re.compile(r"collect|scripts|job-events"),
    "http_hosts": re.compile(r"[^/:\s]+|\[[0-9a-fA-F:.]+\]"),
    "allowed_origins": re.compile(r"https?://[^/\s]+/?"),
    "grpc_web_origins": re.compile(r"https?://[^/\s]+"),
    "pixel_path": re.compile(r"(?:(?:/[A-Za-z0-9._~-]+)+\.js)?"),
    "tracker_tenant": re.compile(r"(?:projects/[^/\s]+/tenants/[^/\s]+)?"),
    "push_keys_url": re.compile(r"https?://\S+"),
    "graphql_tenant": re.compile(r"(?:projects/[^/\s]+/tenants/[^/\s]+)?"),
    "graphql_tokens": re.compile(r"[!-~]+"),
    "database": re.compile(rf"{_SQLITE}.+"),
    "catalogs": re.compile(r"projects/[^/\s]+/locations/[^/\s]+/catalogs/[^/\s]+"),
    "tenants": re.compile(r"projects/[^/\s]+/tenants/[^/\s]+"),
}


class Settings(BaseSettings):
    """What an operator may choose: each is a flag of `serve` (`--strict`) and a variable (`FOOTFALL_STRICT`)."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, extra="forbid", frozen=True)

    door: Literal["auto", "envoy", "grpcio"] = Field(
        "auto",
        description="What answers: envoy (pip install 'footfall[envoy]'), or grpcio; auto: envoy where it can.",
    )
    grpc_address: str = Field("127.0.0.1:50051", description="Where gRPC listens: host:port; port 0 picks a free one.")
    http_address: str = Field(
        "127.0.0.1:8080", description="Where HTTP listens: host:port; port 0 picks a free one; empty: nowhere."
    )
    public_address: str = Field(
        "",
        description=(
            "Where HTTP listens for what any page may use (public_parts) and what asks for a token, and nothing else; "
            "needs catalogs. Empty: nowhere."
        ),
    )
    public_parts: Annotated[list[str], NoDecode] = Field(
        ["collect", "scripts", "job-events"],
        description=(
            "What any page on the internet may use: collect (CollectUserEvent over HTTP), scripts (the pixel and the "
            "job tracker), job-events (/api/talent/events)."
        ),
    )
    http_hosts: Annotated[list[str], NoDecode] = Field(
        [],
        description="Further host names by which http_address may be called, comma-separated.",
    )
    allowed_origins: Annotated[list[str], NoDecode] = Field(
        [],
        description="Origins of pages that may send events, such as https://shop.example; none: any page may.",
    )
    pixel_path: str = Field(
        "", description="A further path for the pixel script, such as /assets/shop.js; /v2_event.js stays."
    )
    tracker_tenant: str = Field(
        "",
        description="Tenant that /api/talent/events stores events for (projects/P/tenants/T); empty: it takes none.",
    )
    push_audiences: Annotated[list[str], NoDecode] = Field(
        [],
        description=(
            "Audiences of the tokens that Pub/Sub pushes with, comma-separated; none: pushes are taken without a token."
        ),
    )
    push_service_accounts: Annotated[list[str], NoDecode] = Field(
        [], description="Service accounts that may push: the email addresses in those tokens, comma-separated."
    )
    push_keys_url: str = Field(
        "https://www.googleapis.com/oauth2/v3/certs",
        description="Where the keys are that those tokens are signed with, a JSON Web Key Set.",
    )
    graphql_tenant: str = Field(
        "projects/default/tenants/default",
        description="Tenant that /graphql stores signals for (projects/P/tenants/T); empty: there is no /graphql.",
    )
    graphql_tokens: Annotated[list[str], NoDecode] = Field(
        [],
        description=(
            "Bearer tokens one of which /graphql asks for, comma-separated; none: it asks for none. Best as a "
            "variable, which no list of processes shows."
        ),
    )
    graphiql: bool = Field(False, description="Show GraphiQL, an editor of GraphQL, to browsers at /graphql.")
    tls_certificate: Path | None = Field(
        None,
        description="Certificate chain (PEM) with which Envoy speaks TLS at all addresses; unset: plain text.",
    )
    tls_key: Path | None = Field(None, description="Private key (PEM) of tls_certificate.")
    tls_client_ca: Path | None = Field(
        None, description="Roots (PEM) of which clients need a certificate, by Envoy; unset: they need none."
    )
    http3: bool = Field(False, description="Serve HTTP/3 at http_address's port, too, by Envoy; needs tls_certificate.")
    grpc_web_origins: Annotated[list[str], NoDecode] = Field(
        [],
        description="Origins of pages that may call methods by gRPC-Web, by Envoy; none: gRPC-Web is not served.",
    )
    access_log: Literal["off", "json"] = Field(
        "off", description="json: Envoy writes a line for each request to standard error."
    )
    envoy_workers: int = Field(1, ge=1, description="Envoy's threads; Python has one beside them.")
    envoy_heap_bytes: int = Field(
        2**30, ge=2**26, description="Memory that Envoy may use; near it requests get 503 or UNAVAILABLE."
    )
    envoy_admin_address: str = Field(
        "", description="Where Envoy's admin interface is read: host:port of this machine's own; empty: nowhere."
    )
    database: str = Field(
        "sqlite:///data/footfall.db", description="Database URL: sqlite:///relative or sqlite:////absolute."
    )
    buckets_dir: Path | None = Field(
        None,
        description=(
            "Folder that stands in for object storage: gs://bucket/path is DIR/bucket/path. Unset: Google Cloud "
            "Storage."
        ),
    )
    strict: bool = Field(
        False,
        description=(
            "Google's rules to the letter: closed list of event types, page_categories, quantity, declared catalogs."
        ),
    )
    closed_event_types: bool = Field(False, description="Accept only Google's eight user event types.")
    catalogs: Annotated[list[str], NoDecode] = Field(
        [],
        description=(
            "Catalogs that are served (projects/P/locations/L/catalogs/C, * for any P, L or C), comma-separated; none "
            "named: any, in strict mode none."
        ),
    )
    tenants: Annotated[list[str], NoDecode] = Field(
        [],
        description=(
            "Tenants that are served (projects/P/tenants/T, * for any P or T), comma-separated; none named: any, in "
            "strict mode none."
        ),
    )
    max_event_age_days: int = Field(
        0, ge=0, description="Imports reject events older than this many days; 0: no limit."
    )
    record_rejected_calls: bool = Field(False, description="Keep rejected direct calls among the rejected events too.")
    rejected_events_limit: int = Field(100_000, ge=0, description="Rejected events kept for each catalog or tenant.")
    rejected_events_days: int = Field(14, ge=1, description="Days after which rejected events go.")
    events_days: int = Field(0, ge=0, description="Days after which events go, by their own time; 0: never.")
    operations_days: int = Field(30, ge=1, description="Days after which finished operations go.")
    max_message_bytes: int = Field(
        64 * 2**20, ge=2**16, description="Largest request message, in bytes; 10,000 inline events fit the default."
    )
    max_upload_bytes: int = Field(2 * 2**30, ge=1, description="Largest uploaded file, in bytes.")
    upload_idle_seconds: float = Field(
        600.0,
        gt=0,
        description="Seconds without a message after which an upload is given up, and a stream of events ended.",
    )
    max_line_bytes: int = Field(
        2 * 2**20, ge=1_024, description="Longest line of an imported file, in bytes; longer ones are rejected."
    )
    max_concurrent_calls: int = Field(
        4_096, ge=1, description="Calls served at once; further ones get UNAVAILABLE with RetryInfo."
    )
    max_concurrent_long_calls: int = Field(
        1_024,
        ge=1,
        description="Of the calls served at once, those that may last: uploads, streams, watches, WaitOperation.",
    )
    max_concurrent_streams: int = Field(1_024, ge=1, description="Calls at once on one connection (HTTP/2 streams).")
    max_metadata_bytes: int = Field(16 * 2**10, ge=1_024, description="Largest request metadata, in bytes.")
    max_http_connections: int = Field(10_000, ge=1, description="HTTP connections at once; further ones get 503.")
    http_header_bytes: int = Field(
        64 * 2**10, ge=2**14, description="Largest head of an HTTP request, in bytes; larger ones get 431."
    )
    http_header_seconds: float = Field(10.0, gt=0, description="Seconds that the head of an HTTP request may take.")
    http_body_seconds: float = Field(
        20.0,
        gt=0,
        description=(
            "Seconds that an HTTP body may take, by Envoy a gRPC request of one message, too, and one more for each "
            "KiB that arrived."
        ),
    )
    http_idle_seconds: float = Field(
        60.0,
        ge=1,
        description="Seconds that an HTTP connection may be idle, an answer wait for its reader, or a request behind "
        "another.",
    )
    keepalive_seconds: int = Field(60, ge=1, description="Idle seconds after which the server pings a connection.")
    max_connection_age_seconds: int = Field(
        3_600, ge=1, description="Seconds after which a connection is asked to reconnect."
    )
    write_queue_limit: int = Field(
        10_000, ge=1, description="Writes that may wait for the disk; further ones get UNAVAILABLE with RetryInfo."
    )
    write_queue_bytes: int = Field(
        64 * 2**20,
        ge=1,
        description="Bytes of writes that may wait for the disk; further ones get UNAVAILABLE with RetryInfo.",
    )
    concurrent_operations: int = Field(
        2, ge=1, description="Long-running operations that run at once; the others wait."
    )
    grace_seconds: float = Field(30.0, ge=0, description="Seconds that in-flight calls get to finish after SIGTERM.")
    log_format: Literal["auto", "json", "console"] = Field(
        "auto", description="auto: readable on a terminal, JSON lines elsewhere."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="What is logged.")

    @field_validator(
        "catalogs",
        "tenants",
        "http_hosts",
        "allowed_origins",
        "grpc_web_origins",
        "public_parts",
        "push_audiences",
        "push_service_accounts",
        "graphql_tokens",
        mode="before",
    )
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator(*_FORMS)
    @classmethod
    def _well_formed(cls, value: str | list[str], info: ValidationInfo) -> str | list[str]:
        pattern = _FORMS[str(info.field_name)]
        for each in [value] if isinstance(value, str) else value:
            if not pattern.fullmatch(each):
                raise ValueError(f"{each!r} is malformed")
        return value

    @property
    def database_path(self) -> Path:
        """The file of the database."""
        return Path(self.database.removeprefix(_SQLITE))


def flag(name: str) -> str:
    """The command-line flag of a setting."""
    return f"--{name.replace('_', '-')}"


def env_name(name: str) -> str:
    """The environment variable of a setting."""
    return f"{ENV_PREFIX}{name.upper()}"
