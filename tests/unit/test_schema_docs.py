"""docs/MAPPINGS.md: its examples are true, and it names everything that is mapped."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from google.protobuf import json_format

from service.sources.schemas import DATA_SCHEMAS, ga4, ga360, line_reader
from service.sources.schemas.table_source import FIRST_DAY, LAST_DAY

TEXT = (Path(__file__).parents[2] / "docs/MAPPINGS.md").read_text()
EXAMPLE = re.compile(r"```json (\w+) row\n(.*?)```\n((?:\n```json event\n.*?```\n)+)", re.DOTALL)
EXAMPLES = {
    schema: (row, re.findall(r"```json event\n(.*?)```", events, re.DOTALL))
    for schema, row, events in EXAMPLE.findall(TEXT)
}


@pytest.mark.parametrize("schema", ["ga4", "ga360"])
def test_example(schema):
    row, events = EXAMPLES[schema]
    mapped = line_reader(f"user_event_{schema}")(row.encode())
    assert [json_format.MessageToDict(event) for _, event, _ in mapped] == [json.loads(event) for event in events]


def test_everything_that_is_mapped_is_named():
    names = {*ga4.EVENT_TYPES, *ga4.EVENT_TYPES.values(), *ga4._MAPPED, *ga360.ACTIONS.values(), ga360._LATER_CHECKOUT}
    names |= {*ga360._VISITS, *ga360._VISITS.values(), *ga4._ITEM, *ga360._PRODUCT, *ga360._ITEM, *DATA_SCHEMAS}
    assert {name for name in names if name not in TEXT} == set()
    assert f"{FIRST_DAY} to {LAST_DAY}" in TEXT
