"""Resource names: what is taken, what is refused, and how it is told."""

from __future__ import annotations

import contextlib

import pytest
from google.rpc import code_pb2
from hypothesis import given
from hypothesis import strategies as st

from service.events import names
from service.events.errors import RpcError

CATALOG = "projects/p/locations/global/catalogs/default_catalog"
TENANT = "projects/p/tenants/t"

IDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Zs", "Zl", "Zp", "Cc"), exclude_characters="/"), min_size=1
)


@pytest.mark.parametrize("part", ["p", "123", "a.b", "...", "x" * 128, "é", "a:b", "%2F", "\U0001f600", "*", "-"])
def test_id_that_is_taken(part):
    assert names.parse_catalog(f"projects/{part}/locations/{part}/catalogs/{part}")
    assert names.parse_tenant(f"projects/{part}/tenants/{part}")


@pytest.mark.parametrize(
    "part", ["", ".", "..", "x" * 129, "a b", "a\t", "a\n", "\x00", "\x7f", "\x85", "\u2028", "\u00a0", "\ud800", "a/b"]
)
def test_id_that_is_refused(part):
    for name in (f"projects/p/locations/l/catalogs/{part}", f"projects/{part}/locations/l/catalogs/c"):
        with pytest.raises(RpcError):
            names.parse_catalog(name)
    with pytest.raises(RpcError):
        names.parse_tenant(f"projects/p/tenants/{part}")
    assert not names.is_job_of(f"{TENANT}/jobs/{part}", TENANT)


@pytest.mark.parametrize(
    "name",
    [
        "invalid_catalog_name",
        f"/{CATALOG}",
        f"{CATALOG}/",
        f"{CATALOG}\n",
        f"{CATALOG}/branches/0",
        f"//retail.googleapis.com/{CATALOG}",
        "projects/p/locations/l/catalogs",
        "Projects/p/locations/l/catalogs/c",
        TENANT,
    ],
)
def test_malformed_catalog(name):
    with pytest.raises(RpcError) as caught:
        names.parse_catalog(name)
    assert caught.value.code == code_pb2.INVALID_ARGUMENT
    (violation,) = caught.value.violations
    assert violation.field == "parent"
    assert violation.reason == "INVALID_RESOURCE_ID"


def test_missing_name_is_told_in_googles_words():
    with pytest.raises(RpcError) as caught:
        names.parse_catalog("", "parent")
    assert caught.value.message == 'Field "parent" is a required field, but no value is found.'
    assert [violation.reason for violation in caught.value.violations] == ["MISSING_FIELD"]


def test_malformed_name_is_told_in_googles_words_with_the_form_and_what_was_found():
    with pytest.raises(RpcError) as caught:
        names.parse_catalog("invalid_catalog_name", field="catalog")
    assert caught.value.message == (
        'Request contains an invalid argument. "catalog" must be of the form projects/*/locations/*/catalogs/*, '
        'but is "invalid_catalog_name".'
    )


@given(IDS, IDS, IDS)
def test_name_comes_back_as_it_was_written(project, location, catalog):
    name = f"projects/{project}/locations/{location}/catalogs/{catalog}"
    if all(len(part) <= 128 and part not in {".", ".."} for part in (project, location, catalog)):
        assert names.parse_catalog(name) == name
    else:
        with pytest.raises(RpcError):
            names.parse_catalog(name)


@given(st.text())
def test_no_text_makes_parsing_raise_anything_else(text):
    parsers = (names.parse_catalog, names.parse_tenant, names.parse_user_event, names.parse_operations_parent)
    for parse in parsers:
        with contextlib.suppress(RpcError):
            parse(text)


def test_what_is_refused_is_not_kept():
    caches = [each for each in vars(names).values() if hasattr(each, "cache_info")]
    before = [each.cache_info().currsize for each in caches]
    for number in range(9):
        name = f"projects/{number}{'x' * 200}"
        assert not names.is_project(name)
        for parse in (names.tenant_or_default, names.default_tenant, names.parse_tenant, names.parse_catalog):
            with pytest.raises(RpcError):
                parse(name)
    assert [each.cache_info().currsize for each in caches] == before
    assert before


@pytest.mark.parametrize(
    "name", ["projects/p", "projects/p/locations/l", CATALOG, f"{CATALOG}/branches/0", "projects/p/tenants/t"]
)
def test_operations_are_listed_below(name):
    assert names.parse_operations_parent(name) == name


@pytest.mark.parametrize("name", ["", "projects", "projects/p/locations", f"{CATALOG}/operations/x", "locations/l"])
def test_operations_are_not_listed_below(name):
    with pytest.raises(RpcError):
        names.parse_operations_parent(name)


def test_stored_events_are_named_below_their_parent():
    assert names.user_event(CATALOG, 7) == f"{CATALOG}/userEvents/7"
    assert names.parse_user_event(names.user_event(CATALOG, 7)) == (CATALOG, "7")
    assert names.client_event(TENANT, "7") == f"{TENANT}/clientEvents/7"
    assert names.parse_client_event(names.client_event(TENANT, "7")) == (TENANT, "7")
    assert names.operation(CATALOG, "import-user-events-1") == f"{CATALOG}/operations/import-user-events-1"


@pytest.mark.parametrize(
    "name", [CATALOG, f"{CATALOG}/userEvents", f"{CATALOG}/userEvents/", f"{CATALOG}/userEvents/a/b"]
)
def test_malformed_stored_event(name):
    with pytest.raises(RpcError) as caught:
        names.parse_user_event(name)
    assert "projects/*/locations/*/catalogs/*/userEvents/*" in caught.value.message


@pytest.mark.parametrize("name", ["j", "jobs/j", "projects/p/jobs/j"])
def test_forms_of_a_job_that_tenantless_versions_use(name):
    assert names.complete_job(name, "projects/p/tenants/default") == "projects/p/tenants/default/jobs/j"


@pytest.mark.parametrize("name", ["projects/q/jobs/j", "projects/p/tenants/t/jobs/j", "", "jobs/", "a/b"])
def test_other_job_names_are_left_as_they_are(name):
    assert names.complete_job(name, "projects/p/tenants/default") == name
