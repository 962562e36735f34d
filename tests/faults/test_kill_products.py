"""SIGKILL during a FULL import and a purge of products, again and again: each ends with exact results all the same."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.longrunning import operations_proto_pb2

from generated.google.cloud.retail.v2 import import_config_pb2, product_service_pb2, purge_config_pb2
from generated.google.cloud.retail.v2.product_service_pb2_grpc import ProductServiceStub
from tests.faults.client import CATALOG, Client
from tests.faults.load import wait_for
from tests.faults.maintenance import cancel
from tests.support.server import Server

BRANCH = f"{CATALOG}/branches/0"
BUCKET = "faults"
COUNT = 2_000  # of each kind of product
KILLS = 3  # of each operation
_CANCELLED = 1
_DESCRIPTION = "d" * 60  # so that a file takes some twenty steps

OLD = [f"gone{number:04}" for number in range(COUNT)] + [f"kept{number:04}" for number in range(COUNT)]
NEW = [f"kept{number:04}" for number in range(COUNT)] + [f"new{number:04}" for number in range(COUNT)]


def is_rejected(number: int) -> bool:
    """Whether the line with this number in the new file has no title."""
    return number % 97 == 0


def new_title(number: int) -> str:
    """Every other product that was there gets another title."""
    return "New" if number % 2 else "Old"


def write_lines(path: Path, titles: dict[str, str]) -> None:
    """A file of products; empty titles are left out."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        for number, (product_id, title) in enumerate(titles.items()):
            availability = "PREORDER" if number % 2 else "IN_STOCK"
            line = {"id": product_id, "title": title, "categories": ["All"], "availability": availability}
            if product_id.startswith("new") and number % 3 == 1:
                line |= {"type": "VARIANT", "primaryProductId": f"new{COUNT - 1}"}  # which comes last
            file.write(json.dumps({**line, "description": _DESCRIPTION} if title else {"id": product_id}) + "\n")


def begin_import(client: Client, name: str, mode: Any) -> str:
    """Begins an import and returns the operation's name."""
    request = import_config_pb2.ImportProductsRequest(parent=BRANCH, reconciliation_mode=mode)
    request.input_config.gcs_source.input_uris.append(f"gs://{BUCKET}/{name}")
    request.errors_config.gcs_prefix = f"gs://{BUCKET}/errors"
    return str(ProductServiceStub(client.channel).ImportProducts(request, timeout=60).name)


def products(client: Client) -> dict[str, str]:
    """Every product there is: its title by its id."""
    found: dict[str, str] = {}
    request = product_service_pb2.ListProductsRequest(parent=BRANCH, page_size=1_000)
    while True:
        page = ProductServiceStub(client.channel).ListProducts(request, timeout=60)
        found |= {product.id: product.title for product in page.products}
        if not page.next_page_token:
            return found
        request.page_token = page.next_page_token


class FullImport:
    """Brings half of what was there, and as much that was not."""

    places = (
        "operation.between_steps@1",
        "operation.between_steps@30",  # the second pass, that of variants
        "operation.between_steps@47",  # products are being deleted
        "writer.before_commit@11",
        "operation.errors_spooled@6",
        "operation.errors_published@1",
        "operation.errors_published@2",
    )
    total = 3 * COUNT
    good = sum(not is_rejected(number) for number in range(len(NEW)))

    def begin(self, client: Client) -> str:
        return begin_import(client, "new.jsonl", import_config_pb2.ImportProductsRequest.FULL)

    def done(self, operation: Any) -> int:
        """How many lines and deletions the metadata tell."""
        metadata = unpacked(operation, import_config_pb2.ImportMetadata())
        return int(metadata.success_count + metadata.failure_count + metadata.deleted_products_count)

    def check(self, client: Client, buckets: Path, operation: Any) -> None:
        """After its end."""
        metadata = unpacked(operation, import_config_pb2.ImportMetadata())
        counts = (metadata.success_count, metadata.failure_count, metadata.deleted_products_count)
        assert counts == (self.good, len(NEW) - self.good, COUNT)
        self.check_stored(client)
        rejected = [number + 1 for number in range(len(NEW)) if is_rejected(number)]
        assert sorted(each.line_number for each in client.rejected(CATALOG)) == rejected
        (file,) = (buckets / BUCKET / "errors").iterdir()
        reports = [json.loads(line) for line in file.read_text().splitlines()]
        assert [report["details"][0]["value"]["line_number"] for report in reports] == rejected

    def check_stored(self, client: Client) -> None:
        """What is there once it was done."""
        assert products(client) == {
            product_id: "Old" if is_rejected(number) else new_title(number)
            for number, product_id in enumerate(NEW)
            if number < COUNT or not is_rejected(number)
        }


class Purge:
    """Deletes half of what is there."""

    places = ("operation.between_steps@1", "operation.between_steps@4", "writer.before_commit@5")
    total = COUNT

    def begin(self, client: Client) -> str:
        request = purge_config_pb2.PurgeProductsRequest(parent=BRANCH, filter='availability = "PREORDER"', force=True)
        return str(ProductServiceStub(client.channel).PurgeProducts(request, timeout=60).name)

    def done(self, operation: Any) -> int:
        """How many products the metadata say are deleted."""
        return int(unpacked(operation, purge_config_pb2.PurgeProductsMetadata()).success_count)

    def check(self, client: Client, _buckets: Path, operation: Any) -> None:
        """After its end."""
        response = purge_config_pb2.PurgeProductsResponse()
        assert operation.response.Unpack(response), operation
        assert response.purge_count == self.done(operation) == COUNT
        self.check_stored(client)

    def check_stored(self, client: Client) -> None:
        """What is there once it was done."""
        assert list(products(client)) == OLD[::2]


KINDS = [pytest.param(kind, id=kind.__name__.lower()) for kind in (FullImport, Purge)]
PLACES = [
    pytest.param(kind, place, id=f"{kind.__name__.lower()}-{place}")
    for kind in (FullImport, Purge)
    for place in kind.places
]

pytestmark = pytest.mark.timeout(240)


def unpacked(operation: Any, metadata: Any) -> Any:
    """The metadata of an operation, in the message given."""
    assert operation.metadata.Unpack(metadata)
    return metadata


def newest(client: Client) -> str:
    """The operation that was begun last; who began it may have died before it was told."""
    request = operations_proto_pb2.ListOperationsRequest(name=BRANCH)
    return str(client.operations.ListOperations(request, timeout=60).operations[0].name)


def check_after_restart(server: Server, work: Any) -> None:
    """Lets the operation end, and checks what it has done."""
    server.start()
    with Client(server.address) as client:
        work.check(client, server.buckets, client.wait(newest(client)))
    assert server.terminate() == 0
    assert not list((server.folder / "footfall.db.spool").iterdir())


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A folder with the old products in it."""
    folder = tmp_path_factory.mktemp("filled")
    with Server(folder) as server, Client(server.address) as client:
        write_lines(server.buckets / BUCKET / "old.jsonl", dict.fromkeys(OLD, "Old"))
        titles = {each: "" if is_rejected(number) else new_title(number) for number, each in enumerate(NEW)}
        write_lines(server.buckets / BUCKET / "new.jsonl", titles)
        client.wait(begin_import(client, "old.jsonl", import_config_pb2.ImportProductsRequest.INCREMENTAL))
        assert list(products(client)) == OLD
    return folder


@pytest.fixture
def server(filled, tmp_path):
    shutil.copytree(filled, tmp_path / "server")
    server = Server(tmp_path / "server")
    yield server
    if server.running:
        server.kill()


@pytest.mark.parametrize(("kind", "place"), PLACES)
def test_a_kill_at_each_place(server, kind, place):
    work = kind()
    server.start(FOOTFALL_FAILPOINTS=place)
    with Client(server.address) as client, suppress(grpc.RpcError):
        client.wait(work.begin(client))
    assert server.wait() == -signal.SIGKILL

    check_after_restart(server, work)


@pytest.mark.parametrize("kind", KINDS)
def test_kills_at_random_moments(server, kind):
    seed = int(os.environ.get("FOOTFALL_SEED", random.SystemRandom().randrange(10**9)))
    print(f"\nFOOTFALL_SEED={seed}")
    draw = random.Random(seed)
    work, name, struck = kind(), "", 0
    for _ in range(KILLS):
        server.start()
        with Client(server.address) as client:
            name = name or work.begin(client)
            begun = work.done(client.operation(name))
            target = begun + max(1, draw.uniform(0, 0.6) * (work.total - begun))
            wait_for(
                lambda name=name, target=target: (found := client.operation(name)).done or work.done(found) >= target,
                "the operation is at work",
            )
            struck += not client.operation(name).done
        server.kill()
    assert struck

    check_after_restart(server, work)


@pytest.mark.parametrize("kind", KINDS)
def test_cancel_stops_before_the_next_step(server, kind):
    work = kind()
    server.start()
    with Client(server.address) as client:
        name = work.begin(client)
        wait_for(lambda: work.done(client.operation(name)), "the operation is at work")
        cancel(client, name)
        operation = client.wait(name)

        assert operation.error.code == _CANCELLED, operation
        done = work.done(operation)
        assert 0 < done < work.total
        found = products(client)
        if kind is Purge:
            assert len(found) == len(OLD) - done
            assert set(OLD[::2]) < set(found)
        else:
            assert set(OLD) <= set(found)  # what is not in the source goes at the end only
        client.wait(work.begin(client))
        work.check_stored(client)
