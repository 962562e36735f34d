"""Addresses, host:port, as Envoy takes them: by number."""

from __future__ import annotations

import socket
from typing import Any


def cannot_listen(address: str) -> OSError:
    """Returns what the operator is told of an address that can't be had."""
    return OSError(f"can't listen on {address}: it is in use, or not an address of this machine")


def resolved(address: str) -> str:
    """Returns an address with its host looked up.

    Raises:
        OSError: There is no such host.
    """
    host, _, port = address.rpartition(":")
    try:
        found = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise cannot_listen(address) from error
    number = found[0][4][0]
    return f"[{number}]:{int(port)}" if ":" in str(number) else f"{number}:{int(port)}"


def socket_address(address: str, **more: Any) -> dict[str, Any]:
    """Returns an address as Envoy's configuration has it (envoy.config.core.v3.Address); `[::]` is IPv4's, too.

    Args:
        address: host:port.
        more: Further fields.

    Raises:
        OSError: There is no such host.
    """
    host, _, port = resolved(address).rpartition(":")
    bare = host.strip("[]")
    dual = {"ipv4_compat": True} if bare == "::" else {}
    return {"socket_address": {"address": bare, "port_value": int(port), **dual, **more}}
