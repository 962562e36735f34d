"""One server for the tests of the verbs; each test has a catalog of its own in it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest

from tests.cli.console import BAD, GOOD, run
from tests.support.server import Server

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def served(tmp_path_factory) -> Iterator[Server]:
    """A running server."""
    with Server(tmp_path_factory.mktemp("cli")) as server:
        yield server


@pytest.fixture
def project() -> str:
    """A project that no other test uses."""
    return f"projects/p{next(_numbers)}"


@pytest.fixture
def catalog(project) -> str:
    """A catalog that no other test uses."""
    return f"{project}/locations/global/catalogs/default_catalog"


@pytest.fixture
def variables(served, catalog) -> dict[str, str]:
    """The environment that leads a verb to the server and the catalog."""
    return {"FOOTFALL_SERVER": served.address, "FOOTFALL_CATALOG": catalog}


@pytest.fixture(scope="session")
def examples(served) -> dict[str, str]:
    """The environment that leads to a catalog with the examples, for tests that change nothing there."""
    catalog = "projects/examples/locations/global/catalogs/default_catalog"
    variables = {"FOOTFALL_SERVER": served.address, "FOOTFALL_CATALOG": catalog}
    done = run("import", GOOD, BAD, **variables)
    assert done.stdout.splitlines()[-1] == "2 files: 14 good (14 stored, 0 repeated), 2 rejected"
    return variables


@pytest.fixture
def verb(variables) -> Callable:
    """Runs a verb on the server and the catalog, piped."""

    def run_verb(*arguments, **options):
        return run(*arguments, **{**variables, **options})

    return run_verb
