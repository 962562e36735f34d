"""What the operator sees of Envoy's admin interface, as Envoy's configuration: a listener that lets some GETs through.

The interface itself asks for neither Host nor Origin, so that any page that a browser on this machine shows could end
the process; it stays on a socket that only this user can open.
"""

from __future__ import annotations

from typing import Any, Final

from service.doors.envoy.addresses import socket_address

_TYPE: Final = "type.googleapis.com/envoy.extensions"
_CLUSTER: Final = "admin"
_READABLE: Final = ({"path": "/ready"}, {"path": "/listeners"}, {"path_separated_prefix": "/stats"})
_HOSTS: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})


def listeners(address: str) -> list[dict[str, Any]]:
    """Returns the listener, where there is to be one.

    Args:
        address: host:port; empty: there is to be none.
    """
    if not address:
        return []
    manager = {"name": "envoy.filters.network.http_connection_manager", "typed_config": _connection_manager(address)}
    return [
        {
            "name": "admin",
            "address": socket_address(address),
            "enable_reuse_port": False,
            "ignore_global_conn_limit": True,
            "bypass_overload_manager": True,  # it tells of the overload
            "filter_chains": [{"filters": [manager]}],
        }
    ]


def _connection_manager(address: str) -> dict[str, Any]:
    is_get = {"name": ":method", "string_match": {"exact": "GET"}}
    routes = [{"match": {**path, "headers": [is_get]}, "route": {"cluster": _CLUSTER}} for path in _READABLE]
    hosts = sorted(_HOSTS | {address.rpartition(":")[0].lower()})
    return {
        "@type": f"{_TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "admin",
        "generate_request_id": False,
        "strip_any_host_port": True,
        "normalize_path": True,
        "route_config": {"virtual_hosts": [{"name": "this_machine", "domains": hosts, "routes": routes}]},
        "http_filters": [
            {
                "name": "envoy.filters.http.router",
                "typed_config": {"@type": f"{_TYPE}.filters.http.router.v3.Router", "suppress_envoy_headers": True},
            }
        ],
    }


def clusters(address: str, path: str) -> list[dict[str, Any]]:
    """Returns where the listener sends its requests.

    Args:
        address: The listener's; empty: there is none.
        path: The socket of the admin interface.
    """
    if not address:
        return []
    endpoint = {"endpoint": {"address": {"pipe": {"path": path}}}}
    return [
        {
            "name": _CLUSTER,
            "type": "STATIC",
            "connect_timeout": "1s",
            "load_assignment": {"cluster_name": _CLUSTER, "endpoints": [{"lb_endpoints": [endpoint]}]},
        }
    ]
