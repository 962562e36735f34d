"""The HTTP application: finds what a request is for, checks that the caller may, and lets it be answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import structlog

from service.doors.http import collect, responses
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


@dataclass(frozen=True, slots=True)
class Page:
    """Something served beside the methods, such as a script.

    Args:
        answer: Answers a request for it.
        methods: The HTTP methods that it takes, beside OPTIONS.
        public: Whether any page on the internet may ask for it.
    """

    answer: Callable[[Call], Awaitable[Answer]]
    methods: tuple[str, ...] = ("GET", "HEAD")
    public: bool = False


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
        guard: Guard | None,
        answered: Tally[int],
    ) -> None:
        self._router: Router[Binding] = Router()
        for binding in bindings:
            if guard is not None or collect.is_public(binding) or binding.method.check_caller is not None:
                self._router.add(binding.http_method, binding.template, binding)
        self._pages = {path: page for path, page in pages.items() if guard is not None or page.public}
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
            answer = responses.failure(error)
        except BodyTooLargeError:
            answer = too_large()
        except Exception:
            log.exception("http_failed", method=call.http_method)
            answer = responses.failure(
                errors.internal("Something unexpected went wrong; the server's log has details.")
            )
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
        if collect.is_public(binding):
            return await self._public(call, partial(self._collector.answer, call, binding, variables))
        if binding.method.check_caller is None:
            self._check(call)
        else:
            await binding.method.check_caller(call)
        if binding.body and not binding.method.client_streaming:
            _check_content_type(call)
        return await self._transcoder.answer(call, binding, variables)

    async def _page(self, call: Call, page: Page) -> Answer:
        if call.http_method == "OPTIONS":
            return self._options(call, page.methods, public=page.public)
        if not page.public:
            self._check(call)
        if call.http_method not in page.methods:
            return _not_allowed(", ".join(page.methods))
        return await self._public(call, partial(page.answer, call)) if page.public else await page.answer(call)

    async def _public(self, call: Call, answering: Callable[[], Awaitable[Answer]]) -> Answer:
        """What pages may read, errors included."""
        try:
            self._cors.check(call.headers)
            answer = await answering()
        except errors.RpcError as error:
            answer = responses.failure(error)
        except BodyTooLargeError:
            answer = too_large()
        return answer._replace(headers=(*answer.headers, *self._cors.headers(call.headers)))

    def _check(self, call: Call) -> None:
        if self._guard is not None:
            self._guard.check(call.http_method, call.headers)

    def _find(self, http_method: str, path: str) -> Match[Binding] | None:
        try:
            return self._router.find(http_method, path)
        except PathError as error:
            raise errors.invalid_argument([Violation("", str(error), "INVALID_VALUE")]) from None

    def _not_found(self, call: Call, path: str) -> Answer:
        allowed = self._router.methods(path)
        if not allowed:
            error = {"code": 404, "message": "There is nothing at this path.", "status": "NOT_FOUND", "details": []}
            return responses.error_answer(404, error)
        if call.http_method != "OPTIONS":
            return _not_allowed(", ".join(allowed))
        found = self._find(allowed[0], path)
        return self._options(call, allowed, public=found is not None and collect.is_public(found.target))

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


def _not_allowed(allowed: str) -> Answer:
    error = {"code": 405, "message": f"This path takes {allowed}.", "status": "UNIMPLEMENTED", "details": []}
    return responses.error_answer(405, error)._replace(headers=(("allow", allowed),))


def too_large(limit: str = "--max-message-bytes") -> Answer:
    """The answer to a body that is larger than `limit`."""
    text = f"The body is larger than {limit}; send less at once."
    return responses.error_answer(413, {"code": 413, "message": text, "status": "RESOURCE_EXHAUSTED", "details": []})


def _check_content_type(call: Call) -> None:
    """Refuses what an HTML form could send.

    Raises:
        RpcError: INVALID_ARGUMENT.
    """
    given = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given == "application/json" or (not given and not int(call.headers.get("content-length") or 0)):
        return
    text = f'The body must be JSON, with the header "Content-Type: application/json"; found "{given[:64]}".'
    raise errors.invalid_argument([Violation("", text, "UNSUPPORTED_CONTENT_TYPE")])
