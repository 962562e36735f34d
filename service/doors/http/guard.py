"""What a foreign web page may make a browser ask of this server: nothing that changes or shows anything.

A browser on the operator's machine reaches loopback addresses for any page that it shows. Three checks: the Host
header (a page can point a name of its own at 127.0.0.1), the Origin, and a content type that no form can send.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Mapping
from typing import Final

from service.events import errors

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
_ANY_ADDRESS: Final = frozenset({"0.0.0.0", "[::]", ""})  # noqa: S104  compared with, not bound to


class Guard:
    """Checks requests to the listener that is not for the public.

    Args:
        address: host:port where it listens.
        hosts: Further names by which it may be called, without ports.
    """

    def __init__(self, address: str, hosts: Collection[str]) -> None:
        bound = address.rpartition(":")[0].lower()
        self._hosts = _LOOPBACK_NAMES | {name.lower() for name in hosts} | ({bound} - _ANY_ADDRESS)
        self._any_ip = bound in _ANY_ADDRESS

    def check(self, http_method: str, headers: Mapping[str, str]) -> None:
        """Lets a request pass.

        Args:
            http_method: GET, POST, …
            headers: By name in lower case.

        Raises:
            RpcError: PERMISSION_DENIED.
        """
        host = headers.get("host", "")
        name = _name(host)
        if name not in self._hosts and not (self._any_ip and _is_ip(name)):
            raise errors.permission_denied(
                "The Host header does not name this server; the operator names further hosts with --http-hosts.",
                reason="HOST_NOT_ALLOWED",
            )
        origin = headers.get("origin")
        foreign = origin is not None and (origin == "null" or origin.partition("://")[2].lower() != host.lower())
        site = headers.get("sec-fetch-site", "none")
        navigates = headers.get("sec-fetch-mode") == "navigate" and http_method in _SAFE
        if foreign or (site not in ("none", "same-origin") and not navigates):
            raise errors.permission_denied(
                "A page of another origin can't call this; call it from the page's own server, or use what "
                "--public-address serves.",
                reason="ORIGIN_NOT_ALLOWED",
            )


def _name(host: str) -> str:
    if host.startswith("["):
        return host.partition("]")[0].lower() + "]"
    return host.partition(":")[0].lower()


def _is_ip(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
