"""GraphiQL, from files of ours and of the console's vendored libraries; nothing comes from elsewhere."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Final

from service.doors.http.application import Page
from service.doors.http.calls import Call
from service.doors.http.console import HEADERS, TYPES, policy
from service.doors.http.responses import Answer

# Its fonts are in its style sheet.
_HEADERS: Final = (("cache-control", "no-cache"), ("content-security-policy", policy("font-src data:")), *HEADERS)
_FILES: Final = ("graphiql.css", "graphiql.js")


def page() -> Answer:
    """The page itself."""
    return _answer("graphiql.html")


def files() -> dict[str, Page]:
    """What the page refers to, by path."""
    return {f"/graphql/{name}": _page(name) for name in _FILES}


def _page(name: str) -> Page:
    async def answer(_call: Call) -> Answer:
        return _answer(name)

    return Page(answer)


@cache
def _answer(name: str) -> Answer:
    content = resources.files(__package__).joinpath(name).read_bytes()
    return Answer(200, TYPES[f".{name.rpartition('.')[2]}"], content, _HEADERS)
