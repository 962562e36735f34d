"""/graphql: a POST executes a document; a GET shows GraphiQL, where that is on."""

from __future__ import annotations

import asyncio
import hmac
import json as plain_json
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from graphql import ExecutionResult, FieldNode, GraphQLError, OperationDefinitionNode, execute, parse
from graphql.pyutils import is_awaitable

from service.doors.graphql import graphiql, problems
from service.doors.graphql.documents import MAX_TOKENS, DocumentError, Documents, operation_of
from service.doors.graphql.schema import SERVICE, check_variables, schema
from service.doors.http.application import Page
from service.doors.http.calls import BodyTooLargeError, Call
from service.doors.http.responses import JSON, Answer
from service.events import errors
from service.rpc.method import Method

PATH: Final = "/graphql"
MAX_BODY_BYTES: Final = 2 * 2**20  # room for 100 signals with long labels

_NO_STORE: Final = (("cache-control", "no-store"),)
_LONG: Final = 4_096  # characters of a document that is read beside the event loop

KeepRejected = Callable[[str, bytes, errors.RpcError], Awaitable[None]]
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
    endpoint = _Endpoint(settings, methods, keep_rejected)
    if not settings.graphiql:
        return {PATH: Page(endpoint.answer, methods=("POST",))}
    return {PATH: Page(endpoint.answer, methods=("GET", "HEAD", "POST")), **graphiql.files()}


class _Request(NamedTuple):
    document: str
    variables: Mapping[str, Any]
    operation_name: str | None


class _NotServedError(Exception):
    """A body that is no GraphQL request."""


class _Endpoint:
    """Takes GraphQL over HTTP.

    Whatever becomes of a request, the status is 200, as it is SEEK's; only what is no GraphQL request has another.

    Args:
        settings: What the operator chose.
        methods: What is served; SignalService is called.
        keep_rejected: Keeps what is no signal.
    """

    def __init__(self, settings: GraphQLSettings, methods: Sequence[Method], keep_rejected: KeepRejected) -> None:
        self._settings = settings
        self._tokens = [token.encode() for token in settings.bearer_tokens]
        self._keep_rejected = keep_rejected
        self._schema = schema({each.name: each for each in methods if each.service == SERVICE}, settings.tenant)
        self._documents = Documents(self._schema)

    async def answer(self, call: Call) -> Answer:
        """Answers a request."""
        if call.http_method != "POST":
            return graphiql.page()
        given = call.headers.get("content-type", "").partition(";")[0].strip().lower()
        if given != "application/json":
            return _failed(415, 'The body must be JSON, with the header "Content-Type: application/json".')
        try:
            body = await call.body(MAX_BODY_BYTES)
        except BodyTooLargeError:
            return _failed(413, f"The body may have at most {MAX_BODY_BYTES:,} bytes; send fewer signals at once.")
        try:
            request = _read(body)
        except _NotServedError as error:
            return _failed(400, str(error))
        return _of(await self._execute(request, call, body))

    async def _execute(self, request: _Request, call: Call, body: bytes) -> ExecutionResult:
        refused = self._unauthenticated(call)
        if refused:
            return ExecutionResult(data=None, errors=_at_root_fields(refused, request))
        reads_beside = len(request.document) > _LONG
        try:
            document = await (
                asyncio.to_thread(self._documents.read, request.document)
                if reads_beside
                else _now(self._documents.read(request.document))
            )
            operation = operation_of(document, request.operation_name)
        except DocumentError as error:
            await self._keep(body, error.errors[0])
            return ExecutionResult(data=None, errors=error.errors)
        problem = check_variables(self._schema, operation, request.variables)
        if problem:
            await self._keep(body, problem)
            return ExecutionResult(data=None, errors=[problem])
        result = execute(
            self._schema,
            document,
            context_value=call,
            variable_values=dict(request.variables),
            operation_name=request.operation_name,
        )
        return await result if is_awaitable(result) else result  # type: ignore[return-value]

    async def _keep(self, body: bytes, problem: GraphQLError) -> None:
        found = errors.Violation("", problem.message, "INVALID_GRAPHQL")
        await self._keep_rejected(self._settings.tenant, body, errors.invalid_argument([found]))

    def _unauthenticated(self, call: Call) -> GraphQLError | None:
        if not self._tokens:
            return None
        given = call.headers.get("authorization", "")
        if not given:
            return problems.error("Authorization header missing", problems.UNAUTHENTICATED)
        scheme, _, token = given.partition(" ")
        given_token = token.strip().encode("latin-1", "replace")
        known = [hmac.compare_digest(given_token, each) for each in self._tokens]
        if scheme.lower() != "bearer" or not any(known):
            return problems.error("Access token is not valid", problems.UNAUTHENTICATED)
        return None


async def _now(value: Any) -> Any:
    return value


def _at_root_fields(error: GraphQLError, request: _Request) -> list[GraphQLError]:
    """The error once for each mutation, with its place, as SEEK gives it."""
    try:
        definitions = parse(request.document, max_tokens=MAX_TOKENS).definitions
    except (GraphQLError, RecursionError):
        return [error]
    fields = [
        field
        for each in definitions
        if isinstance(each, OperationDefinitionNode)
        for field in each.selection_set.selections
        if isinstance(field, FieldNode)
    ]
    return [
        GraphQLError(error.message, field, path=[(field.alias or field.name).value], extensions=error.extensions)
        for field in fields[:1]
    ] or [error]


def _read(body: bytes) -> _Request:
    try:
        value = plain_json.loads(body)
    except (ValueError, RecursionError):
        raise _NotServedError("The body is not JSON.") from None
    if not isinstance(value, dict) or not isinstance(value.get("query"), str):
        raise _NotServedError('The body must be a JSON object with the document as "query".')
    variables, name = value.get("variables"), value.get("operationName")
    if not isinstance(variables, dict | None):
        raise _NotServedError('"variables" must be an object.')
    if not isinstance(name, str | None):
        raise _NotServedError('"operationName" must be a string.')
    return _Request(value["query"], variables or {}, name)


def _failed(status: int, message: str) -> Answer:
    return _of(ExecutionResult(data=None, errors=[problems.error(message)]), status)


def _of(result: ExecutionResult, status: int = 200) -> Answer:
    shown: dict[str, Any] = {}
    if result.errors:
        shown["errors"] = [_shown(error) for error in result.errors]
    if result.data is not None:
        shown["data"] = result.data
    text = plain_json.dumps(shown, ensure_ascii=False, separators=(",", ":"))
    return Answer(status, JSON, text.encode(errors="replace"), _NO_STORE)


def _shown(error: GraphQLError) -> dict[str, Any]:
    if not error.extensions or "code" not in error.extensions:
        unexpected = error.original_error is not None and not isinstance(error.original_error, GraphQLError)
        code = problems.INTERNAL_SERVER_ERROR if unexpected else problems.BAD_USER_INPUT
        message = "Something unexpected went wrong; the server's log has details." if unexpected else error.message
        error = GraphQLError(message, error.nodes, path=error.path, extensions={"code": code})
    return dict(error.formatted)
