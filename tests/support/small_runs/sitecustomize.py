"""On a server's PYTHONPATH: keys of client events are gathered in runs so small that some events fill generations."""

from __future__ import annotations

from service.storage.sqlite.client_event_keys import RunSizes

RunSizes.__new__.__defaults__ = (4, 4)
