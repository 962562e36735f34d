"""The console at `/` and the reference at `/api`: static files, which call the public API like anyone else."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

from service.doors.http.application import Page
from service.doors.http.calls import Call
from service.doors.http.responses import Answer

_PAGES: Final = {"/": "index.html", "/api": "api.html"}
_PREFIX: Final = "/console/"
_VENDORED: Final = f"{_PREFIX}vendor/"
TYPES: Final = {
    ".html": "text/html; charset=UTF-8",
    ".css": "text/css; charset=UTF-8",
    ".js": "text/javascript; charset=UTF-8",
    ".svg": "image/svg+xml",
}
# Nothing from elsewhere, nothing written into the page itself: what events say can't become a script.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS: Final = (
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("referrer-policy", "no-referrer"),
)


def policy(*more: str) -> str:
    """The Content-Security-Policy of a page that needs nothing beyond this server, and `more`, such as font-src."""
    return "; ".join((_POLICY, *more))


def pages() -> dict[str, Page]:
    """Every file of the console, by path."""
    files = dict(_files(resources.files(__package__).joinpath("console"), ""))
    found = {f"{_PREFIX}{name}": file for name, file in files.items()} | {
        at: files[name] for at, name in _PAGES.items()
    }
    return {path: _page(path, file) for path, file in found.items()}


def _files(folder: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _files(entry, f"{prefix}{entry.name}/")
        elif _suffix(entry) in TYPES:
            yield f"{prefix}{entry.name}", entry


def _suffix(file: Traversable) -> str:
    return f".{file.name.rpartition('.')[2]}"


def _page(path: str, file: Traversable) -> Page:
    # A vendored file's folder has its version in its name, so it stays what it is.
    caching = "max-age=31536000, immutable" if path.startswith(_VENDORED) else "no-cache"
    headers = (("cache-control", caching), ("content-security-policy", policy()), *HEADERS)

    @cache
    def content() -> bytes:
        return file.read_bytes()

    async def answer(_call: Call) -> Answer:
        return Answer(200, TYPES[_suffix(file)], content(), headers)

    return Page(answer)
