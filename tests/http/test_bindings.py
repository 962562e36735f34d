"""Every binding of every served method: over HTTP it gives what gRPC gives.

Both calls are made in surroundings of their own that look the same; names of these, times and numbers of operations
are the only differences there may be.
"""

from __future__ import annotations

import copy
import itertools
import json as plain_json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import grpc
import pytest
import requests
from google.longrunning import operations_proto_pb2  # noqa: F401  makes its service known
from google.protobuf import descriptor_pool, json_format, message_factory
from google.rpc import code_pb2

from generated.footfall.v1 import event_log_service_pb2, insights_service_pb2, signal_service_pb2  # noqa: F401
from generated.google.cloud.talent.v4 import event_service_pb2  # noqa: F401
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
    "google.cloud.talent.v4.EventService",
    "footfall.v1.EventLogService",
    "footfall.v1.InsightsService",
    "footfall.v1.SignalService",
    "google.longrunning.Operations",
]  # fmt: skip
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
            "catalog": f"projects/{project}/locations/global/catalogs/c",
            "tenant": f"projects/{project}/tenants/t",
        }
        answers = [self.over_grpc(service, method, self.filled(request)) for service, method, request in SET_UP]
        self.names["operation"] = answers[-1]["name"]
        self.over_grpc("google.longrunning.Operations", "WaitOperation", {"name": self.names["operation"]})
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
            holder = rest
            *parents, last = variable.split(".")
            for parent in parents:
                holder = holder[parent]
            path = re.sub(rf"\{{{re.escape(variable)}=[^}}]*\}}", quote(holder.pop(last)), path)
        body = rest if binding.body == "*" else rest.pop(paths.to_json(binding.body), None) if binding.body else None
        query = {"$alt": "json"} if binding.body == "*" else {"$alt": "json", **rest}
        query = {name: plain_json.dumps(value) if isinstance(value, bool) else value for name, value in query.items()}
        answer = session.request(binding.http_method, url + path, params=query, json=body, timeout=60)
        assert answer.headers["content-type"] == "application/json; charset=UTF-8"
        return answer.json()

    def told_apart(self, value: Any) -> str:
        """`value` without what only these surroundings have."""
        text = plain_json.dumps(value, sort_keys=True)
        for name, own in sorted(self.names.items(), key=lambda item: -len(item[1])):
            text = text.replace(own, f"<{name}>")
        return _OPERATIONS.sub(r"\1N", _TIMES.sub("<time>", text))


@pytest.fixture(scope="module")
def channel(server: Server) -> Iterator[grpc.Channel]:
    with server.channel() as channel:
        yield channel


@pytest.mark.parametrize("binding", _bindings())
def test_http_gives_what_grpc_gives(server: Server, channel: grpc.Channel, web: requests.Session, binding: Binding):
    number = next(_numbers)
    one, other = (Surroundings(channel, f"{kind}-{number}") for kind in ("grpc", "http"))
    example = EXAMPLES[binding.method.name]
    if "{tenant}" in binding.template.replace("projects/*/tenants/*", "{tenant}"):
        example = plain_json.loads(plain_json.dumps(example).replace("{catalog}", "{tenant}"))

    expected = one.over_grpc(binding.method.service, binding.method.name, one.filled(example), binding.template)
    found = other.over_http(web, server.http, binding, other.filled(example))

    assert other.told_apart(found) == one.told_apart(expected)
