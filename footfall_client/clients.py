"""Google's own clients, pointed at a Footfall. Their packages are imported when they are asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import grpc

from footfall_client.options import open_channel, server_address


def retail_client(
    address: str | None = None,
    *,
    service: str = "UserEventService",
    version: str = "v2",
    credentials: grpc.ChannelCredentials | None = None,
) -> Any:
    """Google's Retail client; needs google-cloud-retail.

    Args:
        address: The server, host:port; None: the environment's FOOTFALL_SERVER, or 127.0.0.1:50051.
        service: `UserEventService` or `ProductService`.
        version: `v2`, `v2beta` or `v2alpha`.
        credentials: For TLS; None: plain text.

    Returns:
        `google.cloud.retail_v2.UserEventServiceClient` and the like. As a context manager it closes its channel.

    Raises:
        ImportError: The package is not installed.
    """
    return _client(f"google.cloud.retail_{version}", f"{service}Client", open_channel(address, credentials))


def talent_client(
    address: str | None = None, *, version: str = "v4", credentials: grpc.ChannelCredentials | None = None
) -> Any:
    """Google's Talent client of events; needs google-cloud-talent.

    Args:
        address: As for `retail_client`.
        version: `v4` or `v4beta1`.
        credentials: For TLS; None: plain text.

    Returns:
        `google.cloud.talent_v4.EventServiceClient`. As a context manager it closes its channel.

    Raises:
        ImportError: The package is not installed.
    """
    return _client(f"google.cloud.talent_{version}", "EventServiceClient", open_channel(address, credentials))


def retail_async_client(
    address: str | None = None,
    *,
    service: str = "UserEventService",
    version: str = "v2",
    credentials: grpc.ChannelCredentials | None = None,
) -> Any:
    """As `retail_client`, for asyncio; call it inside of the loop. `await client.transport.close()` closes it."""
    return _client(f"google.cloud.retail_{version}", f"{service}AsyncClient", _async_channel(address, credentials))


def talent_async_client(
    address: str | None = None, *, version: str = "v4", credentials: grpc.ChannelCredentials | None = None
) -> Any:
    """As `talent_client`, for asyncio; call it inside of the loop. `await client.transport.close()` closes it."""
    return _client(f"google.cloud.talent_{version}", "EventServiceAsyncClient", _async_channel(address, credentials))


def _client(package: str, name: str, channel: Any) -> Any:
    client = getattr(import_module(package), name)
    transport = client.get_transport_class("grpc_asyncio" if "Async" in name else "grpc")
    return client(transport=transport(channel=channel))


def _async_channel(address: str | None, credentials: grpc.ChannelCredentials | None) -> Any:
    if credentials is None:
        return grpc.aio.insecure_channel(server_address(address))
    return grpc.aio.secure_channel(server_address(address), credentials)
