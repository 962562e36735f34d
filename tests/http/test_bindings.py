"""Every binding of every served method: over HTTP it gives what gRPC gives.

Both calls are made in surroundings of their own that look the same; names of these, times and numbers of operations
are the only differences there may be.
"""

from __future__ import annotations

import copy
import itertools
import json as plain_json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import grpc
import pytest
import requests
from google.longrunning import operations_proto_pb2  # noqa: F401  makes its service known
from google.protobuf import descriptor_pool, json_format, message_factory
from google.rpc import code_pb2

from generated.footfall.v1 import (  # noqa: F401
    event_log_service_pb2,
    insights_service_pb2,
    legacy_event_service_pb2,
    signal_service_pb2,
)
from service.doors.http.bindings import Binding, bindings
from service.doors.http.googles_own import without_ours
from service.doors.http.responses import HTTP_STATUS
from service.events import json, paths, versions
from service.rpc.method import Method, methods
from tests.http.examples import EXAMPLES, SET_UP, STREAMS
from tests.support.server import Server

SERVICES = [
    *(f"google.cloud.retail.{version}.{service}" for version in versions.RETAIL_VERSIONS
      for service in ("UserEventService", "ProductService")),
    *(f"google.cloud.talent.{version}.EventService" for version in versions.TALENT_VERSIONS),
    "footfall.v1.EventLogService",
    "footfall.v1.SignalService",
    "footfall.v1.LegacyEventService",
    "footfall.v1.InsightsService",
    "google.longrunning.Operations",
]  # fmt: skip
# What these change they put into no answer, so that they can all be called in the same surroundings.
HARMLESS = ("Get", "List", "Count", "WaitOperation", "CancelOperation")
_numbers = itertools.count(1)
_TIMES = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
_OPERATIONS = re.compile(r"(operations/[a-z-]+-)\d+")


def served() -> list[Method]:
    """Every served method, with nothing behind it."""
    pool = descriptor_pool.Default()
    return [method for name in SERVICES for method in methods(pool.FindServiceByName(name), object(), ())]


def _bindings() -> list[Any]:
    return [
        pytest.param(binding, id=f"{binding.http_method} {binding.template} ({binding.method.service})")
        for binding in bindings(served())
        if binding.method.name not in STREAMS
    ]


class Surroundings:
    """A catalog and a tenant with the same in them as any others."""

    def __init__(self, channel: grpc.Channel, project: str) -> None:
        self._channel = channel
        self.names = {
            "project": f"projects/{project}",
            "catalog": f"projects/{project}/locations/global/catalogs/c",
            "tenant": f"projects/{project}/tenants/t",
        }
        answers = [self.over_grpc(service, method, self.filled(request)) for service, method, request in SET_UP]
        for key, answer in zip(("operation", "branch_operation"), answers[-2:], strict=True):
            assert "name" in answer, answer
            self.names[key] = answer["name"]
            self.over_grpc("google.longrunning.Operations", "WaitOperation", {"name": answer["name"]})
        for key, service, method, parent in (
            ("user_event", "EventLogService", "ListUserEvents", "catalog"),
            ("client_event", "EventLogService", "ListClientEvents", "tenant"),
            ("signal", "SignalService", "ListSignals", "tenant"),
        ):
            listed = self.over_grpc(f"footfall.v1.{service}", method, {"parent": self.names[parent]})
            [[event]] = [value for value in listed.values() if isinstance(value, list)]
            self.names[key] = event["name"]

    def filled(self, value: Any) -> Any:
        """An example, with the names of these surroundings."""
        if isinstance(value, str):
            for name, text in self.names.items():
                value = value.replace(f"{{{name}}}", text)
        if isinstance(value, list):
            return [self.filled(item) for item in value]
        return {key: self.filled(item) for key, item in value.items()} if isinstance(value, dict) else value

    def fitted(self, binding: Binding, request: dict[str, Any]) -> dict[str, Any]:
        """An example whose names lead to the binding, and to something if there can be."""
        fitted = copy.deepcopy(self.filled(request))
        for variable, pattern in re.findall(r"\{([^=]+)=([^}]*)\}", binding.template):
            holder, last = _holder(fitted, variable)
            holder[last] = self._fitting(holder[last], pattern)
        return fitted

    def _fitting(self, name: str, pattern: str) -> str:
        form = re.compile(re.escape(pattern).replace(r"\*\*", ".+").replace(r"\*", "[^/]+"))
        for known in (name, self.names["operation"], self.names["branch_operation"]):
            if form.fullmatch(known):
                return known
        parts = name.split("/")
        ids = dict(zip(parts[::2], parts[1::2], strict=True))
        collections = pattern.split("/")[::2]
        return "/".join(f"{collection}/{ids.get(collection, 't')}" for collection in collections)

    def over_grpc(self, service: str, name: str, request: dict[str, Any], template: str = "/v1/") -> dict[str, Any]:
        """The answer, or the error in the shape that it has over HTTP, as JSON."""
        method = descriptor_pool.Default().FindServiceByName(service).FindMethodByName(name)
        message = json_format.ParseDict(request, message_factory.GetMessageClass(method.input_type)())
        try:
            wire = self._channel.unary_unary(f"/{service}/{name}")(message.SerializeToString(), timeout=60)
        except grpc.RpcError as error:
            trailers = dict(error.trailing_metadata())
            status = plain_json.loads(json.encode("google.rpc.Status", trailers["grpc-status-details-bin"]))
            code = code_pb2.Code.Name(status["code"])
            return {"error": {**status, "code": HTTP_STATUS[status["code"]], "status": code}}
        answer = without_ours(message_factory.GetMessageClass(method.output_type).FromString(wire), template)
        return plain_json.loads(json.encode(method.output_type.full_name, answer.SerializeToString()))

    def over_http(self, session: requests.Session, url: str, binding: Binding, request: dict[str, Any]) -> Any:
        """The same."""
        rest = copy.deepcopy(request)
        path = binding.template
        for variable in re.findall(r"\{([^=]+)=[^}]*\}", path):
            holder, last = _holder(rest, variable)
            path = re.sub(rf"\{{{re.escape(variable)}=[^}}]*\}}", quote(holder.pop(last)), path)
        body = rest if binding.body == "*" else rest.pop(paths.to_json(binding.body), None) if binding.body else None
        query = {"$alt": "json"} if binding.body == "*" else {"$alt": "json", **rest}
        query = {name: plain_json.dumps(value) if isinstance(value, bool) else value for name, value in query.items()}
        answer = session.request(binding.http_method, url + path, params=query, json=body, timeout=60)
        assert answer.headers["content-type"] == "application/json; charset=UTF-8"
        found = answer.json()
        if "error" in found and "details" in found["error"]:
            told = found["error"]["details"].pop()
            assert (told["@type"].rpartition(".")[2], told["requestId"]) == (
                "RequestInfo", answer.headers["x-request-id"]
            )  # fmt: skip
        return found

    def told_apart(self, value: Any) -> str:
        """`value` without what only these surroundings have."""
        text = plain_json.dumps(value, sort_keys=True)
        for name, own in sorted(self.names.items(), key=lambda item: -len(item[1])):
            text = text.replace(own, f"<{name}>")
        return _OPERATIONS.sub(r"\1N", _TIMES.sub("<time>", text))


def _holder(request: dict[str, Any], variable: str) -> tuple[dict[str, Any], str]:
    """What a field in the path is in, and its name there."""
    *parents, last = variable.split(".")
    for parent in parents:
        request = request[parent]
    return request, last


@pytest.fixture(scope="module")
def surroundings(channel: grpc.Channel) -> Callable[[str], tuple[Surroundings, Surroundings]]:
    """Two that look the same, for a method."""

    def make() -> tuple[Surroundings, Surroundings]:
        number = next(_numbers)
        return Surroundings(channel, f"grpc-{number}"), Surroundings(channel, f"http-{number}")

    shared = make()
    return lambda method: shared if method.startswith(HARMLESS) else make()


@pytest.fixture(scope="module")
def channel(server: Server) -> Iterator[grpc.Channel]:
    with server.channel() as channel:
        yield channel


@pytest.mark.parametrize("binding", _bindings())
def test_http_gives_what_grpc_gives(server: Server, surroundings, web: requests.Session, binding: Binding):
    one, other = surroundings(binding.method.name)
    example = EXAMPLES[binding.method.name]

    if "{parent=projects/*}/" in binding.template and "operations" not in binding.template:
        example = plain_json.loads(plain_json.dumps(example).replace("{tenant}", "{project}"))

    expected = one.over_grpc(
        binding.method.service, binding.method.name, one.fitted(binding, example), binding.template
    )
    found = other.over_http(web, server.http, binding, other.fitted(binding, example))

    assert other.told_apart(found) == one.told_apart(expected)
