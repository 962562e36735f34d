"""The little that a method may know of its call, whatever door it came through."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class CallContext(Protocol):
    """One call."""

    @property
    def metadata(self) -> Mapping[str, str]:
        """Request metadata with text values, keys in lower case."""

    @property
    def peer(self) -> str:
        """Who calls, in gRPC's form: `ipv4:127.0.0.1:50432`."""

    def time_remaining(self) -> float | None:
        """Seconds until the caller's deadline; None when it set none."""
