"""What an operation says of itself: its state, its counts, what went wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from google.longrunning.operations_proto_pb2 import Operation
from google.protobuf.struct_pb2 import Struct
from google.rpc import code_pb2
from google.rpc.status_pb2 import Status

from generated.footfall.v1.event_log_service_pb2 import UploadClientEventsResponse
from generated.google.cloud.retail.v2.import_config_pb2 import ImportMetadata, ImportUserEventsResponse
from service.commands.kinds import done_so_far, metadata_of, sentence
from service.commands.texts import count, printable

_SAMPLES = 5
_USER_EVENT = (
    'user event a line, in JSON, such as {"eventType":"home-page-view","visitorId":"v-1",'
    '"eventTime":"2026-03-14T09:26:53Z"}'
)
_CLIENT_EVENT = (
    'client event a line, in JSON, such as {"eventId":"e-1","createTime":"2026-03-14T09:26:53Z",'
    '"jobEvent":{"type":"VIEW","jobs":["projects/p/tenants/t/jobs/j"]}}'
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the events of an import, or of several.

    Attributes:
        good: Events that keep the rules.
        stored: Those of them that were new; known once an import succeeded.
        rejected: Events that were refused.
        failed: Imports that did not succeed, or not yet.
    """

    good: int = 0
    stored: int | None = 0
    rejected: int = 0
    failed: int = 0

    @property
    def read(self) -> int:
        """How many events were read."""
        return self.good + self.rejected

    @property
    def flawless(self) -> bool:
        """Whether every import succeeded and took every event."""
        return not self.failed and not self.rejected

    def __add__(self, other: Outcome) -> Outcome:
        stored = None if self.stored is None or other.stored is None else self.stored + other.stored
        return Outcome(self.good + other.good, stored, self.rejected + other.rejected, self.failed + other.failed)

    def __str__(self) -> str:
        stored = "" if self.stored is None else f" ({self.stored:,} stored, {self.good - self.stored:,} repeated)"
        return f"{self.good:,} good{stored}, {self.rejected:,} rejected"


def outcome(operation: Operation) -> Outcome:
    """Returns the outcome of an operation up to now; its counts are zero where it has none."""
    metadata, response = metadata_of(operation), ImportUserEventsResponse()
    of_client_events = UploadClientEventsResponse()
    if not isinstance(metadata, ImportMetadata):
        return Outcome(done_so_far(operation), None, 0, state(operation) != "succeeded")
    stored = None
    if operation.response.Unpack(response):
        stored = response.import_summary.joined_events_count + response.import_summary.unjoined_events_count
    elif operation.response.Unpack(of_client_events):
        stored = of_client_events.stored_count
    return Outcome(metadata.success_count, stored, metadata.failure_count, state(operation) != "succeeded")


def state(operation: Operation) -> str:
    """Returns `running`, which includes waiting for its turn, `succeeded`, `cancelled` or `failed`."""
    if not operation.done:
        return "running"
    if not operation.HasField("error"):
        return "succeeded"
    return "cancelled" if operation.error.code == code_pb2.CANCELLED else "failed"


def describe(operation: Operation, label: str) -> Iterator[str]:
    """Yields the lines that say how an operation stands: its state and counts, then the first rejected events.

    Args:
        operation: As it is now.
        label: What it is called.
    """
    result = outcome(operation)
    if operation.HasField("error"):
        yield f"{label}: {state(operation)}: {printable(operation.error.message)}"
    yield f"{label}: {sentence(operation) or result}{' until then' if result.failed else ''}"
    metadata = metadata_of(operation)
    if isinstance(metadata, ImportMetadata) and (deleted := metadata.deleted_products_count):
        yield f"  {count(deleted, 'product')} deleted, which the source lacks"
    response, of_client_events = ImportUserEventsResponse(), UploadClientEventsResponse()
    if operation.response.Unpack(response):
        samples, prefix, expected = response.error_samples, response.errors_config.gcs_prefix, _USER_EVENT
    elif operation.response.Unpack(of_client_events):
        samples, prefix, expected = of_client_events.error_samples, of_client_events.gcs_errors_prefix, _CLIENT_EVENT
    else:
        return
    for sample in samples[:_SAMPLES]:
        yield f"  {printable(_where(sample) + sample.message)}"
    if result.rejected > _SAMPLES:
        yield f"  and {result.rejected - _SAMPLES:,} more; `footfall rejected` lists them"
    if result.rejected and not result.good:
        yield f"  expected is one {expected}; --schema names other forms"
    if result.rejected and prefix:
        yield f"  the rejected lines are also under {printable(prefix)}"


def place(sample: Status) -> tuple[str, int]:
    """Returns file and line of an error sample; the file is empty when it has none."""
    found = Struct()
    if sample.details and sample.details[0].Unpack(found):
        return str(found["file"]), int(cast("float", found["line_number"]))
    return "", 0


def _where(sample: Status) -> str:
    file, line = place(sample)
    return f"{file}:{line}: " if file else ""
