"""What makes a start short: no look at what lives as long as the process; what first calls need is loaded after it."""

from __future__ import annotations

import gc
from threading import Thread
from typing import Final

# The default, 700, is what a few calls in flight hold: each of them would be looked at several times.
_OBJECTS_BETWEEN_COLLECTIONS: Final = 20_000
# A request that may hold a google.protobuf.Any has all other types loaded, too.
_OF_JSON: Final = ("google.cloud.retail.v2.UserEvent", "google.cloud.retail.v2.WriteUserEventRequest")


def begin() -> None:
    """Collects no garbage until `end`: collections took an eighth of a start, and found next to nothing."""
    gc.disable()


def end(*, with_json: bool) -> None:
    """Collects garbage again, but for what was made so far, and loads the rest beside the event loop.

    Args:
        with_json: Whether callers send JSON.
    """
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    gc.enable()
    Thread(target=_load, args=(with_json,), name="footfall-load", daemon=True).start()


def _load(with_json: bool) -> None:
    """A first call would hold up all others for as long as this takes: a tenth of a second."""
    from service.events import filters, json  # noqa: PLC0415  `begin` comes before imports

    if with_json:
        from service.events import plain_client_events, plain_events  # noqa: F401, PLC0415

        json.load(_OF_JSON)
    filters.parse("*", filters.PURGE)
