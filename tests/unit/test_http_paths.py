"""Path templates of google.api.http: what leads where, and what is taken out of a path."""

from __future__ import annotations

import contextlib
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.doors.http.paths import PathError, Router

CATALOG = "projects/p/locations/global/catalogs/c"
BRANCH = f"{CATALOG}/branches/0"


@pytest.fixture(scope="module")
def router():
    found = Router()
    found.add("POST", "/v2/{parent=projects/*/locations/*/catalogs/*}/userEvents:write", "write")
    found.add("GET", "/v2/{parent=projects/*/locations/*/catalogs/*}/userEvents:collect", "collect")
    found.add("POST", "/v2/{parent=projects/*/locations/*/catalogs/*}/userEvents:collect", "collect by POST")
    found.add("GET", "/v2/{name=projects/*/locations/*/catalogs/*/branches/*/products/**}", "product")
    found.add("PATCH", "/v2/{product.name=projects/*/locations/*/catalogs/*/branches/*/products/**}", "update")
    found.add("POST", "/v2/{product=projects/*/locations/*/catalogs/*/branches/*/products/**}:setInventory", "stock")
    found.add("GET", "/v2/{parent=projects/*/locations/*/catalogs/*/branches/*}/products", "products")
    found.add("GET", "/v1/{id}", "one")
    found.add("GET", "/v1/literal", "literal")
    return found


@pytest.mark.parametrize(
    ("method", "path", "target", "variables"),
    [
        ("POST", f"/v2/{CATALOG}/userEvents:write", "write", {"parent": CATALOG}),
        ("GET", f"/v2/{CATALOG}/userEvents:collect", "collect", {"parent": CATALOG}),
        ("POST", f"/v2/{CATALOG}/userEvents:collect", "collect by POST", {"parent": CATALOG}),
        ("GET", f"/v2/{CATALOG}/branches/0/products/a/b", "product", {"name": f"{CATALOG}/branches/0/products/a/b"}),
        ("GET", f"/v2/{CATALOG}/branches/0/products/a:b", "product", {"name": f"{CATALOG}/branches/0/products/a:b"}),
        (
            "PATCH",
            f"/v2/{CATALOG}/branches/0/products/a",
            "update",
            {"product.name": f"{CATALOG}/branches/0/products/a"},
        ),
        (
            "POST",
            f"/v2/{CATALOG}/branches/0/products/a:b:setInventory",
            "stock",
            {"product": f"{CATALOG}/branches/0/products/a:b"},
        ),
        ("GET", f"/v2/{CATALOG}/branches/0/products", "products", {"parent": f"{CATALOG}/branches/0"}),
        ("GET", "/v1/literal", "literal", {}),
        ("GET", "/v1/x%2Fy", "one", {"id": "x/y"}),
        ("GET", "/v1/%C3%A9", "one", {"id": "é"}),
    ],
)
def test_where_a_path_leads(router, method, path, target, variables):
    assert router.find(method, path) == (target, variables)


def test_of_several_segments_an_encoded_slash_stays_encoded(router):
    match = router.find("GET", f"/v2/{CATALOG}/branches/0/products/a%2Fb%20c")
    assert match.variables == {"name": f"{CATALOG}/branches/0/products/a%2Fb c"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"/v2/{CATALOG}/userEvents:write"),
        ("POST", f"/v2/{CATALOG}/userEvents"),
        ("POST", f"/v2/{CATALOG}/userEvents:write/"),
        ("POST", f"/v2/{CATALOG}/userEvents%3Awrite"),
        ("POST", "/v2/projects//locations/global/catalogs/c/userEvents:write"),
        ("GET", ""),
        ("GET", "/"),
        ("GET", ":"),
    ],
)
def test_what_leads_nowhere(router, method, path):
    assert router.find(method, path) is None


def test_methods(router):
    assert router.methods(f"/v2/{CATALOG}/userEvents:collect") == ["GET", "POST"]
    assert router.methods(f"/v2/{CATALOG}/branches/0/products/x") == ["GET", "PATCH"]
    assert router.methods("/v3/x") == []


def test_a_path_that_is_not_utf_8(router):
    with pytest.raises(PathError, match="`id` in the path is not UTF-8"):
        router.find("GET", "/v1/%FF")


def test_a_template_is_there_once(router):
    with pytest.raises(ValueError, match="twice"):
        router.add("GET", "/v1/{other}", "again")


def test_what_matches_the_rest_is_at_the_end():
    with pytest.raises(ValueError, match="end"):
        Router().add("GET", "/v1/{a=x/**}/b", "no")


@given(path=st.text(alphabet="/:%*{}=.ab%2F", max_size=60), method=st.sampled_from(["GET", "POST", "PATCH"]))
def test_no_path_makes_it_fail(router, path, method):
    with contextlib.suppress(PathError):
        router.find(method, path)
    assert isinstance(router.methods(path), list)


@given(identity=st.text(min_size=1, max_size=20).filter(str.isprintable).filter(lambda text: text != "literal"))
def test_an_id_comes_back_as_it_was(router, identity):
    assert router.find("GET", f"/v1/{quote(identity, safe='')}") == ("one", {"id": identity})
