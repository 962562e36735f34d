"""HTTP/3, as Envoy's configuration: a QUIC listener that hands its requests to the other one, over TLS on this machine.

The other is the only one that has Python in it.
"""

from __future__ import annotations

import socket
from typing import Any, Final

from service.doors.envoy.addresses import socket_address
from service.doors.envoy.settings import EnvoySettings

_TYPE: Final = "type.googleapis.com/envoy.extensions"
_CLUSTER: Final = "other_listener"
_REMEMBERED_SECONDS: Final = 86_400
_ANY_ADDRESS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  compared with, not bound to


def listeners(settings: EnvoySettings, limits: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns the QUIC listener, where there is to be one.

    Args:
        settings: Where the other listener is, and what it lets through.
        limits: Those of any HttpConnectionManager.
    """
    address, tls = settings.http3_address, settings.tls
    if not address or tls is None:
        return []
    certificate = {"certificate_chain": {"filename": str(tls.certificate)}, "private_key": {"filename": str(tls.key)}}
    transport = {
        "@type": f"{_TYPE}.transport_sockets.quic.v3.QuicDownstreamTransport",
        "downstream_tls_context": {"common_tls_context": {"tls_certificates": [certificate]}},
    }
    chain = {
        "filters": [
            {"name": "envoy.filters.network.http_connection_manager", "typed_config": _connection_manager(limits)}
        ],
        "transport_socket": {"name": "envoy.transport_sockets.quic", "typed_config": transport},
    }
    return [
        {
            "name": "http3",
            "address": socket_address(address, protocol="UDP"),
            "udp_listener_config": {
                "quic_options": {"quic_protocol_options": {"max_concurrent_streams": settings.streams}}
            },
            "filter_chains": [chain],
        }
    ]


def _connection_manager(limits: dict[str, Any]) -> dict[str, Any]:
    route = {"match": {"prefix": "/"}, "route": {"cluster": _CLUSTER, "timeout": "0s"}}
    return {
        "@type": f"{_TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "codec_type": "HTTP3",
        "stat_prefix": "http3",
        "http3_protocol_options": {},
        "use_remote_address": True,  # and X-Forwarded-For tells the other listener
        **limits,
        "generate_request_id": False,
        "preserve_external_request_id": True,
        "server_header_transformation": "PASS_THROUGH",
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]},
        "http_filters": [
            {
                "name": "envoy.filters.http.router",
                "typed_config": {"@type": f"{_TYPE}.filters.http.router.v3.Router", "suppress_envoy_headers": True},
            }
        ],
    }


def clusters(address: str) -> list[dict[str, Any]]:
    """Returns where the QUIC listener sends its requests."""
    if not address:
        return []
    host, port = _inner_host(address), address.rpartition(":")[2]
    endpoint = {"endpoint": {"address": socket_address(f"{host}:{port}")}}
    options = f"{_TYPE}.upstreams.http.v3.HttpProtocolOptions"
    return [
        {
            "name": _CLUSTER,
            "type": "STATIC",
            "connect_timeout": "5s",
            "upstream_bind_config": {"source_address": {"address": host, "port_value": 0}},
            "load_assignment": {"cluster_name": _CLUSTER, "endpoints": [{"lb_endpoints": [endpoint]}]},
            "typed_extension_protocol_options": {
                "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                    "@type": options,
                    "explicit_http_config": {"http2_protocol_options": {}},
                }
            },
            "transport_socket": {
                "name": "envoy.transport_sockets.tls",
                "typed_config": {
                    "@type": f"{_TYPE}.transport_sockets.tls.v3.UpstreamTlsContext",
                    "common_tls_context": {"alpn_protocols": ["h2"]},
                },
            },
        }
    ]


def proxies(address: str) -> list[str]:
    """Returns whose X-Forwarded-For the other listener has to believe for it."""
    return [_inner_host(address)] if address else []


def _inner_host(address: str) -> str:
    """The address of this machine at which the other listener can be reached, and from which it is."""
    host, _, port = address.rpartition(":")
    found = str(socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)[0][4][0])
    return _ANY_ADDRESS.get(found, found)


def announcements(address: str) -> list[dict[str, Any]]:
    """Returns the filter of the other listener that tells clients of HTTP/3."""
    if not address:
        return []
    value = f'h3=":{address.rpartition(":")[2]}"; ma={_REMEMBERED_SECONDS}'
    return [
        {
            "name": "envoy.filters.http.header_mutation",
            "typed_config": {
                "@type": f"{_TYPE}.filters.http.header_mutation.v3.HeaderMutation",
                "mutations": {"response_mutations": [{"append": {"header": {"key": "alt-svc", "value": value}}}]},
            },
        }
    ]
