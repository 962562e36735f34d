"""The HTTP application: finds what a request is for, checks that the caller may, and lets it be answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any, Final

import structlog
from google.rpc import code_pb2, status_pb2

from service.doors.http import collect, parameters, responses
from service.doors.http.bindings import Binding
from service.doors.http.calls import BodyTooLargeError, Call, ClientGoneError
from service.doors.http.guard import Guard
from service.doors.http.paths import Match, PathError, Router
from service.doors.http.responses import Answer
from service.doors.http.transcoding import Transcoder
from service.events import errors
from service.events.errors import Violation
from service.measures import Tally

log = structlog.get_logger(__name__)

_PREFLIGHT_SECONDS: Final = "86400"
_PATHS_KNOWN: Final = 256  # most callers write to one of a few catalogs
ALWAYS_PUBLIC: Final = "health"
_JSON: Final = "application/json"
# What a form can send, and what a script can without asking first (https://fetch.spec.whatwg.org/#simple-header).
_OF_FORMS: Final = frozenset({"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"})


@dataclass(frozen=True, slots=True)
class Page:
    """Something served beside the methods, such as a script.

    Args:
        answer: Answers a request for it.
        methods: The HTTP methods that it takes, beside OPTIONS.
        part: The part of `--public-parts` that it is of; empty: it is of none.
        checking: Those of `methods` whose callers `answer` checks itself. With these it is served to the public, too,
            without what lets pages of other origins use it.
    """

    answer: Callable[[Call], Awaitable[Answer]]
    methods: tuple[str, ...] = ("GET", "HEAD")
    part: str = ""
    checking: tuple[str, ...] = ()


class Cors:
    """Which pages may call what the public may.

    Args:
        origins: Such as https://shop.example; empty: any.
    """

    def __init__(self, origins: Iterable[str]) -> None:
        self._origins = frozenset(origin.rstrip("/") for origin in origins)

    def headers(self, headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        """The headers of an answer to a request with `headers`."""
        if not self._origins:
            return (("access-control-allow-origin", "*"),)
        origin = headers.get("origin", "")
        allowed = (("access-control-allow-origin", origin),) if origin in self._origins else ()
        return (*allowed, ("vary", "origin"))

    def check(self, headers: Mapping[str, str]) -> None:
        """Lets a request pass; one without an Origin, such as an image's, always.

        Raises:
            RpcError: PERMISSION_DENIED.
        """
        origin = headers.get("origin")
        if not self._origins or origin is None or origin in self._origins:
            return
        if origin.partition("://")[2].lower() != headers.get("host", "").lower():
            raise errors.permission_denied(
                "Pages of this origin may not send events; the operator names those that may with --allowed-origins.",
                reason="ORIGIN_NOT_ALLOWED",
            )


class HttpApplication:
    """An ASGI application.

    Args:
        bindings: Every way to call a method.
        pages: What else can be got, by path.
        transcoder: Answers calls of methods.
        collector: Answers pixels.
        cors: Which pages may call what the public may.
        public: The parts that any page on the internet may use.
        guard: Checks requests for what the public may not have; None: they are refused, whoever asks.
        answered: Where answers are counted, by status.
    """

    def __init__(
        self,
        *,
        bindings: Iterable[Binding],
        pages: Mapping[str, Page],
        transcoder: Transcoder,
        collector: collect.Collector,
        cors: Cors,
        public: Collection[str],
        guard: Guard | None,
        answered: Tally[int],
    ) -> None:
        self._public_parts = frozenset((*public, ALWAYS_PUBLIC))
        self._router: Router[Binding] = Router()
        self._found = lru_cache(_PATHS_KNOWN)(self._router.find)
        for binding in bindings:
            if guard is not None or self._is_public(binding) or binding.method.check_caller is not None:
                self._router.add(binding.http_method, binding.template, binding)
        self._pages = dict(pages) if guard is not None else self._pages_of_public(pages)
        self._transcoder = transcoder
        self._collector = collector
        self._cors = cors
        self._guard = guard
        self._answered = answered

    async def __call__(self, scope: Any, receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
        """ASGI."""
        if scope["type"] != "http":
            return
        call = Call(scope, receive, send)
        structlog.contextvars.bind_contextvars(request_id=call.request_id)  # of this request's task only
        try:
            answer = await self._answer(call)
        except ClientGoneError:
            return
        except errors.RpcError as error:
            answer = _failure(call, error)
        except BodyTooLargeError:
            answer = too_large(call)
        except Exception:
            log.exception("http_failed", method=call.http_method)
            unknown = errors.internal("Something unexpected went wrong; the server's log has details.")
            answer = _failure(call, unknown)
        if answer is not None and not call.started:
            await call.answer(answer)
        self._answered.add(call.status)

    async def _answer(self, call: Call) -> Answer | None:
        path = call.path
        page = self._pages.get(path)
        if page is not None:
            return await self._page(call, page)
        found = self._find(call.http_method, path)
        if found is None:
            return self._not_found(call, path)
        binding, variables = found
        if self._is_public(binding):
            return await self._public(call, partial(self._collector.answer, call, binding, variables))
        if binding.method.check_caller is None:
            self._check(call)
        else:
            await binding.method.check_caller(call)
        if collect.is_collect(binding):
            return await self._collector.answer(call, binding, variables)
        if binding.body and binding.method.check_caller is None:  # what a browser sends by itself has no token
            any_type = binding.method.client_streaming or binding.method.read_body is not None
            if call.headers.get("content-type") != _JSON:
                await _check_content_type(call, any_type=any_type)
        return await self._transcoder.answer(call, binding, variables)

    def _pages_of_public(self, pages: Mapping[str, Page]) -> dict[str, Page]:
        checking = {path: replace(page, methods=page.checking) for path, page in pages.items() if page.checking}
        return {**checking, **{path: page for path, page in pages.items() if self._is_public(page)}}

    def _is_public(self, what: Page | Binding) -> bool:
        if isinstance(what, Page):
            return what.part in self._public_parts
        return collect.is_collect(what) and collect.PART in self._public_parts

    async def _page(self, call: Call, page: Page) -> Answer:
        if call.http_method == "OPTIONS":
            return self._options(call, page.methods, public=self._is_public(page))
        if not self._is_public(page):
            self._check(call)
        if call.http_method not in page.methods:
            return self._readable(call, _not_allowed(call, page.methods), public=self._is_public(page))
        if not self._is_public(page):
            return await page.answer(call)
        return await self._public(call, partial(page.answer, call))

    async def _public(self, call: Call, answering: Callable[[], Awaitable[Answer]]) -> Answer:
        """What pages may read, errors included."""
        try:
            self._cors.check(call.headers)
            answer = await answering()
        except errors.RpcError as error:
            answer = _failure(call, error)
        except BodyTooLargeError:
            answer = too_large(call)
        return self._readable(call, answer, public=True)

    def _readable(self, call: Call, answer: Answer, *, public: bool) -> Answer:
        """The answer as a page may read it, if it is for the public or for all that reaches this listener."""
        if not public and self._guard is not None:
            return answer
        return answer._replace(headers=(*answer.headers, *self._cors.headers(call.headers)))

    def _check(self, call: Call) -> None:
        if self._guard is not None:
            self._guard.check(call.http_method, call.headers)

    def _find(self, http_method: str, path: str) -> Match[Binding] | None:
        try:
            return self._found(http_method, path)
        except PathError as error:
            raise errors.invalid_argument([Violation("", str(error), "INVALID_VALUE")]) from None

    def _not_found(self, call: Call, path: str) -> Answer:
        allowed = self._router.methods(path)
        if not allowed:
            answer = _refusal(call, 404, code_pb2.NOT_FOUND, "There is nothing at this path.")
            return self._readable(call, answer, public=False)
        found = self._find(allowed[0], path)
        public = found is not None and self._is_public(found.target)
        if call.http_method != "OPTIONS":
            return self._readable(call, _not_allowed(call, allowed), public=public)
        return self._options(call, allowed, public=public)

    def _options(self, call: Call, methods: Sequence[str], *, public: bool) -> Answer:
        allowed = ", ".join([*methods, "OPTIONS"])
        headers: tuple[tuple[str, str], ...] = (("allow", allowed),)
        if public:
            headers += (
                ("access-control-allow-methods", allowed),
                ("access-control-allow-headers", "*, content-type"),
                ("access-control-max-age", _PREFLIGHT_SECONDS),
                *self._cors.headers(call.headers),
            )
        return Answer(204, "text/plain", b"", headers)


def _failure(call: Call, error: errors.RpcError) -> Answer:
    return responses.failure(error, parameters.system(call.query), call.request_id)


def _refusal(call: Call, http_status: int, code: int, message: str) -> Answer:
    """The answer to what leads to no method."""
    status = status_pb2.Status(code=code, message=message)
    return responses.error_answer(http_status, status, parameters.system(call.query), call.request_id)


def _not_allowed(call: Call, methods: Sequence[str]) -> Answer:
    allowed = ", ".join(methods)
    answer = _refusal(call, 405, code_pb2.UNIMPLEMENTED, f"This path takes {allowed}.")
    return answer._replace(headers=(("allow", allowed),))


def too_large(call: Call, limit: str = "--max-message-bytes") -> Answer:
    """The answer to a body that is larger than `limit`."""
    text = f"The body is larger than {limit}; send less at once."
    return _refusal(call, 413, code_pb2.RESOURCE_EXHAUSTED, text)


async def _check_content_type(call: Call, *, any_type: bool) -> None:
    """Refuses what a page of another origin can make a browser send without asking first.

    Args:
        call: The request.
        any_type: Whether its body may be of any other type, and not just JSON.

    Raises:
        RpcError: INVALID_ARGUMENT.
    """
    given = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given == _JSON or (any_type and given not in _OF_FORMS):
        return
    if not given and not await call.has_body():
        return
    wanted = (
        'The body must have a content type that no form can have, such as "Content-Type: application/octet-stream"'
        if any_type
        else 'The body must be JSON, with the header "Content-Type: application/json"'
    )
    text = f'{wanted}; found "{given[:64]}".'
    raise errors.invalid_argument([Violation("", text, "UNSUPPORTED_CONTENT_TYPE")])
