"""What an import of products says of lines that it rejects: counts, samples, the errors file, ListRejectedEvents."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from google.protobuf import json_format

from tests.contract.clients import Official, every_product_route
from tests.contract.products import ended, ids, line, objects, reasons, where
from tests.contract.samples import put
from tests.support.reflected import ReflectedClient

# A wrong line, the field that is wrong with it, and the reason.
WRONG: dict[str, tuple[str, str, str]] = {
    "no title": (line("p", title=None), "title", "MISSING_FIELD"),
    "no id": (line("", id=None), "id", "MISSING_FIELD"),
    "bad id": (line("a//b"), "id", "INVALID_RESOURCE_ID"),
    "unknown field": (line("p", titel="x"), "titel", "UNKNOWN_FIELD"),
    "unknown field inside": (line("p", priceInfo={"prize": 1}), "price_info.prize", "UNKNOWN_FIELD"),
    "bad time": (line("p", availableTime="tomorrow"), "available_time", "INVALID_TIMESTAMP"),
    "number for a text": (line("p", description=17), "description", "INCORRECT_JSON_FORMAT"),
    "unknown enum value": (line("p", availability="SOLD"), "availability", "INCORRECT_JSON_FORMAT"),
    "unknown currency": (
        line("p", priceInfo={"price": 1, "currencyCode": "XXQ"}),
        "price_info.currency_code",
        "INVALID_VALUE",
    ),
    "no JSON": ("id,title", "", "INCORRECT_JSON_FORMAT"),
    "no primary": (
        line("p", type="VARIANT", primaryProductId="none", categories=None),
        "primary_product_id",
        "PRIMARY_NOT_FOUND",
    ),
}


@every_product_route
def test_all_of_them(products: Official, reflected: ReflectedClient, catalog: str, bucket: Path) -> None:
    wrong = [each for each, _, _ in WRONG.values()]
    put(bucket / "products.jsonl", [line("good1"), *wrong, "", line("good2")])
    uri = f"gs://{bucket.name}/products.jsonl"

    operation = ended(products, reflected, objects(catalog, uri, errors=f"gs://{bucket.name}/errors"))

    assert (operation.metadata.success_count, operation.metadata.failure_count) == (2, len(WRONG))
    assert ids(products, catalog) == ["good1", "good2"]
    samples = operation.result().error_samples
    assert {sample.code for sample in samples} == {3}
    assert [where(sample) for sample in samples] == [(number, uri) for number in range(2, 2 + len(WRONG))]
    assert [reasons(sample) for sample in samples] == [{field: reason} for _, field, reason in WRONG.values()]

    (file,) = (bucket / "errors").iterdir()
    assert file.name == f"{operation.operation.name.rpartition('/')[2]}-errors.jsonl"
    reports = [json.loads(each) for each in file.read_text().splitlines()]
    assert [report["details"][0]["value"]["line_number"] for report in reports] == list(range(2, 2 + len(WRONG)))
    assert reports == [json_format.MessageToDict(sample) for sample in samples]

    rejected = reflected.rejected(catalog)[::-1]
    assert [each.raw for each in rejected] == wrong
    assert [each.line_number for each in rejected] == list(range(2, 2 + len(WRONG)))
    assert {(each.uri, each.operation, each.source) for each in rejected} == {(uri, operation.operation.name, 4)}
    assert [reasons(each.status) for each in rejected] == [{field: reason} for _, field, reason in WRONG.values()]


def test_samples_are_some_and_the_file_has_all(
    products: Official, reflected: ReflectedClient, catalog: str, bucket: Path
) -> None:
    put(bucket / "products.jsonl", [line(f"p{number}", title=None) for number in range(1_234)])

    operation = ended(
        products,
        reflected,
        objects(catalog, f"gs://{bucket.name}/products.jsonl", errors=f"gs://{bucket.name}/errors"),
    )

    assert operation.metadata.failure_count == 1_234
    assert [where(each)[0] for each in operation.result().error_samples] == list(range(1, 101))
    (file,) = (bucket / "errors").iterdir()
    assert file.read_text().count("\n") == 1_234
    assert len(reflected.rejected(catalog)) == 1_234


@pytest.mark.parametrize("filler", ["x", "ü"])
def test_a_line_over_the_limit(
    products: Official, reflected: ReflectedClient, catalog: str, bucket: Path, filler: str
) -> None:
    put(bucket / "products.jsonl", [line("p1"), line("long", description=filler * 2 * 2**20), line("p2")])

    operation = ended(products, reflected, objects(catalog, f"gs://{bucket.name}/products.jsonl"))

    assert (operation.metadata.success_count, operation.metadata.failure_count) == (2, 1)
    (rejected,) = reflected.rejected(catalog)
    assert (rejected.line_number, rejected.raw_truncated, reasons(rejected.status)) == (2, True, {"": "TOO_LONG"})


def test_several_violations_of_one_line(
    products: Official, reflected: ReflectedClient, catalog: str, bucket: Path
) -> None:
    put(bucket / "products.jsonl", [line("p1", title=None, sizes=["s" * 129], categories=[])])

    operation = ended(products, reflected, objects(catalog, f"gs://{bucket.name}/products.jsonl"))

    (sample,) = operation.result().error_samples
    assert set(reasons(sample)) == {"title", "sizes[0]", "categories"}
    assert sample.message.endswith(" (and 2 more)")
