"""Defends every path of /openapi.json: whatever is asked in its words, and near them, the answer is what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.support.server import Server

CHECKS = [
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
]
TIMEOUT_S = 30
EXAMPLES = 4  # of each kind for each operation
SOAK_EXAMPLES = 50
# These last, or are the same under other names.
_ENDLESS = "WatchEvents"
_SAME = r"^v2beta\.|\.Operations\.\w+\.\d+$"


@pytest.fixture(scope="module")
def known(server: Server, web: requests.Session) -> dict[str, str]:
    """Path parameters that lead to something."""
    names = {"project": "p", "location": "global", "catalog": "c", "branch": "0", "tenant": "t", "product": "shoe"}
    catalog, tenant = f"{server.http}/v2/projects/p/locations/global/catalogs/c", "projects/p/tenants/t"

    def post(url: str, body: Any) -> Any:
        answer = web.post(url, json=body, timeout=TIMEOUT_S)
        assert answer.status_code == 200, answer.text
        return answer.json()

    post(f"{catalog}/branches/0/products?productId=shoe", {"title": "A shoe", "categories": ["Shoes"]})
    event = {"eventType": "detail-page-view", "visitorId": "v", "productDetails": [{"product": {"id": "shoe"}}]}
    post(f"{catalog}/userEvents:write", {**event, "attributes": {"a": {"numbers": [1.5]}}})
    web.post(f"{catalog}/userEvents:collect", json={"userEvent": "{}"}, timeout=TIMEOUT_S)
    job_event = {"type": "VIEW", "jobs": [f"{tenant}/jobs/j"]}
    sent = {"eventId": "e", "requestId": "r", "createTime": "2026-01-01T00:00:00Z", "jobEvent": job_event}
    post(f"{server.http}/v4/{tenant}/clientEvents", sent)
    names["operation"] = post(f"{catalog}/userEvents:purge", {"filter": 'eventType = "x"'})["name"].rpartition("/")[2]
    for collection, name, parent in (
        ("userEvents", "userEvent", "projects/p/locations/global/catalogs/c"),
        ("clientEvents", "clientEvent", tenant),
    ):
        [stored] = web.get(f"{server.http}/v1/{parent}/{collection}", timeout=TIMEOUT_S).json()[collection]
        names[name] = stored["name"].rpartition("/")[2]
    return names


def _checked(session: requests.Session, known: dict[str, str]) -> Callable[[Any, bool], None]:
    def check(case: Any, aimed: bool) -> None:
        if aimed:
            case.path_parameters = {name: known.get(name, value) for name, value in case.path_parameters.items()}
        response = case.call(session=session, timeout=TIMEOUT_S)
        case.validate_response(response, checks=CHECKS)
        if response.status_code != 501:  # which is UNIMPLEMENTED, and nothing else
            case.validate_response(response, checks=[not_a_server_error])

    return check


def _operations(server: Server, but: str) -> Iterator[Any]:
    schema = schemathesis.openapi.from_url(f"{server.http}/openapi.json")
    for found in schema.exclude(operation_id_regex=but).get_all_operations():
        yield found.ok()


def _fuzz(server: Server, session: requests.Session, known: dict[str, str], but: str, examples: int) -> int:
    check = _checked(session, known)
    tried = 0
    for operation in _operations(server, but):
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            bounded = settings(
                max_examples=examples,
                phases=[Phase.generate],
                deadline=None,
                database=None,
                derandomize=True,
                suppress_health_check=list(HealthCheck),
            )
            bounded(given(operation.as_strategy(generation_mode=mode), st.booleans())(check))()
        tried += 1
    return tried


def test_answers_are_never_faults_nor_surprises(server: Server, web: requests.Session, known: dict[str, str]):
    assert _fuzz(server, web, known, f"{_ENDLESS}|{_SAME}", EXAMPLES) > 50
    assert '"level": "error"' not in server.log.read_text()


@pytest.mark.soak
def test_answers_are_never_faults_nor_surprises_for_long(server: Server, web: requests.Session, known: dict[str, str]):
    assert _fuzz(server, web, known, _ENDLESS, SOAK_EXAMPLES) > 200
    assert '"level": "error"' not in server.log.read_text()
