"""Runs scripts of this folder as their pages have them: one after the other, each with the names of those before.

    python tests/contract/guides/run.py HOST:PORT retail_write.py retail_import_inline.py

Beforehand the clients of Google's packages are made to be at that address when they are made without arguments, as the
pages make them. Nothing else differs from an installation of the packages alone.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import Any

import grpc
from google.cloud import retail, talent


def point_clients_at(address: str) -> None:
    """Makes `retail.UserEventServiceClient()` and `talent.EventServiceClient()` speak plain text to `address`."""
    for package, name in ((retail, "UserEventServiceClient"), (talent, "EventServiceClient")):
        official = getattr(package, name)
        transport = official.get_transport_class("grpc")

        def connect(self: Any, official: Any = official, transport: Any = transport) -> None:
            official.__init__(self, transport=transport(channel=grpc.insecure_channel(address)))

        setattr(package, name, type(name, (official,), {"__init__": connect}))


def main(address: str, *scripts: str) -> None:
    point_clients_at(address)
    names: dict[str, Any] = {}
    for script in scripts:
        names = runpy.run_path(str(Path(__file__).with_name(script)), init_globals=names)


if __name__ == "__main__":
    main(*sys.argv[1:])
