"""The schema of `schema.graphql`, and what its fields do: they call the methods that gRPC calls."""

from __future__ import annotations

import json as plain_json
import re
from collections.abc import Mapping
from importlib import resources
from typing import Any, Final, cast

from graphql import GraphQLError, GraphQLResolveInfo, GraphQLSchema, assert_valid_schema, build_schema, get_named_type
from graphql.execution.values import get_variable_values
from graphql.language import OperationDefinitionNode
from graphql.utilities import type_from_ast, validate_input_value

from service.doors.graphql import problems
from service.doors.http.calls import Call
from service.events import json, signal
from service.events.errors import RpcError
from service.rpc.method import Method

SERVICE: Final = "footfall.v1.SignalService"
_SCHEME_IDS: Final = ("global", "globalPublicTest")
_MAX_ERRORS: Final = 100
_NAMED_FIELD: Final = re.compile(r" (required|unknown) field '(\w+)'")


def schema(methods: Mapping[str, Method], tenant: str) -> GraphQLSchema:
    """The executable schema; the context of an execution is the `Call`.

    Args:
        methods: SendSignal and SendSignals, by name.
        tenant: Whose signals they are.
    """
    made = build_schema(resources.files(__package__).joinpath("schema.graphql").read_text("utf-8"))
    assert_valid_schema(made)
    assert made.query_type is not None
    assert made.mutation_type is not None
    send, send_all = methods["SendSignal"], methods["SendSignals"]

    async def send_signal(_root: None, info: GraphQLResolveInfo[Call], **arguments: Any) -> bool:
        request = {"parent": tenant, "signal": arguments[problems.INPUT]}
        return await _called(send, request, info.context)

    async def send_signals(_root: None, info: GraphQLResolveInfo[Call], **arguments: Any) -> bool:
        request = {"parent": tenant, **arguments[problems.INPUT], "allOrNothing": True}
        return await _called(send_all, request, info.context)

    async def send_application_signal(_root: None, info: GraphQLResolveInfo[Call], **arguments: Any) -> bool:
        given = dict(arguments[problems.INPUT])
        for field, known in (("schemeId", _SCHEME_IDS), ("typeCode", (signal.APPLICATION_COMPLETE,))):
            if given[field] not in known:
                words = f"Must be {' or '.join(known)}"
                raise problems.of_inputs([([problems.INPUT, field], words, f"{words}.", "INVALID_VALUE")])
        del given["schemeId"]
        return await _called(send, {"parent": tenant, "signal": given}, info.context)

    made.query_type.fields["signalTypeCodes"].resolve = lambda _root, _info: signal.TYPE_CODES
    for name, resolver in (
        ("sendSignal", send_signal),
        ("sendSignals", send_signals),
        ("sendApplicationSignal", send_application_signal),
    ):
        made.mutation_type.fields[name].resolve = resolver
    return made


async def _called(method: Method, request: Mapping[str, Any], call: Call) -> bool:
    """Calls a method with a request in JSON.

    Raises:
        GraphQLError: It failed.
    """
    try:
        wire = json.decode(method.request_type.DESCRIPTOR.full_name, plain_json.dumps(request))
        await method.handler(method.request_type.FromString(wire), call)
    except json.JsonError as error:
        raise problems.of_violations(error.violations) from None
    except RpcError as error:
        raise problems.of_rpc(error) from error
    return True


def check_variables(
    made: GraphQLSchema, operation: OperationDefinitionNode, variables: Mapping[str, Any]
) -> GraphQLError | None:
    """What is wrong with the variables of a request, with the path to each that is; None: nothing."""
    found: list[tuple[list[str | int], str, str, str]] = []
    mutation = made.mutation_type
    assert mutation is not None
    inputs = {str(get_named_type(field.args[problems.INPUT].type)) for field in mutation.fields.values()}
    for definition in operation.variable_definitions or ():
        name = definition.variable.name.value
        expected = type_from_ast(made, definition.type)
        if name not in variables or expected is None:
            continue

        if str(get_named_type(expected)) in inputs:
            name, value = problems.INPUT, variables[name]
        else:
            value = variables[name]

        def add(error: GraphQLError, path: list[str | int], name: str = name) -> None:
            found.append(_input_error(error.message, [name, *path]))
            if len(found) == _MAX_ERRORS:
                raise _EnoughError

        try:
            validate_input_value(value, cast("Any", expected), add)
        except _EnoughError:
            break
    if found:
        return problems.of_inputs(found)
    coerced = get_variable_values(made, operation.variable_definitions or (), dict(variables), max_errors=_MAX_ERRORS)
    if isinstance(coerced, list):
        return problems.error(coerced[0].message)
    return None


class _EnoughError(Exception):
    """So much is wrong that the rest of the variables need not be looked at."""


def _input_error(message: str, path: list[str | int]) -> tuple[list[str | int], str, str, str]:
    named = _NAMED_FIELD.search(message)
    if named is None:
        return path, message, message, "INCORRECT_JSON_FORMAT"
    path = [*path, named[2]]
    if named[1] == "required":
        return path, "Is required", "It must be given.", "MISSING_FIELD"
    return path, "Is not known", "There is no such field; remove it.", "UNKNOWN_FIELD"
