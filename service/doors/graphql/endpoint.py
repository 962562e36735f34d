"""What a POST to /graphql does: it executes a document."""

from __future__ import annotations

import hmac
import json as plain_json
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from graphql import ExecutionResult, FieldNode, GraphQLError, OperationDefinitionNode, execute
from graphql.pyutils import is_awaitable

from service.doors.graphql import problems
from service.doors.graphql.documents import DocumentError, Documents, operation_of, parse_document
from service.doors.graphql.pages import GraphQLSettings, KeepRejected
from service.doors.graphql.schema import SERVICE, check_variables, schema
from service.doors.http.calls import BodyTooLargeError, Call
from service.doors.http.responses import JSON, Answer
from service.events import errors
from service.rpc.method import Method

MAX_BODY_BYTES: Final = 2 * 2**20  # room for 100 signals with long labels
MAX_VALUES: Final = 25_000  # of variables; 100 signals of 100 positions each have half as many

_MANY: Final = f"Has more than {MAX_VALUES:,} values"
_TOO_MANY: Final = problems.of_inputs([([problems.INPUT], _MANY, f"{_MANY}; send fewer signals at once.", "TOO_MANY")])
# Of callers without a token; what is larger is not read, and its error has no place.
_LOCATED_BODY: Final = 64 * 2**10
_LOCATED_DOCUMENT: Final = 2_000  # characters, parsed in a few milliseconds
_NO_STORE: Final = (("cache-control", "no-store"),)


class _Request(NamedTuple):
    document: str
    variables: Mapping[str, Any]
    operation_name: str | None


class _NotServedError(Exception):
    """A body that is no GraphQL request."""


class Endpoint:
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
        """Answers a POST."""
        given = call.headers.get("content-type", "").partition(";")[0].strip().lower()
        if given != "application/json":
            return _failed(415, 'The body must be JSON, with the header "Content-Type: application/json".')
        try:
            body = await call.body(MAX_BODY_BYTES)
        except BodyTooLargeError:
            return _failed(413, f"The body may have at most {MAX_BODY_BYTES:,} bytes; send fewer signals at once.")
        return await self._answer(call, body)

    async def _answer(self, call: Call, body: bytes) -> Answer:
        refused = self._unauthenticated(call)
        if refused and len(body) > _LOCATED_BODY:
            return _of(ExecutionResult(data=None, errors=[refused]))
        try:
            request = _read(body)
        except _NotServedError as error:
            return _failed(400, str(error))
        if refused:
            return _of(ExecutionResult(data=None, errors=_at_first_field(refused, request)))
        return _of(await self._execute(request, call, body))

    async def _execute(self, request: _Request, call: Call, body: bytes) -> ExecutionResult:
        if _has_more_values(request.variables, MAX_VALUES):
            await self._keep(body, _TOO_MANY)
            return ExecutionResult(data=None, errors=[_TOO_MANY])
        try:
            document = await self._documents.read(request.document)
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


def _at_first_field(error: GraphQLError, request: _Request) -> list[GraphQLError]:
    """The error with its place, the first field of the document, as SEEK gives it; without one where that is long."""
    if len(request.document) > _LOCATED_DOCUMENT:
        return [error]
    try:
        definitions = parse_document(request.document).definitions
    except (GraphQLError, RecursionError):
        return [error]
    for each in definitions:
        first = each.selection_set.selections[0] if isinstance(each, OperationDefinitionNode) else None
        if isinstance(first, FieldNode):
            path = [(first.alias or first.name).value]
            return [GraphQLError(error.message, first, path=path, extensions=error.extensions)]
    return [error]


def _has_more_values(variables: Mapping[str, Any], limit: int) -> bool:
    """Whether there are more than `limit` values in all, those of lists and objects counted too, however deep."""
    count = 0
    waiting: list[Any] = [variables]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict | list):
            count += len(value)
            if count > limit:
                return True
            waiting.extend(value.values() if isinstance(value, dict) else value)
    return False


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
