"""The contract of errors: what a client gets to see, and that it always fits into gRPC trailers."""

from __future__ import annotations

import pickle
import re
from base64 import b64encode
from urllib.parse import quote

import pytest
from google.rpc import code_pb2, error_details_pb2, status_pb2
from hypothesis import given
from hypothesis import strategies as st

from service.events import errors, paths
from service.events.errors import RpcError, Violation

MISSING = errors.missing("visitor_id")
DETAILS = {
    cls.DESCRIPTOR.full_name: cls
    for cls in (
        error_details_pb2.BadRequest,
        error_details_pb2.ErrorInfo,
        error_details_pb2.PreconditionFailure,
        error_details_pb2.QuotaFailure,
        error_details_pb2.ResourceInfo,
        error_details_pb2.RetryInfo,
    )
}

EVERY_ERROR = [
    (errors.invalid_argument([MISSING]), code_pb2.INVALID_ARGUMENT, ["ErrorInfo", "BadRequest"]),
    (
        errors.not_found("m", resource_type="t", resource_name="n", reason="R_R"),
        code_pb2.NOT_FOUND,
        ["ErrorInfo", "ResourceInfo"],
    ),
    (
        errors.already_exists("m", resource_type="t", resource_name="n", reason="R_R"),
        code_pb2.ALREADY_EXISTS,
        ["ErrorInfo", "ResourceInfo"],
    ),
    (
        errors.failed_precondition("m", reason="R_R", subject="s"),
        code_pb2.FAILED_PRECONDITION,
        ["ErrorInfo", "PreconditionFailure"],
    ),
    (errors.unavailable("m", reason="R_R", retry_after_s=1), code_pb2.UNAVAILABLE, ["ErrorInfo", "RetryInfo"]),
    (
        errors.resource_exhausted("m", reason="R_R", subject="s", retry_after_s=1),
        code_pb2.RESOURCE_EXHAUSTED,
        ["ErrorInfo", "QuotaFailure", "RetryInfo"],
    ),
    (errors.permission_denied("m", reason="R_R"), code_pb2.PERMISSION_DENIED, ["ErrorInfo"]),
    (errors.unauthenticated("m", reason="R_R"), code_pb2.UNAUTHENTICATED, ["ErrorInfo"]),
    (errors.aborted("m", reason="R_R"), code_pb2.ABORTED, ["ErrorInfo"]),
    (errors.unimplemented("m"), code_pb2.UNIMPLEMENTED, ["ErrorInfo"]),
    (errors.cancelled("m"), code_pb2.CANCELLED, ["ErrorInfo"]),
    (errors.deadline_exceeded("m"), code_pb2.DEADLINE_EXCEEDED, ["ErrorInfo"]),
    (errors.internal("m"), code_pb2.INTERNAL, ["ErrorInfo"]),
]


def details(status: status_pb2.Status) -> list:
    unpacked = []
    for packed in status.details:
        detail = DETAILS[packed.TypeName()]()
        assert packed.Unpack(detail)
        unpacked.append(detail)
    return unpacked


def trailer_size(error: RpcError) -> int:
    """What the two trailers take as they are written: percent-encoded and Base64."""
    return len(quote(error.message, safe=" !\"#$&'()*+,-./:;<=>?@[\\]^_`{|}~")) + len(
        b64encode(error.to_status().SerializeToString())
    )


@pytest.mark.parametrize(
    ("error", "code", "types"), EVERY_ERROR, ids=[code_pb2.Code.Name(case[1]) for case in EVERY_ERROR]
)
def test_every_error_has_its_code_and_details(error, code, types):
    status = error.to_status()
    assert (status.code, status.message) == (code, error.message)
    found = details(status)
    assert [type(detail).__name__ for detail in found] == types
    info = found[0]
    assert info.domain == "footfall"
    assert re.fullmatch(r"[A-Z][A-Z0-9_]+[A-Z0-9]", info.reason)


@pytest.mark.parametrize(("error", "code", "types"), EVERY_ERROR)
def test_error_survives_the_way_between_processes(error, code, types):
    other = pickle.loads(pickle.dumps(error))
    assert other.to_status() == error.to_status()
    assert other.violations == error.violations
    assert str(other) == error.message


def test_details_carry_what_was_given():
    _, resource = details(errors.not_found("m", resource_type="t", resource_name="n", reason="R_R").to_status())
    assert (resource.resource_type, resource.resource_name, resource.description) == ("t", "n", "m")
    _, quota, retry = details(errors.resource_exhausted("m", reason="R_R", subject="s", retry_after_s=2.5).to_status())
    assert [(each.subject, each.description) for each in quota.violations] == [("s", "m")]
    assert (retry.retry_delay.seconds, retry.retry_delay.nanos) == (2, 500_000_000)
    _, failure = details(errors.failed_precondition("m", reason="R_R", subject="s").to_status())
    assert [(each.type, each.subject, each.description) for each in failure.violations] == [("R_R", "s", "m")]


def test_invalid_argument_lists_every_violation_and_says_the_first():
    violations = [MISSING, errors.violation("uri", "is too long.", "TOO_LONG"), errors.violation("offset", "is odd.")]
    error = errors.invalid_argument(violations)
    assert error.message == 'Field "visitorId" is a required field, but no value is found. (and 2 more)'
    assert error.violations == tuple(violations)
    info, bad_request = details(error.to_status())
    assert (info.reason, dict(info.metadata)) == ("MISSING_FIELD", {"violations": "3"})
    assert [(each.field, each.description, each.reason) for each in bad_request.field_violations] == [
        tuple(violation) for violation in violations
    ]


def test_one_violation_has_no_more():
    assert errors.invalid_argument([MISSING]).message == MISSING.description


def test_many_violations_are_cut_to_what_trailers_carry():
    error = errors.invalid_argument(
        [errors.violation(f"product_details[{i}].product.id", "is wrong.") for i in range(5_000)]
    )
    info, bad_request = details(error.to_status())
    assert info.metadata["violations"] == "5000"
    assert error.message.endswith(" (and 4999 more)")
    assert 20 < len(bad_request.field_violations) < 100
    assert errors.TRAILER_BYTES - 200 < trailer_size(error) <= errors.TRAILER_BYTES


LONG = st.one_of(
    st.text(max_size=50), st.sampled_from(["x" * 10_000, "é%" * 5_000, "\U0001f600" * 5_000, "\n" * 9_000])
)


@given(st.lists(st.builds(Violation, field=LONG, description=LONG, reason=st.just("INVALID_VALUE")), min_size=1))
def test_every_list_of_violations_fits_into_trailers(violations):
    error = errors.invalid_argument(violations)
    _, bad_request = details(error.to_status())
    assert bad_request.field_violations
    assert trailer_size(error) <= errors.TRAILER_BYTES


@given(LONG, LONG)
def test_every_other_error_fits_into_trailers(message, name):
    for error in (
        errors.not_found(message, resource_type="t", resource_name=name, reason="R_R"),
        errors.failed_precondition(message, reason="R_R", subject=name),
        errors.resource_exhausted(message, reason="R_R", subject=name, retry_after_s=1),
        errors.internal(message),
    ):
        assert trailer_size(error) <= errors.TRAILER_BYTES


@pytest.mark.parametrize(
    ("field", "json_path"),
    [
        ("visitor_id", "visitorId"),
        ("product_details[2].product.id", "productDetails.product.id"),
        ('attributes["a.b]\\"c_d"].text[0]', "attributes.text"),
        ("purchase_transaction", "purchaseTransaction"),
        ("", ""),
    ],
)
def test_json_path_is_lower_camel_without_indices(field, json_path):
    assert paths.to_json(field) == json_path


@pytest.mark.parametrize(
    ("item", "proto_prefix", "json_prefix", "field", "description"),
    [
        (
            errors.missing("product_details[1].product.id"),
            "user_event",
            "",
            "user_event.product_details[1].product.id",
            'Field "productDetails.product.id" is a required field, but no value is found.',
        ),
        (
            errors.missing("visitor_id"),
            "input_config.user_event_inline_source.user_events[3]",
            "inputConfig.userEventInlineSource.userEvents",
            "input_config.user_event_inline_source.user_events[3].visitor_id",
            (
                'Field "inputConfig.userEventInlineSource.userEvents.visitorId" is a required field, '
                "but no value is found."
            ),
        ),
        (
            errors.unsupported_event_type("invalid", "Use search."),
            "input_config.user_event_inline_source.user_events[0]",
            "inputConfig.userEventInlineSource.userEvents",
            "input_config.user_event_inline_source.user_events[0].event_type",
            "Unsupported inputConfig.userEventInlineSource.userEvents.eventType invalid. Use search.",
        ),
        (errors.violation("uri", "is odd."), "user_event", "", "user_event.uri", "`user_event.uri` is odd."),
        (Violation("", "The text is not JSON.", "R_R"), "user_event", "", "user_event", "The text is not JSON."),
        (Violation("offset", "Odd.", "R_R"), "", "", "offset", "Odd."),
    ],
)
def test_prefix_moves_a_violation_to_its_place_in_the_request(item, proto_prefix, json_prefix, field, description):
    (moved,) = errors.prefixed([item], proto_prefix, json_prefix)
    assert moved == Violation(field, description, item.reason)


@given(st.text(st.characters(codec=None)))
def test_shown_value_is_short_and_can_be_sent(text):
    shown = paths.quoted(text)
    assert len(paths.cut(text)) <= 64
    assert shown.encode()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "null"),
        (True, "true"),
        (1.5, "1.5"),
        (float("nan"), "NaN"),
        ("\n", '"\\n"'),
        (10**99, "1" + "0" * 62 + "…"),
    ],
)
def test_scalar_is_shown_as_json(value, shown):
    assert paths.quoted(value) == shown
