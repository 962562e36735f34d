"""Events of `samples` in the form that stubs of a user's own take: wrappers are messages there, and names are plain."""

from __future__ import annotations

from typing import Any


def own(event: Any) -> Any:
    """The event for `ReflectedClient`."""
    if isinstance(event, list):
        return [own(item) for item in event]
    if not isinstance(event, dict):
        return event
    return {
        {"type_": "type"}.get(name, name): {"value": value} if name == "quantity" else own(value)
        for name, value in event.items()
    }
