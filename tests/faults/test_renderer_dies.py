"""The processes that render exports may die at any moment: others go on, and none is left behind."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import psutil
import pytest

from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from service.events.json import JsonError
from service.sources.children import ChildDiedError, Children
from service.sources.rendering import Rendered, render
from service.storage.records import Payloads
from tests.faults.load import wait_for

_NAME = UserEvent.DESCRIPTOR.full_name
_JSON_LINES = "1"
_PIECES = 60
_Renderers = Children[[str, str, Payloads], Rendered]


def piece(number: int) -> Payloads:
    return Payloads.of(
        [UserEvent(event_type="search", visitor_id=f"{number}-{at}").SerializeToString() for at in range(500)]
    )


def children() -> list[psutil.Process]:
    found = psutil.Process().children()
    return [child for child in found if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]


def with_renderers(work: Callable[[_Renderers], Awaitable[None]]) -> None:
    async def run() -> None:
        renderers = Children(render)
        try:
            await work(renderers)
        finally:
            await renderers.close()

    before = set(children())
    asyncio.run(run())
    assert set(children()) <= before


async def all_pieces(renderers: _Renderers) -> None:
    found = await asyncio.gather(*(renderers.call(_NAME, _JSON_LINES, piece(number)) for number in range(_PIECES)))
    assert found == [render(_NAME, _JSON_LINES, piece(number)) for number in range(_PIECES)]


def test_others_go_on() -> None:
    async def work(renderers: _Renderers) -> None:
        before = set(children())
        rendering = asyncio.create_task(all_pieces(renderers))
        for _ in range(2):  # three over the same piece would be too many
            mine = await asyncio.to_thread(wait_for, lambda: set(children()) - before, "a renderer is at work")
            for child in mine:
                child.kill()
                child.wait()
        await rendering

    with_renderers(work)


def test_what_ends_each_of_them_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")

    async def work(renderers: _Renderers) -> None:
        with pytest.raises(ChildDiedError):
            await renderers.call(_NAME, _JSON_LINES, piece(0))

    with_renderers(work)


def test_an_error_is_the_callers() -> None:
    async def work(renderers: _Renderers) -> None:
        with pytest.raises(JsonError):
            await renderers.call(_NAME, _JSON_LINES, Payloads.of([b"\xff"]))
        await all_pieces(renderers)

    with_renderers(work)


def test_closing_ends_what_they_are_at() -> None:
    async def work(renderers: _Renderers) -> None:
        rendering = asyncio.gather(
            *(renderers.call(_NAME, _JSON_LINES, piece(number)) for number in range(_PIECES)), return_exceptions=True
        )
        await asyncio.sleep(0)
        await renderers.close()
        rendering.cancel()

    with_renderers(work)
