"""Named places where a test may kill the process, to prove what survives.

`FOOTFALL_FAILPOINTS="writer.before_commit@37"` ends the process with SIGKILL at the 37th visit of that place.
Without the variable every visit is one dictionary look-up in an empty dictionary.
"""

from __future__ import annotations

import os
import signal
import threading

NAMES = frozenset(
    {
        "writer.before_commit",  # rows inserted, transaction open
        "writer.after_commit",  # on disk, nobody told
        "operation.between_steps",  # a step is committed, the next has not begun
        "operation.shard_written",  # a file of an export is at its destination, the step is not committed
        "operation.errors_spooled",  # rejected lines are in the spool, the step is not committed
        "operation.errors_published",  # the errors file is at its destination, the operation is not done
    }
)


def _parse(text: str) -> dict[str, int]:
    points = {}
    for item in filter(None, text.split(",")):
        name, _, visit = item.partition("@")
        if name not in NAMES:
            raise ValueError(f"FOOTFALL_FAILPOINTS: no place is named {name!r}; there are: {', '.join(sorted(NAMES))}")
        points[name] = int(visit or 1)
    return points


_remaining = _parse(os.environ.get("FOOTFALL_FAILPOINTS", ""))
_lock = threading.Lock()


def hit(name: str) -> None:
    """Visits the place `name`; ends the process there when its turn has come."""
    if name not in _remaining:
        return
    with _lock:
        _remaining[name] -= 1
        if _remaining[name] <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
