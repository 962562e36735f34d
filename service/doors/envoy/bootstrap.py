"""Envoy's configuration, as its bootstrap (envoy.config.bootstrap.v3.Bootstrap): one listener for all addresses.

One listener, because each filter chain would get an event loop of its own from pyvoy, and what is served lives on one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from ipaddress import ip_network
from typing import Any, Final

from service.doors.envoy import admin_listener, http3, paths
from service.doors.envoy.addresses import socket_address
from service.doors.envoy.settings import EnvoySettings, Tls

_TYPE: Final = "type.googleapis.com/envoy.extensions"
_NOWHERE: Final = "nowhere"
_CORS: Final = "envoy.filters.http.cors"
_STREAM_WINDOW_BYTES: Final = 2**20
_CONNECTION_WINDOW_BYTES: Final = 16 * 2**20
_HANDSHAKE_SECONDS: Final = 10
_KEEPALIVE_TIMEOUT_SECONDS: Final = 20
_MAX_HEADERS: Final = 1_000
_HEAP_THRESHOLD: Final = 0.95
_APPLICATION: Final = "service.inside_envoy:application"
_STAT_PREFIX: Final = "footfall"


def bootstrap(settings: EnvoySettings, module: dict[str, Any], admin_socket: str) -> dict[str, Any]:
    """Returns the configuration.

    Args:
        settings: What the operator chose.
        module: Where Envoy finds pyvoy (DynamicModuleConfig).
        admin_socket: Path of a socket for the admin interface.
    """
    return {
        "admin": {"address": {"pipe": {"path": admin_socket, "mode": 0o600}}},
        "static_resources": {
            "listeners": [
                _listener(settings, module),
                *http3.listeners(settings, _limits(settings)),
                *admin_listener.listeners(settings.admin_address),
            ],
            "clusters": [
                {"name": _NOWHERE, "type": "STATIC", "connect_timeout": "1s"},
                *http3.clusters(settings.http3_address),
                *admin_listener.clusters(settings.admin_address, admin_socket),
            ],
        },
        "overload_manager": _overload_manager(settings),
        **({} if settings.admin_address else {"stats_config": _NO_STATS}),
    }


_NO_STATS: Final = {"stats_matcher": {"reject_all": True}}  # nobody could ask for them


def _seconds(value: float) -> str:
    return f"{value:.3f}s"


def _listener(settings: EnvoySettings, module: dict[str, Any]) -> dict[str, Any]:
    first, *more = settings.addresses
    chain: dict[str, Any] = {
        "filters": [
            {
                "name": "envoy.filters.network.http_connection_manager",
                "typed_config": _connection_manager(settings, module),
            }
        ]
    }
    if settings.tls is not None:
        chain["transport_socket"] = {"name": "envoy.transport_sockets.tls", "typed_config": _tls(settings.tls)}
        chain["transport_socket_connect_timeout"] = _seconds(_HANDSHAKE_SECONDS)
    return {
        "name": "footfall",
        "address": socket_address(first),
        "additional_addresses": [{"address": socket_address(address)} for address in more],
        "enable_reuse_port": False,  # a second server on the port must fail, not share it
        "filter_chains": [chain],
    }


def _connection_manager(settings: EnvoySettings, module: dict[str, Any]) -> dict[str, Any]:
    return {
        "@type": f"{_TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": _STAT_PREFIX,
        "route_config": {"virtual_hosts": [_virtual_host(settings)]},
        "http_filters": [
            *(_WEB_FILTERS if settings.web_origins else ()),
            *http3.announcements(settings.http3_address),
            paths.refusing(),
            _python(module),
        ],
        "local_reply_config": paths.answer(),
        "original_ip_detection_extensions": [_forwarded([*settings.proxies, *http3.proxies(settings.http3_address)])],
        "generate_request_id": False,
        "server_header_transformation": "PASS_THROUGH",
        **_limits(settings),
        "http_protocol_options": {"accept_http_10": True},
        "http2_protocol_options": {
            "max_concurrent_streams": settings.streams,
            "initial_stream_window_size": _STREAM_WINDOW_BYTES,
            "initial_connection_window_size": _CONNECTION_WINDOW_BYTES,
            "connection_keepalive": {
                "interval": _seconds(settings.keepalive_seconds),
                "timeout": _seconds(_KEEPALIVE_TIMEOUT_SECONDS),
            },
            "override_stream_error_on_invalid_http_message": True,
        },
        "access_log": [_ACCESS_LOG] if settings.access_log else [],
    }


def _limits(settings: EnvoySettings) -> dict[str, Any]:
    """Of every version of HTTP."""
    return {
        "max_request_headers_kb": -(-settings.header_bytes // 1_024),
        "request_headers_timeout": _seconds(settings.header_seconds),
        "stream_idle_timeout": "0s",  # a watch may be silent for hours
        "common_http_protocol_options": {
            "idle_timeout": _seconds(settings.idle_seconds),
            "max_connection_duration": _seconds(settings.connection_age_seconds),
            "max_headers_count": _MAX_HEADERS,
        },
    }


_WEB_FILTERS: Final = (
    {"name": _CORS, "typed_config": {"@type": f"{_TYPE}.filters.http.cors.v3.Cors"}},
    {"name": "envoy.filters.http.grpc_web", "typed_config": {"@type": f"{_TYPE}.filters.http.grpc_web.v3.GrpcWeb"}},
)


def _virtual_host(settings: EnvoySettings) -> dict[str, Any]:
    """Where the CORS filter finds its policy; pyvoy answers before the route would."""
    host: dict[str, Any] = {
        "name": "all",
        "domains": ["*"],
        "routes": [{"match": {"prefix": "/"}, "route": {"cluster": _NOWHERE}}],
    }
    if settings.web_origins:
        policy = {
            "@type": f"{_TYPE}.filters.http.cors.v3.CorsPolicy",
            "allow_origin_string_match": [{"exact": origin} for origin in settings.web_origins],
            "allow_methods": "POST",
            "allow_headers": "content-type,grpc-timeout,x-grpc-web,x-user-agent,x-goog-request-params",
            "expose_headers": "grpc-status,grpc-message,grpc-status-details-bin",
            "max_age": "86400",
        }
        host["typed_per_filter_config"] = {_CORS: policy}
    return host


def _forwarded(proxies: Sequence[str]) -> dict[str, Any]:
    """The peer is what X-Forwarded-For says where a proxy that is trusted connects, else who connects."""
    networks = [ip_network(each) for each in proxies]
    return {
        "name": "envoy.http.original_ip_detection.xff",
        "typed_config": {
            "@type": f"{_TYPE}.http.original_ip_detection.xff.v3.XffConfig",
            "xff_trusted_cidrs": {
                "cidrs": [{"address_prefix": str(net.network_address), "prefix_len": net.prefixlen} for net in networks]
            },
            "skip_xff_append": True,
        },
    }


def _python(module: dict[str, Any]) -> dict[str, Any]:
    config = {"app": _APPLICATION, "interface": "asgi", "lifespan": True}
    return {
        "name": "pyvoy",
        "typed_config": {
            "@type": f"{_TYPE}.filters.http.dynamic_modules.v3.DynamicModuleFilter",
            "dynamic_module_config": module,
            "filter_name": "pyvoy",
            "terminal_filter": True,
            "filter_config": {
                "@type": "type.googleapis.com/google.protobuf.StringValue",
                "value": json.dumps(config),
            },
        },
    }


def _tls(tls: Tls) -> dict[str, Any]:
    common: dict[str, Any] = {
        "tls_params": {"tls_minimum_protocol_version": "TLSv1_2"},
        "alpn_protocols": ["h2", "http/1.1"],
        "tls_certificates": [
            {"certificate_chain": {"filename": str(tls.certificate)}, "private_key": {"filename": str(tls.key)}}
        ],
    }
    if tls.client_ca is not None:
        common["validation_context"] = {"trusted_ca": {"filename": str(tls.client_ca)}}
    return {
        "@type": f"{_TYPE}.transport_sockets.tls.v3.DownstreamTlsContext",
        "common_tls_context": common,
        "require_client_certificate": tls.client_ca is not None,
    }


def _overload_manager(settings: EnvoySettings) -> dict[str, Any]:
    heap = "envoy.resource_monitors.fixed_heap"
    connections = "envoy.resource_monitors.global_downstream_max_connections"
    return {
        "refresh_interval": "0.25s",
        "resource_monitors": [
            {
                "name": heap,
                "typed_config": {
                    "@type": f"{_TYPE}.resource_monitors.fixed_heap.v3.FixedHeapConfig",
                    "max_heap_size_bytes": settings.heap_bytes,
                },
            },
            {
                "name": connections,
                "typed_config": {
                    "@type": f"{_TYPE}.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
                    "max_active_downstream_connections": settings.connections,
                },
            },
        ],
        "actions": [
            {
                "name": "envoy.overload_actions.stop_accepting_requests",
                "triggers": [{"name": heap, "threshold": {"value": _HEAP_THRESHOLD}}],
            }
        ],
    }


_ACCESS_LOG: Final = {
    "name": "envoy.access_loggers.stderr",
    "typed_config": {
        "@type": f"{_TYPE}.access_loggers.stream.v3.StderrAccessLog",
        "log_format": {
            "json_format": {
                "event": "request",
                "timestamp": "%START_TIME%",
                "peer": "%DOWNSTREAM_REMOTE_ADDRESS%",
                "address": "%DOWNSTREAM_LOCAL_ADDRESS%",
                "protocol": "%PROTOCOL%",
                "method": "%REQ(:METHOD)%",
                "path": "%PATH(NQ)%",
                "status": "%RESPONSE_CODE%",
                "grpc_status": "%GRPC_STATUS(SNAKE_STRING)%",
                "request_bytes": "%BYTES_RECEIVED%",
                "response_bytes": "%BYTES_SENT%",
                "milliseconds": "%DURATION%",
                "flags": "%RESPONSE_FLAGS%",
            }
        },
    },
}
