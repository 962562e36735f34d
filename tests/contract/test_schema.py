"""Our contract against Google's: the types, methods and HTTP bindings of the official client packages.

Both sides are walked from the same services and become flat facts, name -> properties, that are compared as they are.
The official packages register the same type names as `generated`, so their side is walked in a process of its own
(this file, run as a script), and ours is read from `generated/descriptors.binpb` into a pool of its own.
"""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import grpc
import pytest
from google.api import annotations_pb2
from google.longrunning import operations_proto_pb2
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor, MethodDescriptor

Facts = dict[str, dict[str, Any]]

ROOT = Path(__file__).resolve().parents[2]
DESCRIPTORS = ROOT / "generated/descriptors.binpb"

# Service -> its module in the official packages.
SERVICES = {
    "google.cloud.retail.v2.UserEventService": "google.cloud.retail_v2.services.user_event_service",
    "google.cloud.retail.v2.ProductService": "google.cloud.retail_v2.services.product_service",
    "google.cloud.talent.v4.EventService": "google.cloud.talent_v4.services.event_service",
}

# Messages that v2 has and only the export method of v2beta uses.
EXPORT = {
    f"google.cloud.retail.v2.{name}": "google.cloud.retail_v2.types"
    for name in ("ExportErrorsConfig", "ExportMetadata", "OutputConfig", "OutputResult")
}

# The only fields that we have and Google has not: number, type, JSON name.
EXTRAS = {
    "google.cloud.retail.v2.ProductDetail.rating": (1001, "float", "rating"),
    "google.cloud.retail.v2.ProductDetail.value": (1002, "google.type.Money", "value"),
    "google.cloud.retail.v2.ProductDetail.cost": (1003, "google.type.Money", "cost"),
    "google.cloud.retail.v2.ProductDetail.promotion_id": (1004, "string", "promotionId"),
    "google.cloud.retail.v2.PurchaseTransaction.transaction_attributes": (
        1001,
        "map<string, google.cloud.retail.v2.CustomAttribute>",
        "transactionAttributes",
    ),
    "google.cloud.retail.v2.RejoinUserEventsRequest.rejoin_type": (
        1001,
        "google.cloud.retail.v2.RejoinUserEventsRequest.UserEventRejoinScope",
        "rejoinType",
    ),
    "google.cloud.talent.v4.JobEvent.profile": (1001, "string", "profile"),
}
FIRST_EXTRA = 1001

SCALARS = {
    number: name.removeprefix("TYPE_").lower() for name, number in descriptor_pb2.FieldDescriptorProto.Type.items()
}


# Types: the same walk for both sides.


def type_of(field: FieldDescriptor) -> str:
    """Return the type as a .proto file would say it, with full names."""
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        entry = field.message_type.fields_by_name
        return f"map<{type_of(entry['key'])}, {type_of(entry['value'])}>"
    named = field.message_type or field.enum_type
    return named.full_name if named is not None else SCALARS[field.type]


def field_fact(field: FieldDescriptor) -> dict[str, Any]:
    """Return what makes a field the same on the wire, in JSON and in generated code."""
    oneof = field.containing_oneof
    synthetic = oneof is not None and len(oneof.fields) == 1 and oneof.name == f"_{field.name}"
    return {
        "number": field.number,
        "type": type_of(field),
        "repeated": field.is_repeated,
        "packed": field.is_packed,
        "optional": synthetic,
        "oneof": oneof.name if oneof is not None and not synthetic else None,
        "json": field.json_name,
    }


def add_enum(facts: Facts, enum: EnumDescriptor) -> None:
    """Add an enum: its values and their numbers."""
    facts[enum.full_name] = {"enum": {value.name: value.number for value in enum.values}}


def add_message(facts: Facts, message: Descriptor) -> None:
    """Add a message, what is declared in it, and every type of Google Cloud that its fields lead to.

    The official packages append "_" to a name that is a Python builtin; the JSON name is not touched by that.
    """
    if message.full_name in facts or not message.full_name.startswith("google.cloud."):
        return
    facts[message.full_name] = {"message": True}
    for enum in message.enum_types:
        add_enum(facts, enum)
    for nested in message.nested_types:
        if not nested.GetOptions().map_entry:
            add_message(facts, nested)
    for field in message.fields:
        facts[f"{message.full_name}.{field.name.removesuffix('_')}"] = field_fact(field)
        for target in types_of(field):
            if isinstance(target, EnumDescriptor):
                add_enum(facts, target)
            else:
                add_message(facts, target)


def types_of(field: FieldDescriptor) -> Iterator[Descriptor | EnumDescriptor]:
    """Yield the messages and enums that a field leads to, those behind a map's entry instead of the entry."""
    if field.enum_type is not None:
        yield field.enum_type
    elif field.message_type is not None and field.message_type.GetOptions().map_entry:
        yield from types_of(field.message_type.fields_by_name["value"])
    elif field.message_type is not None:
        yield field.message_type


# Our side.


def http_bindings(method: MethodDescriptor) -> list[dict[str, str]]:
    """Return the HTTP bindings of a method, the main one first."""
    options = descriptor_pb2.MethodOptions.FromString(method.GetOptions().SerializeToString())
    rule = options.Extensions[annotations_pb2.http]
    return [
        {"method": binding.WhichOneof("pattern"), "uri": getattr(binding, binding.WhichOneof("pattern"))}
        | ({"body": binding.body} if binding.body else {})
        for binding in (rule, *rule.additional_bindings)
    ]


def operation_types(method: MethodDescriptor) -> dict[str, str] | None:
    """Return the types of a method's operation by full name; None for a method that returns no operation."""
    options = descriptor_pb2.MethodOptions.FromString(method.GetOptions().SerializeToString())
    if not options.HasExtension(operations_proto_pb2.operation_info):
        return None
    info = options.Extensions[operations_proto_pb2.operation_info]
    return {"response": info.response_type, "metadata": info.metadata_type}


def read_descriptors() -> descriptor_pb2.FileDescriptorSet:
    """Read the descriptor set of the contract."""
    return descriptor_pb2.FileDescriptorSet.FromString(DESCRIPTORS.read_bytes())


def our_facts(files: descriptor_pb2.FileDescriptorSet) -> Facts:
    """Return the facts of a descriptor set; its files are in the order of their imports."""
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.AddSerializedFile(file.SerializeToString())
    facts: Facts = {}
    for service in map(pool.FindServiceByName, SERVICES):
        for method in service.methods:
            operation = operation_types(method)
            facts[method.full_name] = {
                "request": method.input_type.full_name,
                "response": method.output_type.full_name,
                "client_streaming": method.client_streaming,
                "server_streaming": method.server_streaming,
                "http": http_bindings(method),
                "operation": operation,
            }
            for root in (method.input_type, method.output_type):
                add_message(facts, root)
            for name in (operation or {}).values():
                add_message(facts, pool.FindMessageTypeByName(name))
    for name in EXPORT:
        add_message(facts, pool.FindMessageTypeByName(name))
    return facts


# The official side.


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
    """Write the facts of the official packages to standard output, as JSON."""
    facts: Facts = {}
    for service, module in SERVICES.items():
        add_official_service(facts, service, module)
    for name, module in EXPORT.items():
        add_message(facts, descriptor_of(getattr(importlib.import_module(module), name.rpartition(".")[2])))
    json.dump(facts, sys.stdout)


# The comparison.


def is_extra(fact: dict[str, Any]) -> bool:
    return fact.get("number", 0) >= FIRST_EXTRA


def differences(ours: Facts, official: Facts) -> list[str]:
    """Return every difference, one line each, but for our own fields."""
    lines = [f"{name}: missing" for name in official.keys() - ours.keys()]
    lines += [f"{name}: Google has no such thing" for name in ours.keys() - official.keys() if not is_extra(ours[name])]
    for name in ours.keys() & official.keys():
        lines += [
            f"{name}: {key} is {ours[name].get(key)!r}, Google's is {official[name].get(key)!r}"
            for key in ours[name].keys() | official[name].keys()
            if ours[name].get(key) != official[name].get(key)
        ]
    return sorted(lines)


@pytest.fixture(scope="module")
def official() -> Facts:
    child = subprocess.run([sys.executable, __file__], cwd=ROOT, capture_output=True, text=True, check=False)
    assert child.returncode == 0, child.stderr
    return json.loads(child.stdout)


def test_same_as_google(official: Facts) -> None:
    found = differences(our_facts(read_descriptors()), official)
    assert not found, "\n".join(["protos/ differs from the official packages:", *found])


def test_walk_reaches_everything(official: Facts) -> None:
    """The walk is not empty by accident, and nothing of Google's stands in our files without being compared."""
    methods = {name.rpartition(".")[2] for name, fact in official.items() if "request" in fact}
    assert {"WriteUserEvent", "CollectUserEvent", "SetInventory", "CreateClientEvent"} <= methods
    assert len(methods) == 5 + 12 + 1
    declared = {
        f"{file.package}.{message.name}"
        for file in read_descriptors().file
        if file.package.startswith("google.cloud.")
        for message in (*file.message_type, *file.enum_type)
    }
    assert declared == {name for name in declared if name in official}
    assert official["google.cloud.retail.v2.Product.type"]["json"] == "type"
    assert official["google.cloud.retail.v2.CustomAttribute.searchable"]["optional"]


def test_our_own_fields() -> None:
    facts = our_facts(read_descriptors())
    extras = {name: fact for name, fact in facts.items() if is_extra(fact)}
    assert {name: (fact["number"], fact["type"], fact["json"]) for name, fact in extras.items()} == EXTRAS
    assert not [name for name, fact in extras.items() if fact["oneof"] or fact["optional"]]


# The comparison finds what it is for: each change of the contract is reported.


def message_proto(files: descriptor_pb2.FileDescriptorSet, name: str) -> descriptor_pb2.DescriptorProto:
    """Return a top-level message of a descriptor set."""
    return next(
        message for file in files.file for message in file.message_type if f"{file.package}.{message.name}" == name
    )


def field_proto(files: descriptor_pb2.FileDescriptorSet, name: str) -> descriptor_pb2.FieldDescriptorProto:
    """Return a field of a top-level message."""
    owner, _, field = name.rpartition(".")
    return next(candidate for candidate in message_proto(files, owner).field if candidate.name == field)


def method_proto(files: descriptor_pb2.FileDescriptorSet, name: str) -> descriptor_pb2.MethodDescriptorProto:
    """Return a method of a user event service."""
    services = [service for file in files.file for service in file.service if service.name == "UserEventService"]
    return next(method for method in services[0].method if method.name == name)


RETAIL = "google.cloud.retail.v2"
Change = Callable[[descriptor_pb2.FileDescriptorSet], None]


def number(files: descriptor_pb2.FileDescriptorSet) -> None:
    field_proto(files, f"{RETAIL}.UserEvent.cart_id").number = 24


def field_type(files: descriptor_pb2.FileDescriptorSet) -> None:
    field_proto(files, f"{RETAIL}.UserEvent.offset").type = descriptor_pb2.FieldDescriptorProto.TYPE_INT64


def label(files: descriptor_pb2.FileDescriptorSet) -> None:
    field_proto(files, f"{RETAIL}.Product.tags").label = descriptor_pb2.FieldDescriptorProto.LABEL_OPTIONAL


def json_name(files: descriptor_pb2.FileDescriptorSet) -> None:
    field_proto(files, f"{RETAIL}.UserInfo.user_id").json_name = "userID"


def dropped_field(files: descriptor_pb2.FileDescriptorSet) -> None:
    message = message_proto(files, f"{RETAIL}.UserEvent")
    message.field.remove(field_proto(files, f"{RETAIL}.UserEvent.entity"))


def added_field(files: descriptor_pb2.FileDescriptorSet) -> None:
    message_proto(files, f"{RETAIL}.UserEvent").field.add(name="panel", number=24, type=9, label=1, json_name="panel")


def oneof(files: descriptor_pb2.FileDescriptorSet) -> None:
    message_proto(files, f"{RETAIL}.GcsSource").oneof_decl.add(name="place")
    field_proto(files, f"{RETAIL}.GcsSource.data_schema").oneof_index = 0


def optional(files: descriptor_pb2.FileDescriptorSet) -> None:
    message = message_proto(files, f"{RETAIL}.ImportMetadata")
    message.oneof_decl.add(name="_request_id")
    field = field_proto(files, f"{RETAIL}.ImportMetadata.request_id")
    field.oneof_index, field.proto3_optional = 0, True


def map_value(files: descriptor_pb2.FileDescriptorSet) -> None:
    entry = message_proto(files, f"{RETAIL}.UserEvent").nested_type[0]
    entry.field[1].type_name = f".{RETAIL}.UserInfo"


def enum_value(files: descriptor_pb2.FileDescriptorSet) -> None:
    message_proto(files, f"{RETAIL}.Product").enum_type[0].value[2].number = 9


def path(files: descriptor_pb2.FileDescriptorSet) -> None:
    rule = method_proto(files, "WriteUserEvent").options.Extensions[annotations_pb2.http]
    rule.post = rule.post.replace("userEvents", "events")


def verb(files: descriptor_pb2.FileDescriptorSet) -> None:
    rule = method_proto(files, "PurgeUserEvents").options.Extensions[annotations_pb2.http]
    rule.put = rule.post


def body(files: descriptor_pb2.FileDescriptorSet) -> None:
    method_proto(files, "WriteUserEvent").options.Extensions[annotations_pb2.http].body = "*"


def additional_binding(files: descriptor_pb2.FileDescriptorSet) -> None:
    del method_proto(files, "CollectUserEvent").options.Extensions[annotations_pb2.http].additional_bindings[:]


def request_type(files: descriptor_pb2.FileDescriptorSet) -> None:
    method_proto(files, "WriteUserEvent").input_type = f".{RETAIL}.CollectUserEventRequest"


def streaming(files: descriptor_pb2.FileDescriptorSet) -> None:
    method_proto(files, "WriteUserEvent").client_streaming = True


def operation_metadata(files: descriptor_pb2.FileDescriptorSet) -> None:
    info = method_proto(files, "PurgeUserEvents").options.Extensions[operations_proto_pb2.operation_info]
    info.metadata_type = f"{RETAIL}.ImportMetadata"


def dropped_method(files: descriptor_pb2.FileDescriptorSet) -> None:
    for file in files.file:
        for service in file.service:
            if service.name == "UserEventService":
                service.method.remove(method_proto(files, "RejoinUserEvents"))


@pytest.mark.parametrize(
    ("change", "reported"),
    [
        (number, f"{RETAIL}.UserEvent.cart_id: number is 24, Google's is 8"),
        (field_type, f"{RETAIL}.UserEvent.offset: type is 'int64', Google's is 'int32'"),
        (label, f"{RETAIL}.Product.tags: repeated is False, Google's is True"),
        (json_name, f"{RETAIL}.UserInfo.user_id: json is 'userID', Google's is 'userId'"),
        (dropped_field, f"{RETAIL}.UserEvent.entity: missing"),
        (added_field, f"{RETAIL}.UserEvent.panel: Google has no such thing"),
        (oneof, f"{RETAIL}.GcsSource.data_schema: oneof is 'place', Google's is None"),
        (optional, f"{RETAIL}.ImportMetadata.request_id: optional is True, Google's is False"),
        (map_value, f"{RETAIL}.UserEvent.attributes: type is 'map<string, {RETAIL}.UserInfo>', Google's is"),
        (enum_value, f"{RETAIL}.Product.Type: enum is"),
        (path, f"{RETAIL}.UserEventService.WriteUserEvent: http is"),
        (verb, f"{RETAIL}.UserEventService.PurgeUserEvents: http is [{{'method': 'put',"),
        (body, f"{RETAIL}.UserEventService.WriteUserEvent: http is"),
        (additional_binding, f"{RETAIL}.UserEventService.CollectUserEvent: http is"),
        (request_type, f"{RETAIL}.UserEventService.WriteUserEvent: request is '{RETAIL}.CollectUserEventRequest'"),
        (streaming, f"{RETAIL}.UserEventService.WriteUserEvent: client_streaming is True, Google's is False"),
        (operation_metadata, f"{RETAIL}.UserEventService.PurgeUserEvents: operation is"),
        (dropped_method, f"{RETAIL}.UserEventService.RejoinUserEvents: missing"),
    ],
)
def test_a_change_is_reported(official: Facts, change: Change, reported: str) -> None:
    files = read_descriptors()
    change(files)
    found = differences(our_facts(files), official)
    assert any(line.startswith(reported) for line in found), found


if __name__ == "__main__":
    print_official_facts()
