"""From the wire to JSON: digits, enums, what has no form in JSON, and messages within google.protobuf.Any."""

from __future__ import annotations

import json as standard_json
from base64 import b64encode

import pytest
from google.longrunning import operations_proto_pb2
from google.protobuf import empty_pb2, struct_pb2, timestamp_pb2
from google.rpc import error_details_pb2, status_pb2
from hypothesis import given, settings
from hypothesis import strategies as st

from generated.google.cloud.retail.v2.import_config_pb2 import ImportMetadata
from generated.google.cloud.retail.v2.product_pb2 import Product
from generated.google.cloud.retail.v2.user_event_pb2 import UserEvent
from generated.google.cloud.talent.v4.event_pb2 import ClientEvent
from service.events import json
from service.events.json import JsonError
from tests.unit.strategies import messages

NAME = UserEvent.DESCRIPTOR.full_name
PRODUCT = Product.DESCRIPTOR.full_name
OPERATION = "google.longrunning.Operation"
WITHOUT_FORM = Product(type=Product.Type.PRIMARY, expire_time=timestamp_pb2.Timestamp(nanos=-1))


@pytest.mark.parametrize(
    "number", [19.99, 0.1, 9.99, 16777216.0, 3.4028234663852886e38, 1.17549435e-38, 123456.79, -0.0, 1e10, 0.3333333]
)
def test_float_keeps_its_digits(number):
    text = standard_json.dumps({"purchaseTransaction": {"revenue": number}}, separators=(",", ":"))
    shown = standard_json.loads(json.encode(NAME, json.decode(NAME, text)))["purchaseTransaction"]["revenue"]
    assert shown == pytest.approx(number, rel=1e-7, abs=0)
    assert len(repr(shown)) <= len(repr(number))
    assert json.decode(NAME, text) == json.decode(NAME, json.encode(NAME, json.decode(NAME, text)))


def test_float_inside_lists_and_nested_messages_keeps_its_digits():
    text = '{"productDetails":[{"product":{"id":"p","priceInfo":{"price":19.99}},"rating":4.1}]}'
    assert json.encode(NAME, json.decode(NAME, text)) == text


def test_float_inside_a_oneof_keeps_its_digits():
    text = (
        '{"inputConfig":{"userEventInlineSource":{"userEvents":[{"purchaseTransaction":{"revenue":19.99}}]}},'
        '"errorsConfig":{"gcsPrefix":"gs://b/e"}}'
    )
    name = "google.cloud.retail.v2.ImportUserEventsRequest"
    assert json.encode(name, json.decode(name, text)) == text


@pytest.mark.parametrize("cls", [UserEvent, Product, ClientEvent])
def test_floats_are_where_they_are_looked_for(cls):
    waiting, seen = [cls.DESCRIPTOR], set()
    while waiting:
        desc = waiting.pop()
        seen.add(desc.full_name)
        for field in desc.fields:
            if field.type == field.TYPE_FLOAT:
                assert not field.is_repeated
                assert field.containing_oneof is None
                assert not desc.GetOptions().map_entry
            if field.message_type is not None and field.message_type.full_name not in seen:
                waiting.append(field.message_type)


def test_enums_beside_what_has_no_form_in_json():
    wire = WITHOUT_FORM.SerializeToString()
    assert json.encode(PRODUCT, wire) == '{"type":"PRIMARY","expireTime":{"nanos":-1}}'
    assert json.encode(PRODUCT, wire, enums_as_ints=True) == '{"type":1,"expireTime":{"nanos":-1}}'


def test_any_whose_message_has_no_form_in_json_keeps_its_bytes():
    operation = operations_proto_pb2.Operation()
    operation.response.Pack(WITHOUT_FORM)
    assert standard_json.loads(json.encode(OPERATION, operation.SerializeToString())) == {
        "response": {
            "typeUrl": "type.googleapis.com/google.cloud.retail.v2.Product",
            "value": b64encode(WITHOUT_FORM.SerializeToString()).decode(),
        }
    }


def test_encode_gives_names_or_numbers_of_enums_and_indents():
    wire = ClientEvent(event_id="e", job_event={"type": "VIEW"}).SerializeToString()
    name = ClientEvent.DESCRIPTOR.full_name
    assert json.encode(name, wire) == '{"eventId":"e","jobEvent":{"type":"VIEW"}}'
    assert json.encode(name, wire, enums_as_ints=True) == '{"eventId":"e","jobEvent":{"type":2}}'
    assert json.encode(name, wire, indent=2).startswith('{\n  "eventId": "e",\n')


def test_encode_leaves_text_as_it_is():
    wire = UserEvent(search_query='"é\U0001f600\u2028\0').SerializeToString()
    assert json.encode(NAME, wire) == '{"searchQuery":"\\"é\U0001f600\u2028\\u0000"}'


def test_encode_shows_what_json_has_no_form_for():
    event = UserEvent(visitor_id="v", event_time={"seconds": 2**40})
    product = event.product_details.add().product
    product.type = 1
    product.retrievable_fields.paths.append("aB")
    product.attributes["k"].numbers.append(float("nan"))
    shown = standard_json.loads(json.encode(NAME, event.SerializeToString()))
    assert shown["visitorId"] == "v"
    assert shown["eventTime"] == {"seconds": 2**40}
    assert shown["productDetails"][0]["product"]["retrievableFields"] == {"paths": ["aB"]}
    assert shown["productDetails"][0]["product"]["attributes"] == {"k": {"numbers": ["NaN"]}}


@pytest.mark.parametrize("wire", [b"\xff", b"\x0a\x05ab", b"\x0a\x01\xff", b"\xfb\x03" * 200])
def test_encode_refuses_what_is_not_the_message(wire):
    with pytest.raises(JsonError) as caught:
        json.encode(NAME, wire)
    assert caught.value.violations[0].field == ""


@settings(max_examples=1_000)
@given(st.one_of(st.tuples(st.just(NAME), messages(UserEvent)), st.tuples(st.just(PRODUCT), messages(Product))))
def test_every_message_can_be_encoded(named):
    name, message = named
    standard_json.loads(json.encode(name, message.SerializeToString()), parse_constant=pytest.fail)


def test_operation_with_its_any():
    operation = operations_proto_pb2.Operation(name="projects/p/operations/o", done=True)
    operation.metadata.Pack(ImportMetadata(success_count=3))
    operation.response.Pack(empty_pb2.Empty())
    text = json.encode(OPERATION, operation.SerializeToString())
    assert standard_json.loads(text)["metadata"] == {
        "@type": "type.googleapis.com/google.cloud.retail.v2.ImportMetadata",
        "successCount": "3",
    }
    assert operations_proto_pb2.Operation.FromString(json.decode(OPERATION, text)) == operation


def test_status_with_details():
    status = status_pb2.Status(code=3, message="m")
    status.details.add().Pack(error_details_pb2.ErrorInfo(reason="R", domain="footfall"))
    violation = error_details_pb2.BadRequest.FieldViolation(field="f", description="d")
    status.details.add().Pack(error_details_pb2.BadRequest(field_violations=[violation]))
    struct = struct_pb2.Struct()
    struct.update({"line_number": 1})
    status.details.add().Pack(struct)
    shown = standard_json.loads(json.encode("google.rpc.Status", status.SerializeToString()))
    assert [detail["@type"].rpartition("/")[2] for detail in shown["details"]] == [
        "google.rpc.ErrorInfo",
        "google.rpc.BadRequest",
        "google.protobuf.Struct",
    ]
    assert shown["details"][1]["fieldViolations"] == [{"field": "f", "description": "d"}]
    assert shown["details"][2]["value"] == {"line_number": 1}
