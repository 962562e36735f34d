"""Which paths lead to which methods: the google.api.http annotations, as data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from google.api import annotations_pb2, http_pb2
from google.protobuf import descriptor_pool

from service.rpc.method import Method

_OPERATIONS: Final = "google.longrunning.Operations"
# Which paths the operations of an API have is said in its service configuration, not in an annotation.
_API_VERSIONS: Final = ("v1", "v2", "v2beta", "v2alpha", "v4", "v4beta1")
_CATALOG: Final = "projects/*/locations/*/catalogs/*"
_OPERATION_PARENTS: Final = (
    "projects/*",
    "projects/*/locations/*",
    _CATALOG,
    f"{_CATALOG}/branches/*",
    f"{_CATALOG}/branches/*/places/*",
    "projects/*/tenants/*",
)


class Binding(NamedTuple):
    """One way to call a method over HTTP.

    Attributes:
        method: The method.
        http_method: GET, POST, …
        template: The path, such as `/v2/{parent=projects/*/locations/*/catalogs/*}/userEvents:write`.
        body: The field that the body is; `*` for the request itself; empty: there is none.
        response_body: The field of the response that is answered; empty: all of it.
    """

    method: Method
    http_method: str
    template: str
    body: str
    response_body: str


def bindings(methods: Iterable[Method]) -> Iterator[Binding]:
    """Yields every binding of every method; methods without an annotation have none."""
    pool = descriptor_pool.Default()
    for method in methods:
        if method.service == _OPERATIONS:
            yield from _operation_bindings(method)
            continue
        descriptor = pool.FindServiceByName(method.service).FindMethodByName(method.name)
        rule: http_pb2.HttpRule = descriptor.GetOptions().Extensions[annotations_pb2.http]  # type: ignore[index]
        for each in (rule, *rule.additional_bindings):
            if each.WhichOneof("pattern"):
                yield _binding(method, each)


def _binding(method: Method, rule: http_pb2.HttpRule) -> Binding:
    kind = rule.WhichOneof("pattern")
    if kind == "custom":
        return Binding(method, rule.custom.kind, rule.custom.path, rule.body, rule.response_body)
    return Binding(method, str(kind).upper(), getattr(rule, str(kind)), rule.body, rule.response_body)


def _operation_bindings(method: Method) -> Iterator[Binding]:
    for version in _API_VERSIONS:
        for parent in _OPERATION_PARENTS:
            one = f"/{version}/{{name={parent}/operations/*}}"
            match method.name:
                case "GetOperation":
                    yield Binding(method, "GET", one, "", "")
                case "DeleteOperation":
                    yield Binding(method, "DELETE", one, "", "")
                case "CancelOperation":
                    yield Binding(method, "POST", f"{one}:cancel", "*", "")
                case "WaitOperation":
                    yield Binding(method, "POST", f"{one}:wait", "*", "")
                case "ListOperations":
                    yield Binding(method, "GET", f"/{version}/{{name={parent}}}/operations", "", "")
