"""The comparison with Google's schema finds what it is for: each change of the contract is reported."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from google.api import annotations_pb2
from google.longrunning import operations_proto_pb2
from google.protobuf import descriptor_pb2

from tests.contract.test_schema import differences
from tests.contract.test_schema_official import official_facts
from tests.contract.test_schema_walk import our_facts, read_descriptors

RETAIL = "google.cloud.retail.v2"
Change = Callable[[descriptor_pb2.FileDescriptorSet], None]


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
    """Return a method of v2's UserEventService."""
    services = [service for file in files.file if file.package == RETAIL for service in file.service]
    return next(method for service in services for method in service.method if method.name == name)


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
            if file.package == RETAIL and service.name == "UserEventService":
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
def test_a_change_is_reported(change: Change, reported: str) -> None:
    files = read_descriptors()
    change(files)
    found = differences(RETAIL, our_facts(files, RETAIL), official_facts()[RETAIL])
    assert any(line.startswith(reported) for line in found), found
