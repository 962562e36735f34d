"""The schema of the official client packages, told by calling every method of every client on a channel that records.

It is walked in a process of its own (this file, run as a module): what the packages register would get in the way of
other tests.
"""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from typing import Any, Self

import grpc
import pytest
from google.protobuf.descriptor import Descriptor

from tests.contract.test_schema_walk import PACKAGES, ROOT, Facts, add_message


class RecordingChannel(grpc.Channel):
    """A gRPC channel that answers every call with an empty message and remembers the methods it was asked for."""

    def __init__(self) -> None:
        self.methods: dict[str, dict[str, Any]] = {}

    def _record(self, streaming: tuple[bool, bool], path: str, serializer: Any, deserializer: Any, *_: object) -> Any:
        request, response = getattr(serializer, "__self__", None), type(deserializer(b""))
        self.methods[path] = {"request": request, "response": response, "streaming": streaming}
        return EmptyReply(deserializer)

    def unary_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        return self._record((False, False), method, *args, *kwargs.values())

    def unary_stream(self, method: str, *args: Any, **kwargs: Any) -> Any:
        return self._record((False, True), method, *args, *kwargs.values())

    def stream_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        return self._record((True, False), method, *args, *kwargs.values())

    def stream_stream(self, method: str, *args: Any, **kwargs: Any) -> Any:
        return self._record((True, True), method, *args, *kwargs.values())

    def subscribe(self, callback: Any, try_to_connect: Any = False) -> None: ...
    def unsubscribe(self, callback: Any) -> None: ...
    def close(self) -> None: ...
    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...


class EmptyReply:
    """One method of the RecordingChannel."""

    def __init__(self, deserializer: Callable[[bytes], Any]) -> None:
        self._deserializer = deserializer

    def with_call(self, *_: object, **__: object) -> tuple[Any, EmptyReply]:
        return self._deserializer(b""), self

    def result(self) -> Any:
        return self._deserializer(b"")

    def trailing_metadata(self) -> tuple[()]:
        return ()


def descriptor_of(message: Any) -> Descriptor:
    """Return the descriptor of a message class, be it protobuf's or proto-plus'."""
    return message.DESCRIPTOR if hasattr(message, "DESCRIPTOR") else message.pb(message()).DESCRIPTOR


def snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def add_official_service(facts: Facts, service: str, module: str) -> None:
    """Add the methods of one official client and all that they lead to, by calling each with an empty request."""
    name = service.rpartition(".")[2]
    channel = RecordingChannel()
    transport = vars(importlib.import_module(f"{module}.transports.grpc"))[f"{name}GrpcTransport"](channel=channel)
    client = vars(importlib.import_module(module))[f"{name}Client"](transport=transport)
    rest = vars(importlib.import_module(f"{module}.transports.rest_base"))[f"_Base{name}RestTransport"]
    for method in (attribute.removeprefix("_Base") for attribute in vars(rest) if attribute.startswith("_Base")):
        reply = getattr(client, snake_case(method))(request={})
        called = channel.methods.get(f"/{service}/{method}")
        if called is None:
            continue  # of google.longrunning.Operations, which every client has
        types = {"request": descriptor_of(called["request"]), "response": descriptor_of(called["response"])}
        operation = {}
        if types["response"].full_name == "google.longrunning.Operation":
            operation = {
                "response": descriptor_of(reply._result_type),
                "metadata": descriptor_of(reply._metadata_type),
            }
        for message in (*types.values(), *operation.values()):
            add_message(facts, message)
        facts[f"{service}.{method}"] = {
            **{role: message.full_name for role, message in types.items()},
            "client_streaming": called["streaming"][0],
            "server_streaming": called["streaming"][1],
            "http": getattr(rest, f"_Base{method}")._get_http_options(),
            "operation": {role: message.full_name for role, message in operation.items()} or None,
        }


def print_official_facts() -> None:
    """Write the facts of the official packages, by package, to standard output, as JSON."""
    found: dict[str, Facts] = {package: {} for package in PACKAGES}
    for package, services in PACKAGES.items():
        for service, module in services.items():
            add_official_service(found[package], f"{package}.{service}", module)
    json.dump(found, sys.stdout)


@cache
def official_facts() -> dict[str, Facts]:
    """Return the facts of the official packages, by package."""
    command = [sys.executable, "-m", "tests.contract.test_schema_official"]
    child = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert child.returncode == 0, child.stderr
    return json.loads(child.stdout)


@pytest.mark.parametrize(
    ("package", "count"),
    [
        ("google.cloud.retail.v2", 5 + 12),
        ("google.cloud.retail.v2beta", 6 + 13),
        ("google.cloud.retail.v2alpha", 6 + 13),
        ("google.cloud.talent.v4", 1),
        ("google.cloud.talent.v4beta1", 1),
    ],
)
def test_reaches_every_method(package: str, count: int) -> None:
    """The walk is not empty by accident."""
    facts = official_facts()[package]
    assert sum("request" in fact for fact in facts.values()) == count


if __name__ == "__main__":
    print_official_facts()
