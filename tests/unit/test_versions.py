"""The versions of the Retail API: their services, the names of their types, and that they are one schema."""

from __future__ import annotations

import pytest
from google.longrunning import operations_proto_pb2
from google.protobuf import any_pb2, descriptor_pool, timestamp_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from generated.footfall.v1 import event_log_service_pb2
from generated.google.cloud.retail.v2 import import_config_pb2, purge_config_pb2, user_event_pb2, user_event_service_pb2
from generated.google.cloud.retail.v2alpha import export_config_pb2 as export_config_v2alpha
from generated.google.cloud.retail.v2alpha import import_config_pb2 as import_config_v2alpha
from generated.google.cloud.retail.v2beta import export_config_pb2 as export_config_v2beta
from generated.google.cloud.retail.v2beta import import_config_pb2 as import_config_v2beta
from generated.google.cloud.retail.v2beta import user_event_pb2 as user_event_v2beta
from service.events import json, user_event, versions
from service.events.record import user_event_record

RETAIL = "google.cloud.retail"
SERVICES = ("UserEventService", "ProductService")
EVENT = user_event_pb2.UserEvent(
    event_type="add-to-cart",
    visitor_id="v1",
    event_time=timestamp_pb2.Timestamp(seconds=1_700_000_000, nanos=5_000),
    product_details=[
        user_event_pb2.ProductDetail(product={"id": "p1", "price_info": {"price": 19.99, "currency_code": "EUR"}}),
        user_event_pb2.ProductDetail(product={"id": "p2"}, quantity={"value": 2}, rating=4.5, promotion_id="sale"),
    ],
    attributes={"ab": {"text": ["x"]}, "a": {"numbers": [1.5]}},
    user_info={"user_id": "u1", "ip_address": "192.0.2.1"},
)


def messages() -> list[Descriptor]:
    """Every message at the top level of a file of v2."""
    pool = descriptor_pool.Default()
    found: dict[str, Descriptor] = {}
    files = [pool.FindFileContainingSymbol(f"{RETAIL}.v2.{service}") for service in SERVICES]
    while files:
        file = files.pop()
        if file.package == f"{RETAIL}.v2":
            files += file.dependencies
            found |= {message.full_name: message for message in file.message_types_by_name.values()}
    return list(found.values())


# Services.


@pytest.mark.parametrize("service", SERVICES)
def test_descriptors(service: str) -> None:
    found = versions.descriptors(service)
    assert tuple(found) == versions.RETAIL_VERSIONS == ("v2", "v2beta", "v2alpha")
    for version, descriptor in found.items():
        assert descriptor.full_name == f"{RETAIL}.{version}.{service}"
        for method in descriptor.methods:
            assert versions.version_of(method.full_name) == version
            assert versions.version_of(method.input_type.full_name) == version
    methods = {version: {method.name for method in descriptor.methods} for version, descriptor in found.items()}
    export = {"UserEventService": "ExportUserEvents", "ProductService": "ExportProducts"}[service]
    assert methods["v2beta"] == methods["v2alpha"] == methods["v2"] | {export}


def test_no_such_service() -> None:
    with pytest.raises(LookupError):
        versions.descriptors("SearchService")


# Names.


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("google.cloud.retail.v2.UserEvent", "v2"),
        ("google.cloud.retail.v2beta.OutputConfig.GcsDestination", "v2beta"),
        ("google.cloud.retail.v2alpha.UserEventService.WriteUserEvent", "v2alpha"),
        ("google.cloud.retail.v2", None),
        ("google.cloud.retail.v2.", None),
        ("google.cloud.retail.v3.UserEvent", None),
        ("google.cloud.retail.v2betaX.UserEvent", None),
        ("google.cloud.retailer.v2.UserEvent", None),
        ("my.google.cloud.retail.v2.UserEvent", None),
        ("google.cloud.talent.v4.ClientEvent", None),
        ("", None),
    ],
)
def test_version_of(name: str, version: str | None) -> None:
    assert versions.version_of(name) == version


@pytest.mark.parametrize("version", versions.RETAIL_VERSIONS)
def test_request_version(version: str) -> None:
    request = versions.message_class(f"{RETAIL}.v2.ImportUserEventsRequest", version)()
    assert request.DESCRIPTOR.full_name == f"{RETAIL}.{version}.ImportUserEventsRequest"
    assert versions.request_version(request) == version


def test_request_of_a_service_without_versions() -> None:
    assert versions.request_version(event_log_service_pb2.UploadUserEventsRequest()) == "v2"


@pytest.mark.parametrize("source", versions.RETAIL_VERSIONS)
@pytest.mark.parametrize("target", versions.RETAIL_VERSIONS)
def test_type_name(source: str, target: str) -> None:
    assert versions.type_name(f"{RETAIL}.{source}.ImportMetadata", target) == f"{RETAIL}.{target}.ImportMetadata"
    nested = "PriceInfo.PriceRange"
    assert versions.type_name(f"{RETAIL}.{source}.{nested}", target) == f"{RETAIL}.{target}.{nested}"


@pytest.mark.parametrize(
    "name", ["google.rpc.Status", "footfall.v1.StoredUserEvent", "google.cloud.talent.v4.ClientEvent", "no.such.Type"]
)
def test_other_types_keep_their_name(name: str) -> None:
    assert versions.type_name(name, "v2beta") == name


@pytest.mark.parametrize(
    ("name", "version"),
    [
        (f"{RETAIL}.v2beta.ExportMetadata", "v2"),
        (f"{RETAIL}.v2alpha.TransformedUserEventsMetadata", "v2beta"),
        (f"{RETAIL}.v2.NoSuchMessage", "v2alpha"),
        (f"{RETAIL}.v2.UserEvent", "v3"),
    ],
)
def test_type_that_a_version_lacks(name: str, version: str) -> None:
    for call in (versions.type_name, versions.type_url, versions.message_class):
        with pytest.raises(LookupError, match=f"there is no message {RETAIL}"):
            call(name, version)


# Packing.


@pytest.mark.parametrize(
    ("version", "metadata_type", "response_type"),
    [
        ("v2", import_config_pb2.ImportMetadata, import_config_pb2.ImportUserEventsResponse),
        ("v2beta", import_config_v2beta.ImportMetadata, import_config_v2beta.ImportUserEventsResponse),
        ("v2alpha", import_config_v2alpha.ImportMetadata, import_config_v2alpha.ImportUserEventsResponse),
    ],
)
def test_operation(version: str, metadata_type: type[Message], response_type: type[Message]) -> None:
    """Packed from v2's messages, an operation is what the version's own classes unpack; errors in it stay."""
    sample = status_pb2.Status(code=3, message="bad")
    sample.details.add().Pack(error_details_pb2.ErrorInfo(reason="MISSING_FIELD"))
    response = import_config_pb2.ImportUserEventsResponse(
        error_samples=[sample], import_summary={"joined_events_count": 3}
    )
    operation = operations_proto_pb2.Operation(name="operations/1", done=True)
    versions.pack(operation.metadata, import_config_pb2.ImportMetadata(success_count=3, failure_count=1), version)
    versions.pack(operation.response, response, version)
    assert operation.metadata.type_url == f"type.googleapis.com/{RETAIL}.{version}.ImportMetadata"
    metadata, result = metadata_type(), response_type()
    assert operation.metadata.Unpack(metadata)
    assert operation.response.Unpack(result)
    assert (metadata.success_count, metadata.failure_count) == (3, 1)
    assert result.import_summary.joined_events_count == 3
    detail = error_details_pb2.ErrorInfo()
    assert result.error_samples[0].details[0].Unpack(detail)
    assert detail.reason == "MISSING_FIELD"


def test_stored_response_needs_no_parsing() -> None:
    stored = import_config_pb2.ImportUserEventsResponse(import_summary={"unjoined_events_count": 2}).SerializeToString()
    url = versions.type_url("google.cloud.retail.v2.ImportUserEventsResponse", "v2alpha")
    result = import_config_v2alpha.ImportUserEventsResponse()
    assert any_pb2.Any(type_url=url, value=stored).Unpack(result)
    assert result.import_summary.unjoined_events_count == 2


def test_export_is_packed_for_both_that_have_it() -> None:
    metadata = export_config_v2beta.ExportMetadata(exported_events_count=7)
    operation = operations_proto_pb2.Operation()
    versions.pack(operation.metadata, metadata, "v2alpha")
    shown = export_config_v2alpha.ExportMetadata()
    assert operation.metadata.Unpack(shown)
    assert shown.exported_events_count == 7
    with pytest.raises(LookupError, match=r"there is no message google\.cloud\.retail\.v2\.ExportMetadata"):
        versions.pack(operation.metadata, metadata, "v2")


@pytest.mark.parametrize("version", versions.RETAIL_VERSIONS)
def test_operation_as_json(version: str) -> None:
    operation = operations_proto_pb2.Operation(name="operations/1")
    versions.pack(operation.metadata, purge_config_pb2.PurgeMetadata(matched_events_count=5), version)
    text = json.encode("google.longrunning.Operation", operation.SerializeToString())
    assert f'"@type":"type.googleapis.com/{RETAIL}.{version}.PurgeMetadata"' in text.replace(" ", "")
    assert '"matchedEventsCount":"5"' in text.replace(" ", "")


# One schema.


def shape(field: FieldDescriptor) -> tuple[object, ...]:
    """What must be the same in all versions, types by the name they have in v2."""
    named = field.message_type or field.enum_type
    name = named.full_name if named is not None else ""
    version = versions.version_of(name)
    if version is not None:
        name = name.replace(f"{RETAIL}.{version}.", f"{RETAIL}.v2.")
    return field.number, field.name, field.type, name, field.is_repeated, field.has_presence


@pytest.mark.parametrize("version", versions.RETAIL_VERSIONS[1:])
def test_every_version_has_all_of_v2(version: str) -> None:
    """So a message of v2, our own fields included, may cross as one of any other version."""
    pending, seen = messages(), 0
    assert len(pending) > 50
    while pending:
        message = pending.pop()
        other = versions.message_class(message.full_name, version).DESCRIPTOR
        assert {shape(field) for field in message.fields} <= {shape(field) for field in other.fields}, message.full_name
        pending += [each for each in message.nested_types if not each.GetOptions().map_entry]
        seen += len(message.fields)
    assert seen > 150


def test_v2alpha_has_all_of_v2beta() -> None:
    for message in export_config_v2beta.DESCRIPTOR.message_types_by_name.values():
        other = versions.message_class(message.full_name, "v2alpha").DESCRIPTOR
        assert {shape(field) for field in message.fields} == {shape(field) for field in other.fields}


@pytest.mark.parametrize("version", versions.RETAIL_VERSIONS)
def test_one_implementation_takes_every_version(version: str) -> None:
    """Rules, normal form and identity of an event are the same, whichever version's class its request is of."""
    sent = user_event_service_pb2.WriteUserEventRequest(parent="c", user_event=EVENT).SerializeToString()
    request = versions.message_class(f"{RETAIL}.v2.WriteUserEventRequest", version).FromString(sent)
    event = request.user_event
    assert event.DESCRIPTOR.full_name == f"{RETAIL}.{version}.UserEvent"
    assert user_event.check(event, user_event.UserEventRules()) == []
    user_event.normalise(event)
    expected = user_event_pb2.UserEvent()
    expected.CopyFrom(EVENT)
    user_event.normalise(expected)
    salt = bytes(16)
    assert user_event_record(event, 1, salt) == user_event_record(expected, 1, salt)
    event.visitor_id, event.product_details[0].product.id = "", ""
    fields = [violation.field for violation in user_event.check(event, user_event.UserEventRules())]
    assert fields == ["visitor_id", "product_details[0].product.id"]


# Conversion.


def test_convert() -> None:
    other = versions.convert(EVENT, user_event_v2beta.UserEvent)
    assert isinstance(other, user_event_v2beta.UserEvent)
    assert other.product_details[1].rating == 4.5
    assert versions.convert(other, user_event_pb2.UserEvent) == EVENT
    assert versions.convert(EVENT, user_event_pb2.UserEvent) is EVENT


def test_convert_keeps_what_the_other_version_does_not_know() -> None:
    request = import_config_v2alpha.ImportProductsRequest(parent="b", skip_default_branch_protection=True)
    between = versions.convert(request, import_config_pb2.ImportProductsRequest)
    assert between.parent == "b"
    assert versions.convert(between, import_config_v2alpha.ImportProductsRequest) == request


@pytest.mark.parametrize(
    "message", [import_config_pb2.ImportMetadata(), timestamp_pb2.Timestamp(), user_event_v2beta.ProductDetail()]
)
def test_convert_takes_only_the_same_message(message: Message) -> None:
    with pytest.raises(TypeError, match="is no other version of"):
        versions.convert(message, user_event_pb2.UserEvent)
