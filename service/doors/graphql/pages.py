"""/graphql: a POST executes a document; a GET shows GraphiQL, where that is on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from service.doors.graphql import graphiql
from service.doors.http.application import Page
from service.doors.http.calls import Call
from service.doors.http.responses import Answer
from service.events.errors import RpcError
from service.rpc.method import Method

if TYPE_CHECKING:
    from service.doors.graphql.endpoint import Endpoint

PATH: Final = "/graphql"

KeepRejected = Callable[[str, bytes, RpcError], Awaitable[None]]
"""Keeps what was sent to a tenant and is no signal."""


@dataclass(frozen=True, slots=True)
class GraphQLSettings:
    """What the operator chose.

    Args:
        tenant: Whose the signals are.
        bearer_tokens: One of them must come in the Authorization header; empty: none need come.
        graphiql: Whether a browser is shown GraphiQL.
    """

    tenant: str
    bearer_tokens: Collection[str]
    graphiql: bool


def pages(settings: GraphQLSettings, methods: Sequence[Method], keep_rejected: KeepRejected) -> dict[str, Page]:
    """The endpoint, and what GraphiQL needs beside it, by path; nothing, where no tenant is set."""
    if not settings.tenant:
        return {}
    endpoint = _OnceAsked(settings, methods, keep_rejected)
    checking = ("POST",) if settings.bearer_tokens else ()
    if not settings.graphiql:
        return {PATH: Page(endpoint.answer, methods=("POST",), checking=checking)}
    return {PATH: Page(endpoint.answer, methods=("GET", "HEAD", "POST"), checking=checking), **graphiql.files()}


class _OnceAsked:
    """The endpoint, made when the first document comes: its library and schema take 5 MiB, and a tenth of a start."""

    def __init__(self, settings: GraphQLSettings, methods: Sequence[Method], keep_rejected: KeepRejected) -> None:
        self._settings = settings
        self._methods = methods
        self._keep_rejected = keep_rejected
        self._making: asyncio.Future[Endpoint] | None = None

    async def answer(self, call: Call) -> Answer:
        """Answers a request."""
        if call.http_method != "POST":
            return graphiql.page()
        return await (await self._endpoint()).answer(call)

    async def _endpoint(self) -> Endpoint:
        """Made beside the event loop, once for all who wait; where that fails, the next one tries again."""
        if self._making is None or (self._making.done() and (self._making.cancelled() or self._making.exception())):
            self._making = asyncio.ensure_future(asyncio.to_thread(self._make))
        return await asyncio.shield(self._making)

    def _make(self) -> Endpoint:
        from service.doors.graphql.endpoint import Endpoint  # noqa: PLC0415

        return Endpoint(self._settings, self._methods, self._keep_rejected)
