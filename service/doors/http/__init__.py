"""The HTTP door: REST for every method, and the pixel for browsers."""

from __future__ import annotations

from service.doors.http.door import HttpDoor, HttpSettings, Limits

__all__ = ["HttpDoor", "HttpSettings", "Limits"]
