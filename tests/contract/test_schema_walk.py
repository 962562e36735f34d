"""The walk that both sides of the comparison share: types and methods become flat facts, name -> properties.

Ours is read from `generated/descriptors.binpb` into a descriptor pool of its own, since the official packages register
the same type names.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from google.api import annotations_pb2
from google.longrunning import operations_proto_pb2
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor, MethodDescriptor

Facts = dict[str, dict[str, Any]]

ROOT = Path(__file__).resolve().parents[2]
DESCRIPTORS = ROOT / "generated/descriptors.binpb"
RETAIL_VERSIONS = ("v2", "v2beta", "v2alpha")

# Package -> service -> its module in the official packages.
PACKAGES = {
    f"google.cloud.retail.{version}": {
        "UserEventService": f"google.cloud.retail_{version}.services.user_event_service",
        "ProductService": f"google.cloud.retail_{version}.services.product_service",
    }
    for version in RETAIL_VERSIONS
} | {
    f"google.cloud.talent.{version}": {"EventService": f"google.cloud.talent_{version}.services.event_service"}
    for version in ("v4", "v4beta1")
}
# Google has no package for them any more: nothing to compare them with.
UNPUBLISHED = {"google.cloud.talent.v3", "google.cloud.talent.v3p1beta1"}

SCALARS = {
    number: name.removeprefix("TYPE_").lower() for name, number in descriptor_pb2.FieldDescriptorProto.Type.items()
}


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


def our_facts(files: descriptor_pb2.FileDescriptorSet, package: str) -> Facts:
    """Return the facts of one package of a descriptor set; its files are in the order of their imports."""
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.AddSerializedFile(file.SerializeToString())
    facts: Facts = {}
    for service in (pool.FindServiceByName(f"{package}.{name}") for name in PACKAGES[package]):
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
    return facts


def test_nothing_is_left_out() -> None:
    """Whatever stands in our files under one of Google's names is reached by the walk, and so compared."""
    files = read_descriptors()
    for package in PACKAGES:
        facts = our_facts(files, package)
        declared = {
            f"{package}.{declared.name}"
            for file in files.file
            if file.package == package
            for declared in (*file.message_type, *file.enum_type)
        }
        assert declared
        assert declared <= facts.keys()


def test_only_known_packages() -> None:
    packages = {file.package for file in read_descriptors().file if file.package.startswith("google.cloud.")}
    assert packages == PACKAGES.keys() | UNPUBLISHED


def test_facts() -> None:
    facts = our_facts(read_descriptors(), "google.cloud.retail.v2")
    assert facts["google.cloud.retail.v2.Product.type"]["json"] == "type"
    assert facts["google.cloud.retail.v2.CustomAttribute.searchable"]["optional"]
