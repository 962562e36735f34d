"""A real Chromium, a site whose pages it shows, and a server that gets what they send."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.consoles import Told
from tests.browser.site import Site
from tests.support.server import ROOT, Server

_numbers = itertools.count(1)

# A name that a hostile page points at this machine.
REBOUND_HOST = "rebound.example"


@pytest.fixture(scope="module")  # while the driver lives, no other test of the process could run an event loop
def browser():
    """Chromium without a window."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright: pip install 'footfall[dev]'")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("needs chromium: apt-get install chromium")
    arguments = ["--no-sandbox", "--no-proxy-server", f"--host-resolver-rules=MAP {REBOUND_HOST} 127.0.0.1"]
    with playwright.sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=chromium, args=arguments)
        yield launched
        launched.close()


@pytest.fixture
def context(browser):
    """A visitor's browser: storage and cookies of its own."""
    opened = browser.new_context()
    opened.set_default_timeout(15_000)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """Pages of another origin than the server's."""
    with Site() as running:
        yield running


TENANT = "projects/jobs/tenants/main"
ANY_CATALOG = "projects/*/locations/*/catalogs/*"
PUBLIC = ("--public-address", "127.0.0.1:0", "--catalogs", ANY_CATALOG, "--tracker-tenant", TENANT)


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server with a listener for the public."""
    with Server(tmp_path_factory.mktemp("browser"), *PUBLIC, "--pixel-path", "/assets/shop.js") as server:
        yield server


@pytest.fixture
def unsteady(tmp_path: Path) -> Iterator[Server]:
    """A running server of the test's own; started again, it has the same addresses."""
    with Server(tmp_path / "server", *PUBLIC) as server:
        addresses = (server.http.removeprefix("http://"), server.public_http.removeprefix("http://"))
        server.flags += ("--http-address", addresses[0], "--public-address", addresses[1])
        yield server


@pytest.fixture
def project() -> str:
    """A project that no other test uses."""
    return f"shop-{next(_numbers)}"


@pytest.fixture
def catalog(project: str) -> str:
    """The default catalog of the project."""
    return f"projects/{project}/locations/global/catalogs/default_catalog"


@pytest.fixture
def example(site: Site, project: str) -> Callable[[str, Server], str]:
    """Serves a page of examples/ that sends to a server; returns its address."""

    def serve(name: str, server: Server) -> str:
        html = (ROOT / "examples" / name).read_text("utf-8")
        html = html.replace("http://127.0.0.1:8080", server.public_http).replace("my-project", project)
        return site.add(f"/{name}", html)

    return serve


@pytest.fixture
def shop(site: Site, project: str) -> Callable[..., str]:
    """Serves a page with the pixel, settings and events in its queue; returns its address."""

    def serve(server: Server, *, entries: str = "", head: str = "", script: str = "/v2_event.js") -> str:
        html = f"""<!doctype html><title>shop</title><script>
        {head}
        var _gre = _gre || [];
        _gre.push(['projectId', '{project}']);
        {entries}
        </script><script async src="{server.public_http}{script}"></script><h1>Shop</h1>"""
        return site.add("/shop/index.html", html)

    return serve


def wait_until_all_is_sent(page) -> None:
    """Returns once the server has confirmed everything that the pages of this origin have queued."""
    page.wait_for_function("() => !Object.keys(localStorage).some((key) => key.startsWith('footfall.'))")


@pytest.fixture
def told() -> Iterator[Told]:
    told = Told()
    yield told
    assert told.unexpected() == []


@pytest.fixture
def console(context, served: Server, told: Told) -> Callable[..., Any]:
    """Opens the console for a catalog or tenant, and waits until it is connected."""

    def open_(parent: str, server: Server = served) -> Any:
        page = context.new_page()
        told.listen(page)
        page.goto(f"{server.http}/?parent={parent}")
        page.locator("#state[data-state=live]").wait_for()
        return page

    return open_
