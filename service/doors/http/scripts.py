"""The scripts that pages load. They are served as they are in the folder scripts, put together from its files."""

from __future__ import annotations

import gzip
import hashlib
from importlib import resources
from typing import Final

from service.doors.http.application import Page
from service.doors.http.calls import Call
from service.doors.http.responses import Answer

PIXEL_PATH: Final = "/v2_event.js"
JOB_EVENTS_PATH: Final = "/job_events.js"
PART: Final = "scripts"
"""What `--public-parts` calls them."""

_TYPE: Final = "text/javascript; charset=UTF-8"
_CACHE: Final = "public, max-age=3600"


def pages(pixel_path: str) -> dict[str, Page]:
    """The scripts, by path.

    Args:
        pixel_path: Where the pixel is served too; empty: nowhere else.

    Raises:
        ValueError: Another script is there.
    """
    if pixel_path == JOB_EVENTS_PATH:
        raise ValueError(f"--pixel-path can't be {pixel_path}: the job tracker is there. Choose another path.")
    pixel = _page(source("pixel.js"))
    return {PIXEL_PATH: pixel, (pixel_path or PIXEL_PATH): pixel, JOB_EVENTS_PATH: _page(source("job_events.js"))}


def source(name: str) -> bytes:
    """Returns a script and what it builds on, as one that adds no names to a page."""
    folder = resources.files(__package__) / "scripts"
    parts = [(folder / part).read_text("utf-8") for part in ("delivery.js", name)]
    return "".join(["(() => {\n'use strict';\n", *parts, "})();\n"]).encode()


def _page(script: bytes) -> Page:
    small = gzip.compress(script, mtime=0)
    tag = f'W/"{hashlib.sha256(script).hexdigest()[:16]}"'
    headers = (
        ("cache-control", _CACHE),
        ("etag", tag),
        ("vary", "accept-encoding"),
        ("cross-origin-resource-policy", "cross-origin"),
    )

    async def answer(call: Call) -> Answer:
        if call.headers.get("if-none-match") == tag:
            return Answer(304, _TYPE, b"", headers)
        if "gzip" in call.headers.get("accept-encoding", ""):
            return Answer(200, _TYPE, small, (*headers, ("content-encoding", "gzip")))
        return Answer(200, _TYPE, script, headers)

    return Page(answer, part=PART)
