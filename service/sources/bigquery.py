"""Tables and views of BigQuery, through its official client; `BIGQUERY_EMULATOR_HOST` leads it to an emulator.

Rows are counted from 0 and can be read from any of them on, which needs rows that stay in one order. BigQuery promises
no order, but keeps one as long as nothing rewrites the table. So a plain table is listed as it is, and found out if it
changed. What may be rewritten or has no rows of its own (views, partitions, clustered tables, tables that rows stream
into) is queried first, and the result is listed: a table of its own that nothing changes, and that BigQuery keeps for
24 hours.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from service.sources.objects import (
    ObjectChangedError,
    ObjectError,
    ObjectNotFoundError,
    ObjectStorageUnavailableError,
)

if TYPE_CHECKING:
    from google.api_core.exceptions import GoogleAPICallError
    from google.cloud.bigquery import Client, Table

_PAGE_ROWS: Final = 5_000  # asked for at once; BigQuery sends fewer where they are large
_BATCH_ROWS: Final = 250
_PATIENCE_S: Final = 3.0
_CALL_S: Final = 60.0  # of one call, of the many that reading or a query takes

_Table = tuple[str, str, str]


class NotPartitionedError(ObjectError):
    """A partition was asked for of what has none."""


class TableInfo(NamedTuple):
    """What is known of a table before it is read.

    Attributes:
        uri: Its name for reports, `bq://project.dataset.table`, with `$20240131` for a partition.
        version: Differs whenever the content may; empty where a query has to fix the content.
        rows: How many; None where a query has to tell.
    """

    uri: str
    version: str
    rows: int | None


class FixedRows(NamedTuple):
    """Rows that are read, which keep their places.

    Attributes:
        table: The project, dataset and table that holds them.
        version: Of that table.
        size: How many there are.
    """

    table: _Table
    version: str
    size: int


class BigQueryTable:
    """A table or view, or a partition of a table. Every call blocks: callers run them in threads.

    Args:
        project_id: The project that the dataset belongs to.
        dataset_id: The dataset.
        table_id: The table or view.
        partition_date: The day whose partition is read; of tables partitioned by month or year, the one it falls into.
        patience_s: How long to go on trying to learn of the table from BigQuery; reading rows tries for ten minutes.

    Raises:
        ObjectError: There is no library, or there are no credentials.
    """

    def __init__(
        self,
        project_id: str,
        dataset_id: str,
        table_id: str,
        partition_date: date | None = None,
        *,
        patience_s: float = _PATIENCE_S,
    ) -> None:
        self._table: _Table = (project_id, dataset_id, table_id)
        self._day = partition_date
        partition = f"${partition_date:%Y%m%d}" if partition_date else ""
        self.uri = f"bq://{project_id}.{dataset_id}.{table_id}{partition}"
        self._client = _connect(project_id)
        self._retry = _retry(patience_s)

    def close(self) -> None:
        """Ends the connections."""
        self._client.close()  # type: ignore[no-untyped-call]

    def describe(self) -> TableInfo:
        """What the table is now; costs nothing.

        Raises:
            ObjectNotFoundError: There is no such table.
            NotPartitionedError: It can't be read by this partition.
            ObjectStorageUnavailableError: BigQuery does not answer.
            ObjectError: It can't be read.
        """
        table = self._get(self._table, self._missing)
        if not self._condition(table) and _keeps_places(table):
            return TableInfo(self.uri, _version(table), table.num_rows or 0)
        return TableInfo(self.uri, "", None)

    def fix(self, info: TableInfo) -> FixedRows:
        """The rows to read, from a query where `describe` said so: it is charged as BigQuery charges queries.

        Keep what this returns to go on after an interruption: another query may give the rows other places.

        Raises:
            ObjectChangedError: The table is not the one of `info` any more.
            ObjectError: As `describe`, and where the query fails.
        """
        if info.rows is not None:
            rows = FixedRows(self._table, info.version, info.rows)
            self.verify(rows)
            return rows
        from google.cloud.bigquery import QueryJobConfig  # noqa: PLC0415  an optional, heavy library

        project, dataset, name = self._table
        condition = self._condition(self._get(self._table, self._changed))
        sql = f"SELECT * FROM `{project}`.`{dataset}`.`{name}`{condition}"  # noqa: S608  checked names
        with self._explained(self._unreadable):
            job = self._client.query(sql, job_config=QueryJobConfig(use_query_cache=False), timeout=_CALL_S)
            job.result(page_size=1)
            result = self._client.get_table(job.destination, timeout=_CALL_S)
        return FixedRows((result.project, result.dataset_id, result.table_id), _version(result), result.num_rows or 0)

    def verify(self, rows: FixedRows) -> None:
        """Checks that the rows are still those that were fixed.

        Raises:
            ObjectChangedError: They are not.
        """
        self._get_fixed(rows)

    def read(
        self, rows: FixedRows, offset: int = 0, *, page_rows: int = _PAGE_ROWS, batch_rows: int = _BATCH_ROWS
    ) -> Iterator[list[dict[str, Any]]]:
        """The rows from `offset` on, in the same order each time.

        Args:
            rows: What `fix` returned, now or before an interruption.
            offset: How many rows to pass over.
            page_rows: At most so many are asked for at once.
            batch_rows: At most so many come at once.

        Raises:
            ObjectChangedError: The rows have changed or gone, before or while they were read.
            ObjectError: They can't be read.
        """
        table = self._get_fixed(rows)
        with self._explained(self._changed):
            for page in self._client.list_rows(table, start_index=offset, page_size=page_rows, timeout=_CALL_S).pages:
                items = iter(page)
                while batch := [dict(row.items()) for row in islice(items, batch_rows)]:
                    offset += len(batch)
                    yield batch
        if offset != rows.size:
            raise self._changed(f"{rows.size} rows were there, {offset} came")

    def _get(self, table: _Table, not_found: Callable[[str], ObjectError]) -> Table:
        with self._explained(not_found):
            return self._client.get_table(".".join(table), retry=self._retry, timeout=_CALL_S)

    def _get_fixed(self, rows: FixedRows) -> Table:
        kept = "" if tuple(rows.table) == self._table else "; BigQuery keeps the result of a query for 24 hours"
        table = self._get(rows.table, lambda _: self._changed(f"the rows are gone now{kept}"))
        if _version(table) != rows.version:
            raise self._changed(f"it had {rows.size} rows, version {rows.version}, and is {_version(table)} now")
        return table

    def _missing(self, reason: str) -> ObjectError:
        return ObjectNotFoundError(f"{self.uri} not found: {reason}", self.uri)

    def _unreadable(self, reason: str) -> ObjectError:
        return ObjectError(f"{self.uri} can't be read: {reason}")

    def _changed(self, how: str) -> ObjectError:
        return ObjectChangedError(
            f"{self.uri} changed while it was being imported: {how}. Import it again; what is stored already is not "
            "stored twice."
        )

    def _condition(self, table: Table) -> str:
        """What of a query confines it to the partition; empty without one."""
        if self._day is None:
            return ""
        partitioning = table.time_partitioning
        if partitioning is None:
            raise NotPartitionedError(
                f"{self.uri} can't be read by partition_date: {self._table[2]} is not partitioned by time. Leave "
                "partition_date out; a table for each day, as Google Analytics exports them, is named in table_id."
            )
        column, kind = "_PARTITIONTIME", "TIMESTAMP"
        if partitioning.field:
            column = f"`{partitioning.field}`"
            kind = next(item.field_type for item in table.schema if item.name.lower() == partitioning.field.lower())
        first, following = _bounds(self._day, partitioning.type_)
        return f" WHERE {column} >= {kind} '{first}' AND {column} < {kind} '{following}'"

    @contextlib.contextmanager
    def _explained(self, not_found: Callable[[str], ObjectError]) -> Iterator[None]:
        """Turns Google's errors into ours; `not_found` makes the one of what is not there."""
        import requests  # noqa: PLC0415  optional libraries
        from google.api_core import exceptions  # noqa: PLC0415
        from google.auth.exceptions import GoogleAuthError, TransportError  # noqa: PLC0415

        try:
            yield
        except exceptions.NotFound as error:
            raise not_found(_reason(error)) from error
        except exceptions.MethodNotImplemented as error:  # a server's error that passes on no other day
            raise self._unreadable(_reason(error)) from error
        except (
            exceptions.RetryError,
            exceptions.ServerError,
            exceptions.TooManyRequests,
            requests.ConnectionError,
            requests.Timeout,
            requests.exceptions.ChunkedEncodingError,
            TransportError,
        ) as error:
            raise ObjectStorageUnavailableError(f"{self.uri}: BigQuery does not answer: {_reason(error)}") from error
        except exceptions.Forbidden as error:
            remedy = ". The server's account needs the roles BigQuery Data Viewer and BigQuery Job User"
            raise self._unreadable(_reason(error) + (remedy if _is_denied(error) else "")) from error
        except (exceptions.GoogleAPIError, requests.RequestException, GoogleAuthError) as error:
            raise self._unreadable(_reason(error)) from error


def _connect(project_id: str) -> Client:
    """A client; its queries are charged to the project of its credentials, if they have one."""
    try:
        import google.auth  # noqa: PLC0415  optional, heavy libraries
        from google.auth.credentials import AnonymousCredentials  # noqa: PLC0415
        from google.auth.exceptions import DefaultCredentialsError  # noqa: PLC0415
        from google.cloud.bigquery import Client  # noqa: PLC0415
    except ImportError as error:
        raise ObjectError("BigQuery needs Google's library: pip install 'footfall[gcp]'") from error
    if host := os.environ.get("BIGQUERY_EMULATOR_HOST"):
        endpoint = host if "://" in host else f"http://{host}"
        anyone = AnonymousCredentials()  # type: ignore[no-untyped-call]
        return Client(project_id, anyone, client_options={"api_endpoint": endpoint})
    try:
        credentials, project = google.auth.default(scopes=Client.SCOPE)
    except DefaultCredentialsError as error:
        raise ObjectError(
            "BigQuery needs Google credentials (GOOGLE_APPLICATION_CREDENTIALS or `gcloud auth application-default "
            f"login`). {error}"
        ) from error
    return Client(project or project_id, credentials)


def _retry(seconds: float) -> Any:
    from google.cloud.bigquery import DEFAULT_RETRY  # noqa: PLC0415  an optional, heavy library

    return DEFAULT_RETRY.with_timeout(seconds)


def _reason(error: Exception) -> str:
    """What Google says, without the URL that it puts in front."""
    reasons = [item["message"] for item in getattr(error, "errors", ()) if isinstance(item, dict) and "message" in item]
    return str(reasons[0] if reasons else getattr(error, "cause", None) or error)


def _is_denied(error: GoogleAPICallError) -> bool:
    """Whether a 403 means the account; rates and quotas have it, too."""
    return any(isinstance(item, dict) and item.get("reason") == "accessDenied" for item in error.errors)


def _keeps_places(table: Table) -> bool:
    """Whether the rows of a table stay where they are until someone changes it."""
    return table.table_type == "TABLE" and not table.clustering_fields and table.streaming_buffer is None


def _version(table: Table) -> str:
    """Of the content: an etag would change with a label, too, and that of an emulator with each call."""
    columns = hashlib.blake2b(repr(table.schema).encode(), digest_size=8).hexdigest()
    changed_us = int(table.modified.timestamp() * 1_000_000) if table.modified else 0
    return f"{changed_us}-{table.num_rows}-{table.num_bytes}-{columns}"


def _bounds(day: date, partitioning: str) -> tuple[date, date]:
    """The first day of a partition and the first after it."""
    match partitioning:
        case "MONTH":
            first = day.replace(day=1)
            return first, (first + timedelta(days=31)).replace(day=1)
        case "YEAR":
            return date(day.year, 1, 1), date(day.year + 1, 1, 1)
        case _:
            return day, day + timedelta(days=1)
