"""`footfall products import` and `footfall rejoin`: products come in, and events join them."""

from __future__ import annotations

import gzip
import json

import pytest

from tests.cli.console import GOOD, Terminal, run


def product(number: int | str) -> str:
    """A product as a line."""
    return json.dumps({"id": f"p{number}", "title": "A product", "categories": ["All"]}) + "\n"


def ids_of_the_examples() -> set[str]:
    """The products that the example events name."""
    events = map(json.loads, GOOD.read_text().splitlines())
    return {detail["product"]["id"] for event in events for detail in event.get("productDetails", ())}


def test_more_than_a_batch(verb, tmp_path):
    file = tmp_path / "products.jsonl"
    file.write_text("".join(map(product, range(1_100))))
    done = verb("products", "import", file)
    assert (done.returncode, done.stdout) == (0, "products.jsonl: 1,100 good, 0 rejected\n"), done.stderr
    assert done.stderr.splitlines()[-1] == "products.jsonl import: 1,100 lines"
    operations = [json.loads(line) for line in verb("operations").stdout.splitlines()]
    assert [each["metadata"]["successCount"] for each in operations] == ["100", "500", "500"]


def test_wrong_lines_are_named_by_file_and_line(verb, tmp_path):
    file = tmp_path / "products.jsonl"
    lines = [*map(product, range(510)), "nonsense\n", "\n", product(511), '{"id":"untitled"}\n']
    file.write_text("".join(lines))
    done = verb("products", "import", file, "-")
    assert done.returncode == 1
    counts, nonsense, untitled, empty, total = done.stdout.splitlines()
    assert counts == "products.jsonl: 511 good, 2 rejected"
    assert nonsense.startswith("  products.jsonl:511: The text is not JSON")
    assert untitled.startswith("  products.jsonl:514: ")
    assert "is a required field" in untitled
    assert empty == "stdin: 0 good, 0 rejected"
    assert total == "2 files: 511 good, 2 rejected"


def test_file_of_another_kind_is_told_what_is_expected(verb, tmp_path):
    file = tmp_path / "products.csv"
    file.write_text("id,title\np1,Umbrella\n")
    done = verb("products", "import", file)
    assert done.returncode == 1
    counts, first, _second, hint = done.stdout.splitlines()
    assert counts == "products.csv: 0 good, 2 rejected"
    assert first.startswith("  products.csv:1: The text is not JSON")
    assert hint.startswith("  expected is one product a line, in JSON, such as {")
    file.write_text(hint.partition(" such as ")[2])  # what the hint shows is one
    assert verb("products", "import", file).stdout == "products.csv: 1 good, 0 rejected\n"


def test_gzip_on_standard_input_and_a_broken_one(verb):
    data = gzip.compress((product(1) + product(2)).encode())
    assert verb("products", "import", "-", stdin=data).stdout == "stdin: 2 good, 0 rejected\n"
    broken = verb("products", "import", "-", stdin=data[:-4])
    assert broken.returncode == 1
    assert broken.stderr.splitlines()[-1].startswith("footfall: stdin can't be read: ")


def test_on_a_terminal(variables, tmp_path):
    file = tmp_path / "products.jsonl"
    file.write_text(product(1))
    terminal = Terminal("products", "import", file, **variables)
    assert terminal.end() == 0
    assert "products.jsonl import ━" in terminal.shown
    assert "products.jsonl: 1 good, 0 rejected" in terminal.shown


def test_missing_file_is_wrong_usage(verb, tmp_path):
    done = verb("products", "import", tmp_path / "none.jsonl")
    assert done.returncode == 2
    assert "there is no such file" in " ".join(done.stderr.split())


def test_rejoin(verb, tmp_path):
    assert verb("import", GOOD).returncode == 0
    assert json.loads(verb("count", "--filter", "joined=false").stdout)["count"] > 0
    file = tmp_path / "products.jsonl"
    file.write_text("".join(product(each).replace('"p', '"', 1) for each in sorted(ids_of_the_examples())))
    assert verb("products", "import", file).returncode == 0
    assert verb("rejoin", "--scope", "joined").stdout.endswith(" 0 changed\n")
    unjoined = json.loads(verb("count", "--filter", "joined=false").stdout)["count"]
    done = verb("rejoin", "--scope", "unjoined")
    assert (done.returncode, done.stdout) == (0, f"{unjoined} user events examined, {unjoined} changed\n")
    assert done.stderr.splitlines()[-1] == f"rejoin: {unjoined} events"
    assert verb("rejoin").stdout == "12 user events examined, 0 changed\n"
    name = json.loads(verb("operations", "--limit", 1).stdout)["name"]
    assert verb("operations", "wait", name).stdout == f"{name}: 12 user events examined, 0 changed\n"


@pytest.mark.parametrize("arguments", [("rejoin",), ("products", "import", "-"), ("count",), ("tail",)])
def test_catalog_that_is_none(served, arguments):
    line = product(1).encode()
    done = run(*arguments, "--server", served.address, "--catalog", "nonsense", stdin=line)
    assert done.returncode == 2
    assert done.stderr.splitlines()[0].startswith("footfall: INVALID_ARGUMENT: ")
