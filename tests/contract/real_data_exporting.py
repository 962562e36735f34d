"""The real files out again, into another catalog, and out of that: the same lines in every format."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

from google.cloud import retail_v2beta
from pyarrow import parquet

from tests.contract.imports import counts
from tests.contract.real_data_session import CDNOW, CLICKSTREAM, PRODUCTS, Session, expect, lines_of, timed
from tests.support.reflected import RETAIL

EXPORTS = RETAIL.replace("v2", "v2beta")
FORMATS = {"JSON_LINES": 1, "JSON_LINES_GZIP": 2, "PARQUET": 3}


def check_exporting(session: Session) -> None:
    """Joined and unjoined events together: half the products are known."""
    lines = lines_of(session.data / PRODUCTS)
    (session.data / "half.jsonl").write_text("\n".join(lines[::2]))
    session.import_products("first", "half.jsonl")
    session.import_events("first", CLICKSTREAM, CDNOW)
    joined = session.count("first", "joined=true")
    unjoined = session.count("first", "joined=false")
    print(f"{joined:,} joined and {unjoined:,} unjoined events")
    assert joined > 10_000
    assert unjoined > 10_000
    joined_only(session, joined)
    for form in FORMATS:
        round_trip(session, form, joined + unjoined)


def joined_only(session: Session, joined: int) -> None:
    """Google's client, and its default: joined events only."""
    print("an export by Google's v2beta client")
    destination = retail_v2beta.OutputConfig.GcsDestination(output_uri_prefix="gs://data/out")
    config = retail_v2beta.OutputConfig(gcs_destination=destination)
    operation = session.exports.export_user_events({"parent": session.catalog("first"), "output_config": config})
    files = files_of(session, session.ended(operation).result())
    expect("lines", sum(len(rows_of(file)) for file in files), joined)


def round_trip(session: Session, form: str, count: int) -> None:
    print(f"export, import, export: {form}")
    with timed("the export", count):
        first = export(session, "first", form)
    expect("rows of each file", [len(rows_of(file)) for file in first], [100_000, count - 100_000])
    name = f"from-{form.lower()}"
    with timed("the import", count):
        operation = session.import_events(name, *(str(file.relative_to(session.data)) for file in first))
    expect("counts", counts(operation), (count, 0))
    second = export(session, name, form)
    expect("rows again", sum(len(rows_of(file)) for file in second), count)
    same = all(rows_of(one) == rows_of(other) for one, other in zip(first, second, strict=True))
    expect("the same rows in the same order", same, True)


def export(session: Session, name: str, form: str) -> list[Path]:
    """The files of an export of everything, over our own stub: the format is a field of ours."""
    destination = {"output_uri_prefix": "gs://data/out", "format": FORMATS[form]}
    request = {"parent": session.catalog(name), "filter": "*", "output_config": {"gcs_destination": destination}}
    operation = session.reflected.call(EXPORTS, "ExportUserEvents", **request)
    ended = session.reflected.wait(operation.name, timeout=600)
    response = session.reflected.message("google.cloud.retail.v2beta.ExportUserEventsResponse")
    assert ended.response.Unpack(response), ended
    return files_of(session, response)


def files_of(session: Session, response: Any) -> list[Path]:
    uris = [result.output_uri for result in response.output_result.gcs_result]
    return [session.server.buckets / uri.removeprefix("gs://") for uri in uris]


def rows_of(file: Path) -> list[Any]:
    if file.suffix == ".parquet":
        rows: list[Any] = parquet.read_table(file).to_pylist()
        return rows
    data = file.read_bytes()
    return (gzip.decompress(data) if file.suffix == ".gz" else data).splitlines()
