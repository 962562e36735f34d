"""What can't be read from BigQuery, and what changed before all of it was: each says so."""

from __future__ import annotations

from datetime import date

import pytest

from service.sources.bigquery import BigQueryTable, NotPartitionedError
from service.sources.objects import (
    ObjectChangedError,
    ObjectError,
    ObjectNotFoundError,
    ObjectStorageUnavailableError,
)
from tests.sources.emulator import DATASET, PROJECT, numbers, path


def test_missing_table(warehouse, open_table):
    with pytest.raises(ObjectNotFoundError) as caught:
        open_table("nowhere").describe()
    uri = f"bq://{PROJECT}.{DATASET}.nowhere"
    assert str(caught.value) == f"{uri} not found: Not found: Table {PROJECT}:{DATASET}.nowhere"
    assert caught.value.uri == uri


def test_missing_dataset(warehouse):
    table = BigQueryTable(PROJECT, "elsewhere", "t")
    with pytest.raises(ObjectNotFoundError, match="Not found: Dataset shop:elsewhere"):
        table.describe()
    table.close()


@pytest.mark.parametrize("kind", ["table", "view"])
def test_partition_of_what_has_none(warehouse, open_table, kind):
    name = f"undivided_{kind}"
    warehouse.create(f"{name}_of", {"n": "INT64"}, [{"n": 1}])
    warehouse.run(f"CREATE {kind} {path(name)} AS SELECT * FROM {path(f'{name}_of')}")
    with pytest.raises(NotPartitionedError, match=f"{name} is not partitioned by time. Leave partition_date out"):
        open_table(name, date(2024, 1, 15)).describe()


def test_table_that_changed_before_it_was_read(warehouse, open_table, name):
    warehouse.create(name, {"n": "INT64"}, [{"n": 1}])
    table = open_table(name)
    info = table.describe()
    warehouse.insert(name, {"n": "INT64"}, [{"n": 2}])
    with pytest.raises(ObjectChangedError, match=r"changed while it was being imported: it had 1 rows, .*Import it"):
        table.fix(info)


def test_table_that_changed_before_reading_went_on(warehouse, open_table, name):
    warehouse.create(name, {"n": "INT64"}, [{"n": 1}, {"n": 2}])
    table = open_table(name)
    fixed = table.fix(table.describe())
    assert numbers(table, fixed, 1) == [2]
    warehouse.insert(name, {"n": "INT64"}, [{"n": 3}])
    with pytest.raises(ObjectChangedError):
        numbers(table, fixed, 1)
    with pytest.raises(ObjectChangedError):
        table.verify(fixed)


def test_table_that_changed_while_it_was_read(warehouse, open_table, name):
    warehouse.create(name, {"n": "INT64"}, [{"n": number} for number in range(4)])
    table = open_table(name)
    batches = table.read(table.fix(table.describe()), page_rows=2, batch_rows=2)
    assert len(next(batches)) == 2
    warehouse.insert(name, {"n": "INT64"}, [{"n": 9}])
    with pytest.raises(ObjectChangedError, match="4 rows were there, 5 came"):
        list(batches)


@pytest.mark.parametrize("moment", ["before", "while"])
def test_table_that_went(warehouse, open_table, moment):
    name = f"gone_{moment}"
    warehouse.create(name, {"n": "INT64"}, [{"n": number} for number in range(4)])
    table = open_table(name)
    batches = table.read(table.fix(table.describe()), page_rows=2, batch_rows=2)
    if moment == "while":
        assert len(next(batches)) == 2
    warehouse.run(f"DROP TABLE {path(name)}")
    with pytest.raises(ObjectChangedError, match="Import it again"):
        list(batches)


def test_result_of_a_query_that_is_kept_no_longer(warehouse, open_table, name):
    warehouse.create(f"{name}_of", {"n": "INT64"}, [{"n": 0}])
    warehouse.create_view(name, f"SELECT * FROM {path(f'{name}_of')}")
    table = open_table(name)
    fixed = table.fix(table.describe())
    project, dataset, _ = fixed.table
    gone = fixed._replace(table=(project, dataset, "gone"))  # the emulator keeps results for good
    with pytest.raises(
        ObjectChangedError, match="rows are gone now; BigQuery keeps the result of a query for 24 hours"
    ):
        table.verify(gone)


def test_view_that_went_before_it_was_queried(warehouse, open_table, name):
    warehouse.create(f"{name}_of", {"n": "INT64"}, [{"n": 0}])
    warehouse.create_view(name, f"SELECT * FROM {path(f'{name}_of')}")
    table = open_table(name)
    info = table.describe()
    warehouse.run(f"DROP VIEW {path(name)}")
    with pytest.raises(ObjectChangedError, match=f"Not found: Table {PROJECT}:{DATASET}.{name}"):
        table.fix(info)


def test_view_of_what_went(warehouse, open_table, name):
    warehouse.create(f"{name}_of", {"n": "INT64"}, [{"n": 0}])
    warehouse.create_view(name, f"SELECT * FROM {path(f'{name}_of')}")
    table = open_table(name)
    info = table.describe()
    warehouse.run(f"DROP TABLE {path(f'{name}_of')}")
    with pytest.raises(ObjectError, match=f"{name} can't be read: ") as caught:
        table.fix(info)
    assert type(caught.value) is ObjectError


def test_view_whose_query_fails(warehouse, open_table, name):
    warehouse.create(f"{name}_of", {"n": "INT64"}, [{"n": 0}])
    warehouse.create_view(name, f"SELECT CAST('x' AS INT64) AS n FROM {path(f'{name}_of')}")
    table = open_table(name)
    with pytest.raises(ObjectError, match=f"bq://{PROJECT}.{DATASET}.{name} can't be read: "):
        table.fix(table.describe())


def test_bigquery_out_of_reach(monkeypatch):
    pytest.importorskip("google.cloud.bigquery", reason="google-cloud-bigquery is not installed")
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", "127.0.0.1:1")
    table = BigQueryTable(PROJECT, DATASET, "t", patience_s=0.01)
    with pytest.raises(
        ObjectStorageUnavailableError,
        match=f"bq://{PROJECT}.{DATASET}.t: BigQuery does not answer: .*Connection refused",
    ):
        table.describe()
    table.close()


def test_no_credentials(monkeypatch, tmp_path):
    pytest.importorskip("google.cloud.bigquery", reason="google-cloud-bigquery is not installed")
    monkeypatch.delenv("BIGQUERY_EMULATOR_HOST", raising=False)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "missing.json"))
    with pytest.raises(ObjectError, match="BigQuery needs Google credentials"):
        BigQueryTable(PROJECT, DATASET, "t")
