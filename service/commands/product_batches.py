"""Sending a file of products to the server, batch by batch."""

from __future__ import annotations

import gzip
import io
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, cast

from google.longrunning.operations_proto_pb2 import Operation

from generated.google.cloud.retail.v2.import_config_pb2 import (
    ImportMetadata,
    ImportProductsRequest,
    ImportProductsResponse,
    ProductInlineSource,
    ProductInputConfig,
)
from generated.google.cloud.retail.v2.product_pb2 import Product
from generated.google.cloud.retail.v2.product_service_pb2_grpc import ProductServiceStub
from service.commands.connection import CALL_TIMEOUT_S, Connection
from service.commands.following import wait
from service.commands.kinds import metadata_of
from service.commands.outcome import Outcome, place, state
from service.commands.progress import Stages, in_lines
from service.commands.texts import printable
from service.commands.upload import GZIP_MAGIC, label, opened
from service.events import errors, json, product

_BATCH: Final = 500
_EXAMPLE: Final = '{"id":"p-1","title":"Umbrella","categories":["Rain"]}'
_PRODUCT: Final = Product.DESCRIPTOR.full_name


def _decoded(line: bytes) -> Product:
    """The product of a line. One wrong product would fail the call for all of a batch, so it is looked at here.

    Raises:
        JsonError: There is none.
        RpcError: It breaks a rule.
    """
    found = Product.FromString(json.decode(_PRODUCT, line))
    if violations := product.check(found, now_us=time.time_ns() // 1_000):
        raise errors.invalid_argument(violations)
    return found


class ProductFile:
    """One file on its way to a branch.

    Args:
        connection: Where to.
        path: The file; `-` is standard input.
        branch: Where the products belong.

    Attributes:
        outcome: What became of the products that were read up to now.
        unreadable: Why the file can't be read to its end; empty when it can.
    """

    def __init__(self, connection: Connection, path: Path, branch: str) -> None:
        self.outcome = Outcome(stored=None)
        self.unreadable = ""
        self._connection = connection
        self._path = path
        self._branch = branch
        self._name = label(path)
        self._rejected: list[tuple[int, str]] = []  # line and reason
        self._failure = ""

    def send(self, stages: Stages) -> None:
        """Sends all of it, until an operation fails.

        Raises:
            grpc.RpcError: A call failed.
        """
        stage = stages.begin(f"{self._name} import", in_lines, None)
        batch: dict[int, Product] = {}
        for number, line in self._lines():
            try:
                batch[number] = _decoded(line)
            except (json.JsonError, errors.RpcError) as error:
                self._rejected.append((number, str(error)))
                self.outcome += Outcome(stored=None, rejected=1)
            if len(batch) == _BATCH:
                self._send(batch, stages)
                batch = {}
                if self._failure:
                    break
            stage.to(self.outcome.read)
        if batch:
            self._send(batch, stages)
        if self.unreadable:
            self.outcome += Outcome(stored=None, failed=1)
        stage.end(self.outcome.read)

    def describe(self) -> Iterator[str]:
        """Yields the lines that say what became of the products."""
        if self._failure:
            yield f"{self._name}: {self._failure}"
        yield f"{self._name}: {self.outcome}{' until then' if self.outcome.failed else ''}"
        for number, reason in sorted(self._rejected):
            yield f"  {self._name}:{number}: {printable(reason)}"
        if more := self.outcome.rejected - len(self._rejected):
            yield f"  and {more:,} more; `footfall rejected` lists them"
        if self.outcome.rejected and not self.outcome.good:
            yield f"  expected is one product a line, in JSON, such as {_EXAMPLE}"

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        try:
            with opened(self._path) as raw, io.BufferedReader(cast("io.RawIOBase", raw)) as file:
                compressed = file.peek(len(GZIP_MAGIC)).startswith(GZIP_MAGIC)
                for number, line in enumerate(gzip.GzipFile(fileobj=file) if compressed else file, 1):
                    if line.strip():
                        yield number, line
        except (OSError, EOFError, zlib.error) as error:
            self.unreadable = getattr(error, "strerror", None) or str(error)

    def _send(self, batch: dict[int, Product], stages: Stages) -> None:
        """Imports some products, by their lines, and notes what became of them."""
        source = ProductInlineSource(products=batch.values())
        request = ImportProductsRequest(
            parent=self._branch, input_config=ProductInputConfig(product_inline_source=source)
        )
        service = ProductServiceStub(self._connection.channel)
        operation: Operation = service.ImportProducts(request, timeout=CALL_TIMEOUT_S)
        while not operation.done:
            operation = wait(self._connection, operation, stages.poll_s)
        counts: ImportMetadata = metadata_of(operation)
        failed = operation.HasField("error")
        self.outcome += Outcome(counts.success_count, None, counts.failure_count, failed)
        if failed:
            self._failure = f"{state(operation)}: {printable(operation.error.message)}"
        response = ImportProductsResponse()
        operation.response.Unpack(response)
        numbers = list(batch)
        for sample in response.error_samples:
            _, index = place(sample)
            self._rejected.append((numbers[index - 1], sample.message))
