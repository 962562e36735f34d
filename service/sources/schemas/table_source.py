"""What is wrong with how a request names a table, a BigQuerySource, as far as can be told without asking BigQuery."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Final

from generated.google.cloud.retail.v2.import_config_pb2 import BigQuerySource
from service.events import paths
from service.events.errors import Violation, missing, violation
from service.events.limits import too_long
from service.sources.schemas import DATA_SCHEMAS

FIELD: Final = "input_config.big_query_source"
MAX_PROJECT_CHARS: Final = 128
MAX_NAME_CHARS: Final = 1_024
MAX_STAGING_DIR_CHARS: Final = 2_000
FIRST_DAY: Final = date(1960, 1, 1)  # that BigQuery has partitions for
LAST_DAY: Final = date(2159, 12, 31)

_NAME: Final = re.compile(r"""[^`\\.:$*?/"'\x00-\x1f\x7f]+""")
_PROJECT: Final = re.compile(r"[A-Za-z0-9.:_-]+")


def check_source(source: BigQuerySource, project_id: str, schemas: Sequence[str] = DATA_SCHEMAS) -> list[Violation]:
    """What is wrong with a BigQuerySource that can be told without asking BigQuery.

    Args:
        source: As it was asked for; the names of dataset and table, if accepted, are safe to put into SQL.
        project_id: The project of the dataset, be it the source's or that of the request's parent; likewise.
        schemas: The names that `data_schema` may have; an empty one is the first of them.
    """
    found = _check_name(f"{FIELD}.project_id", project_id, MAX_PROJECT_CHARS, _PROJECT)
    for name in ("dataset_id", "table_id"):
        value = getattr(source, name)
        found += _check_name(f"{FIELD}.{name}", value, MAX_NAME_CHARS, _NAME) if value else [missing(f"{FIELD}.{name}")]
    if len(source.gcs_staging_dir) > MAX_STAGING_DIR_CHARS:
        found.append(too_long(f"{FIELD}.gcs_staging_dir", MAX_STAGING_DIR_CHARS, len(source.gcs_staging_dir)))
    if source.data_schema and source.data_schema not in schemas:
        rule = f"must be one of {', '.join(schemas)}, but is {paths.quoted(source.data_schema)}."
        found.append(violation(f"{FIELD}.data_schema", rule))
    try:
        partition_day(source)
    except ValueError:
        rule = f"must be a day from {FIRST_DAY} to {LAST_DAY}, with year, month and day."
        found.append(violation(f"{FIELD}.partition_date", rule))
    return found


def partition_day(source: BigQuerySource) -> date | None:
    """The `partition_date` of a source, if it has one.

    Raises:
        ValueError: It is not a day that BigQuery has partitions for.
    """
    if not source.HasField("partition_date"):
        return None
    day = date(source.partition_date.year, source.partition_date.month, source.partition_date.day)
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(day)
    return day


def _check_name(field: str, name: str, limit: int, pattern: re.Pattern[str]) -> list[Violation]:
    if len(name) > limit:
        return [too_long(field, limit, len(name))]
    if name and not pattern.fullmatch(name):
        rule = f"must be the plain name of one, without wildcards and partitions, but is {paths.quoted(name)}."
        return [violation(field, rule)]
    return []
